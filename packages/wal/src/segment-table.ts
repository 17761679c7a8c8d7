import { invariant, type LogIndex } from "@quorate/raft";
import { segmentHeaderBytes } from "./format.ts";

export interface SegmentPlace {
  readonly segment: number;
  /** Bytes from the start of its file to the end of its last batch. */
  readonly end: number;
  /** Where the log ended when the segment was begun: every entry of earlier segments is at or below. */
  readonly startIndex: LogIndex;
}

/** The segments that make up the log, in order. The last one is written to. */
export class SegmentTable {
  #segments: { segment: number; end: number; startIndex: LogIndex }[] = [];

  get first(): SegmentPlace {
    return this.#required(0);
  }

  get active(): SegmentPlace {
    return this.#required(this.#segments.length - 1);
  }

  get all(): readonly SegmentPlace[] {
    return this.#segments;
  }

  add(segment: number, startIndex: LogIndex): void {
    this.#segments.push({ segment, end: segmentHeaderBytes, startIndex });
  }

  /** Batches of the active segment now end here. */
  extend(end: number): void {
    const active = this.#segments.at(-1);
    invariant(active !== undefined && end > active.end, "a segment only grows", { end });
    active.end = end;
  }

  find(segment: number): SegmentPlace | undefined {
    return this.#segments.find((one) => one.segment === segment);
  }

  /** The segment that continues this one. */
  after(segment: number): SegmentPlace | undefined {
    return this.#segments.find((one) => one.segment > segment);
  }

  /** The last segment before which no entry beyond `index` lies: everything before it can go. */
  firstNeededAfter(index: LogIndex): SegmentPlace {
    return this.#segments.findLast((one) => one.startIndex <= index) ?? this.first;
  }

  /** The newest segment that begins `bytes` of files or more before the end; undefined where there are not so many. */
  behind(bytes: number): SegmentPlace | undefined {
    let held = 0;
    return this.#segments.findLast((one) => {
      held += one.end;
      return held >= bytes;
    });
  }

  /** The last segment begins after the entry `startIndex`, although the log had gone on further before it. */
  startsAt(startIndex: LogIndex): void {
    const { segment, end } = this.active;
    this.#segments[this.#segments.length - 1] = { segment, end, startIndex };
  }

  /** The log begins anew in the last segment, after the entry `startIndex`. */
  beginAnew(startIndex: LogIndex): void {
    const { segment, end } = this.active;
    this.#segments = [{ segment, end, startIndex }];
  }

  /** In all segments together, headers of batches included. */
  get bytes(): number {
    return this.#segments.reduce((sum, { end }) => sum + end - segmentHeaderBytes, 0);
  }

  /** Forgets the segments before `segment` and returns their sequences, ascending. */
  removeBefore(segment: number): number[] {
    const removed = this.#segments.filter((one) => one.segment < segment).map((one) => one.segment);
    this.#segments = this.#segments.filter((one) => one.segment >= segment);
    return removed;
  }

  #required(at: number): SegmentPlace {
    const place = this.#segments[at];
    invariant(place !== undefined, "a log has at least one segment");
    return place;
  }
}
