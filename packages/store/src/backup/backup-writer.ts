import { HostError, type Callback } from "@quorate/host";
import { crc32c } from "../crc32c.ts";
import type { StateSource } from "../transfer/interface.ts";
import { encodeFrame, encodeHead, encodeTrailer, maxHeadPartBytes } from "./backup-file.ts";

/** A state as a backup, piece by piece. */
export class BackupWriter {
  readonly #source: StateSource;
  readonly #label: Uint8Array;
  #checksum = 0;
  #chunks = 0;
  #stage: "head" | "chunks" | "ended" = "head";

  /** `source` must be whole, and is the writer's to close; `label` of at most 64 KiB is kept as it is. */
  constructor(source: StateSource, label: Uint8Array) {
    this.#source = source;
    this.#label = label;
  }

  /** The next bytes, at most about 256 KiB; undefined at the end. One call at a time. */
  next(done: Callback<Uint8Array | undefined>): void {
    if (this.#stage === "ended") return done(undefined, undefined);
    if (this.#stage === "head") {
      if (this.#source.isIncrement || this.#label.length > maxHeadPartBytes) {
        const message = "a backup is made of a whole state, and its label has at most 64 KiB";
        return done(new HostError("invalid", "backup", message), undefined);
      }
      this.#stage = "chunks";
      return done(undefined, this.#counted(encodeHead(this.#label, this.#source.header)));
    }
    this.#source.next((error, chunk) => {
      if (error !== undefined) return done(error, undefined);
      if (chunk === undefined) {
        this.#stage = "ended";
        return done(undefined, encodeTrailer(this.#chunks, this.#checksum));
      }
      this.#chunks++;
      done(undefined, this.#counted(encodeFrame(chunk)));
    });
  }

  close(): void {
    this.#source.close();
  }

  #counted(bytes: Uint8Array): Uint8Array {
    this.#checksum = crc32c(bytes, this.#checksum);
    return bytes;
  }
}
