import { type LogIndex, type LogPosition, type Term } from "@quorate/raft";

/** Where a batch lies. */
export interface BatchPlace {
  readonly segment: number;
  readonly offset: number;
}

interface Point extends BatchPlace {
  readonly index: LogIndex;
}

/** A point for each so many bytes of log: memory stays small, and a read scans no more than this in vain. */
const bytesPerPoint = 128 * 1024;

/**
 * Which entries the log holds: the term of each, as runs, and from where in the segments to read. An entry that lies in a
 * segment is alive when its term is the one that the runs name: index and term together are an identity (Log Matching).
 */
export class LogMap {
  #base: LogPosition;
  #lastIndex: LogIndex;
  readonly #runs: { firstIndex: LogIndex; readonly term: Term }[] = [];
  readonly #points: Point[] = [];
  #bytesSincePoint = Number.POSITIVE_INFINITY;

  constructor(base: LogPosition) {
    this.#base = base;
    this.#lastIndex = base.index;
  }

  get base(): LogPosition {
    return this.#base;
  }

  get last(): LogPosition {
    return { index: this.#lastIndex, term: this.termAt(this.#lastIndex) as Term };
  }

  get runs(): readonly { readonly firstIndex: LogIndex; readonly term: Term }[] {
    return this.#runs;
  }

  /** The term at the base or of an entry; undefined elsewhere. */
  termAt(index: LogIndex): Term | undefined {
    if (index === this.#base.index) return this.#base.term;
    if (index < this.#base.index || index > this.#lastIndex) return undefined;
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#runs[middle] as { firstIndex: LogIndex }).firstIndex <= index) low = middle;
      else high = middle - 1;
    }
    return this.#runs[low]?.term;
  }

  append(index: LogIndex, term: Term): void {
    if (this.#runs.at(-1)?.term !== term) this.#runs.push({ firstIndex: index, term });
    this.#lastIndex = index;
  }

  /** Drops entries from `index` on; harmless beyond the end. */
  truncateFrom(index: LogIndex): void {
    if (index > this.#lastIndex) return;
    while (this.#runs.length > 0 && (this.#runs.at(-1) as { firstIndex: LogIndex }).firstIndex >= index)
      this.#runs.pop();
    while (this.#points.length > 0 && (this.#points.at(-1) as Point).index >= index) this.#points.pop();
    if (this.#points.length === 0) this.#bytesSincePoint = Number.POSITIVE_INFINITY;
    this.#lastIndex = Math.max(this.#base.index, index - 1);
  }

  /** A batch whose first entry is `index` lies at `place` and takes `bytes`. */
  placed(index: LogIndex, place: BatchPlace, bytes: number): void {
    // Entries that were truncated while they were on their way to the disk may have left points behind.
    while (this.#points.length > 0 && (this.#points.at(-1) as Point).index >= index) {
      this.#points.pop();
      this.#bytesSincePoint = Number.POSITIVE_INFINITY;
    }
    if (this.#bytesSincePoint >= bytesPerPoint || this.#points.at(-1)?.segment !== place.segment) {
      this.#points.push({ index, ...place });
      this.#bytesSincePoint = 0;
    }
    this.#bytesSincePoint += bytes;
  }

  /** From where to scan for the entry at `index`. */
  placeOf(index: LogIndex): BatchPlace | undefined {
    let low = 0;
    let high = this.#points.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#points[middle] as Point).index <= index) low = middle;
      else high = middle - 1;
    }
    const point = this.#points[low];
    return point !== undefined && point.index <= index ? point : undefined;
  }

  /** Entries up to `base` are no longer the log's. */
  prune(base: LogPosition): void {
    this.#base = base;
    this.#lastIndex = Math.max(this.#lastIndex, base.index);
    while (this.#runs.length > 0 && (this.#runs[1]?.firstIndex ?? this.#lastIndex + 1) <= base.index + 1) {
      this.#runs.shift();
    }
    const first = this.#runs[0];
    if (first !== undefined && first.firstIndex <= base.index) first.firstIndex = base.index + 1;
    while (this.#points.length > 1 && (this.#points[1] as Point).index <= base.index + 1) this.#points.shift();
  }
}
