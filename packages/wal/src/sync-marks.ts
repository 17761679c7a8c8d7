import type { Disk, DiskFile, Done, HostError } from "@quorate/host";
import { marksName, temporaryName } from "./file-names.ts";
import type { Standing } from "./format.ts";
import { encodeMark, marksFileBytes, slotOf, type SyncMark } from "./marks.ts";
import { keepOpen } from "./open-files.ts";
import { carryOut, perform, type Steps } from "./steps.ts";

/** Opens the file of marks, or makes a new one. */
export function* openMarks(disk: Disk, directory: string, exists: boolean): Steps<DiskFile> {
  const path = `${directory}/${marksName}`;
  if (exists) return yield* perform<DiskFile>((done) => disk.open(path, done));
  const file = yield* perform<DiskFile>((done) => disk.create(temporaryName(path), done));
  yield* keepOpen(file, beginMarks(disk, directory, file));
  return file;
}

function* beginMarks(disk: Disk, directory: string, file: DiskFile): Steps<void> {
  const path = `${directory}/${marksName}`;
  yield* carryOut((done) => file.writeAndSync(0, new Uint8Array(marksFileBytes), done));
  yield* carryOut((done) => disk.rename(temporaryName(path), path, done));
  yield* carryOut((done) => disk.syncDirectory(directory, done));
}

export type NewMark = Omit<SyncMark, "generation">;

/**
 * Writes marks, one at a time. Most are not synced: a mark is true whenever it is written (only after the sync that it
 * speaks of), and the system brings it to the disk in its own time. One that carries a new term, vote, base or
 * incarnation is synced, since it is also their second copy.
 */
export class SyncMarks {
  readonly #file: DiskFile;
  readonly #failed: (error: HostError) => void;
  #generation: number;
  #synced: Standing | undefined;
  #underWay = false;
  #next: NewMark | undefined;
  #whenQuiet: (() => void) | undefined;

  constructor(file: DiskFile, generation: number, failed: (error: HostError) => void) {
    this.#file = file;
    this.#generation = generation;
    this.#failed = failed;
  }

  /** Batches up to `mark.durableSequence` are durable, and nothing is being written. */
  note(mark: NewMark, mustSync = false): void {
    if (this.#underWay) {
      this.#next = mark;
      return;
    }
    this.#generation++;
    const bytes = encodeMark({ ...mark, generation: this.#generation });
    const slot = slotOf(this.#generation);
    this.#underWay = true;
    if (mustSync || this.#synced === undefined || hasNews(mark.standing, this.#synced)) {
      this.#synced = mark.standing;
      this.#file.writeAndSync(slot, bytes, this.#written);
    } else {
      this.#file.write(slot, bytes, this.#written);
    }
  }

  /** Writes the last mark, synced, and closes the file. */
  close(mark: NewMark | undefined, done: Done): void {
    this.#whenQuiet = () => {
      if (mark === undefined) return this.#file.close(done);
      this.#whenQuiet = () => this.#file.close(done);
      this.note(mark, true);
    };
    if (!this.#underWay) this.#whenQuiet();
  }

  readonly #written = (error: HostError | undefined): void => {
    this.#underWay = false;
    const next = this.#next;
    this.#next = undefined;
    if (error !== undefined) this.#failed(error);
    else if (next !== undefined) return this.note(next);
    this.#whenQuiet?.();
  };
}

function hasNews(a: Standing, b: Standing): boolean {
  return (
    a.incarnation !== b.incarnation ||
    a.hardState?.term !== b.hardState?.term ||
    a.hardState?.vote !== b.hardState?.vote ||
    a.base.position.index !== b.base.position.index
  );
}
