import type { Disk, DiskFile, HostError } from "@quorate/host";
import type { WalError } from "./errors.ts";
import { prepareSegmentFile } from "./segment-file.ts";
import { runSteps } from "./steps.ts";

type Taken = (error: HostError | WalError | undefined, file: DiskFile) => void;

/** The file for the next segment, prepared in the background before it is needed. */
export class NextSegment {
  readonly #disk: Disk;
  readonly #directory: string;
  readonly #segmentBytes: number;
  readonly #failed: (error: HostError | WalError) => void;
  #state: "none" | "preparing" | "ready" = "none";
  #file: DiskFile | undefined;
  #waiting: Taken | undefined;
  #closed: (() => void) | undefined;

  constructor(disk: Disk, directory: string, segmentBytes: number, failed: (error: HostError | WalError) => void) {
    this.#disk = disk;
    this.#directory = directory;
    this.#segmentBytes = segmentBytes;
    this.#failed = failed;
  }

  /** Begins to prepare it, unless that was done. */
  prepare(segment: number): void {
    if (this.#state !== "none") return;
    this.#state = "preparing";
    runSteps(prepareSegmentFile(this.#disk, this.#directory, segment, this.#segmentBytes), (error, file) => {
      this.#state = "ready";
      this.#file = file;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting !== undefined) this.#give(waiting, error);
      else if (error !== undefined) this.#failed(error);
      this.#closed?.();
    });
  }

  /** Takes it, as soon as it is ready. Called from inside when it is. */
  take(segment: number, taken: Taken): void {
    if (this.#state === "ready") return this.#give(taken, undefined);
    this.#waiting = taken;
    this.prepare(segment);
  }

  /** Closes what was prepared and not taken; the next opening removes the file. */
  close(done: () => void): void {
    this.#closed = () => {
      this.#closed = undefined;
      if (this.#file === undefined) return done();
      this.#file.close(() => done());
    };
    if (this.#state !== "preparing") this.#closed();
  }

  #give(taken: Taken, error: HostError | WalError | undefined): void {
    const file = this.#file as DiskFile;
    this.#file = undefined;
    this.#state = "none";
    taken(error, file);
  }
}
