import type { LogIndex } from "@quorate/raft";

/** A batch from which reading can start: the entries from `firstIndex` on lie in it and after it. */
export interface IndexPoint {
  readonly firstIndex: LogIndex;
  readonly segment: number;
  readonly offset: number;
}

interface Point extends IndexPoint {
  /** The log was cut here: entries from `firstIndex` on that lie before this batch are dead. */
  readonly isCut: boolean;
}

/** Log bytes between two points, at first. */
const initialSpacingBytes = 64 * 1024;

/** How many points there may be, cuts not counted: about 1.5 MB of memory. */
const defaultMaxPoints = 16_384;

/**
 * Where entries are: sparse, one point for every so many bytes of log. When there are too many points, every second one
 * goes and the spacing doubles, so that memory is bounded and a read costs at most one more spacing than it returns.
 * Points at cuts stay, since what a reader may take ends there: there is one for each conflict with a new leader.
 */
export class PositionIndex {
  readonly #maxPoints: number;
  /** Thinning begins beyond this many: the maximum, and the cuts that stay. */
  #limit: number;
  #points: Point[] = [];
  #spacingBytes = initialSpacingBytes;
  #sinceLastBytes = Number.POSITIVE_INFINITY;
  #isCut = false;

  constructor(maxPoints = defaultMaxPoints) {
    this.#maxPoints = maxPoints;
    this.#limit = maxPoints;
  }

  get size(): number {
    return this.#points.length;
  }

  /** A batch of `length` bytes was placed; its first entry is `firstIndex`. Batches without entries are not told. */
  add(firstIndex: LogIndex, segment: number, offset: number, length: number): void {
    if (this.#isCut || this.#sinceLastBytes >= this.#spacingBytes) {
      this.#points.push({ firstIndex, segment, offset, isCut: this.#isCut });
      this.#isCut = false;
      this.#sinceLastBytes = 0;
      if (this.#points.length > this.#limit) this.#thin();
    }
    this.#sinceLastBytes += length;
  }

  /** Entries from `index` on are dead wherever they lie so far. */
  truncateFrom(index: LogIndex): void {
    while (this.#points.length > 0 && (this.#points.at(-1) as Point).firstIndex >= index) this.#points.pop();
    this.#isCut = true;
  }

  /** Nothing before this segment is there any more. */
  forgetBefore(segment: number): void {
    const first = this.#points.findIndex((point) => point.segment >= segment);
    if (first > 0) this.#points = this.#points.slice(first);
    if (first >= 0) return;
    this.#points = [];
    this.#sinceLastBytes = Number.POSITIVE_INFINITY;
  }

  /** Where to start reading for `index`; undefined when no point lies before it: then it is the log's first segment. */
  pointFor(index: LogIndex): IndexPoint | undefined {
    const at = this.#lastAtOrBefore(index);
    return at < 0 ? undefined : this.#points[at];
  }

  /**
   * The cuts after the entry `from` and up to `to`, ascending: a reader takes entries up to a cut, and goes on from there.
   * The answer stays right for what was durable when it was asked for, whatever is appended meanwhile.
   */
  cutsBetween(from: LogIndex, to: LogIndex): IndexPoint[] {
    const cuts: IndexPoint[] = [];
    for (let at = this.#lastAtOrBefore(from) + 1; at < this.#points.length; at++) {
      const point = this.#points[at] as Point;
      if (point.firstIndex > to) break;
      if (point.isCut) cuts.push(point);
    }
    return cuts;
  }

  #lastAtOrBefore(index: LogIndex): number {
    let low = 0;
    let high = this.#points.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      if ((this.#points[middle] as Point).firstIndex <= index) low = middle + 1;
      else high = middle - 1;
    }
    return high;
  }

  #thin(): void {
    this.#points = this.#points.filter((point, at) => point.isCut || at % 2 === 0);
    this.#limit = this.#maxPoints + this.#points.filter((point) => point.isCut).length;
    this.#spacingBytes *= 2;
  }
}
