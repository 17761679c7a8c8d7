import type { PersistEffect } from "@quorate/raft";
import type { FileTree } from "../file-tree.ts";
import { StoredFile } from "../stored-file.ts";

/** What a member's log takes up, and what it may; in bytes. */
export interface LogSize {
  /** Of all files in the log's directory. */
  readonly files: number;
  readonly bound: number;
}

export interface LogMeterParts {
  readonly tree: FileTree;
  /** Of the log; absolute. */
  readonly directory: string;
  readonly segmentBytes: number;
  /** What is kept behind a checkpoint, in bytes of files. */
  readonly keptBytes: number;
}

/** So many times what is kept may stay for a member that is catching up (`pruning.ts` of `@quorate/replica`). */
const mostFactor = 8;

/** A batch's header and its file's share, about, for a record. */
const recordOverheadBytes = 512;

/** The file that is written to, one that is made ahead, those that are rounded up to, and the notes beside them. */
const mostOtherFiles = 6;

/** The smallest files are half header, and a batch that does not fit into the rest of one begins another. */
const wastedFactor = 4;

/** The last finished checkpoint may have pruned nothing yet, and the one before it has. */
const checkpointsToPrune = 2;

/**
 * Measures a member's log on its disk against what pruning promises: what is kept, and what was written since the last
 * checkpoints. Lives as long as the disk, whatever becomes of processes.
 */
export class LogMeter {
  readonly #parts: LogMeterParts;
  #written = 0;
  #begunAt = 0;
  /** What had been written when each of the last finished checkpoints began. */
  #finished: number[] = [];

  constructor(parts: LogMeterParts) {
    this.#parts = parts;
  }

  handedOver({ entries }: PersistEffect): void {
    this.#written += recordOverheadBytes;
    for (const { frame } of entries) this.#written += frame.length;
  }

  /** Each start writes the end of the log again, and goes on in another file. */
  started(): void {
    this.#written += this.#parts.segmentBytes;
  }

  checkpointBegins(): void {
    this.#begunAt = this.#written;
  }

  checkpointEnds(): void {
    this.#finished.push(this.#begunAt);
    if (this.#finished.length > checkpointsToPrune) this.#finished.shift();
  }

  /** To be asked while nothing is written: files are removed behind everything else. Undefined where nothing was pruned yet. */
  measure(): LogSize | undefined {
    const [pruned] = this.#finished;
    if (pruned === undefined || this.#finished.length < checkpointsToPrune) return undefined;
    const { segmentBytes, keptBytes } = this.#parts;
    const since = wastedFactor * (this.#written - pruned);
    return { files: this.#fileBytes(), bound: mostFactor * keptBytes + since + mostOtherFiles * segmentBytes };
  }

  #fileBytes(): number {
    const { tree, directory } = this.#parts;
    let bytes = 0;
    for (const node of tree.directory(directory).names.values()) if (node instanceof StoredFile) bytes += node.size;
    return bytes;
  }
}
