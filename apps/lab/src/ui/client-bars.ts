import type { ClientOperation } from "../world/tape.ts";

/** Bars that are drawn, at most: the newest where there are more. */
export const mostBars = 60;

export interface ClientBar {
  readonly operation: ClientOperation;
  /** Its row among those of its member, from 0. */
  readonly row: number;
  /** In the picture's units; a bar that has no answer yet goes on to the edge. */
  readonly x: number;
  readonly width: number;
}

export interface ClientLane {
  readonly member: number;
  readonly bars: readonly ClientBar[];
  readonly rows: number;
}

interface Window {
  /** In µs. */
  readonly from: number;
  readonly until: number;
  readonly width: number;
  /** How wide a bar and its words are, in the picture's units. */
  readonly textWidth: (operation: ClientOperation) => number;
}

/** Lanes of the members that were asked something within the window, each bar where it and its words cover no other. */
export function lanesOf(operations: readonly ClientOperation[], { from, until, width, textWidth }: Window) {
  const inside = operations.filter(({ askedAt, endedAt = Infinity }) => askedAt <= until && endedAt >= from);
  const drawn = inside.slice(-mostBars);
  const x = (micros: number): number => Math.max(0, Math.min(1, (micros - from) / (until - from))) * width;
  const members = [...new Set(drawn.map(({ member }) => member))].toSorted((one, other) => one - other);
  const lanes = members.map((member): ClientLane => {
    const ends: number[] = [];
    const bars = drawn
      .filter((operation) => operation.member === member)
      .map((operation) => {
        const begin = x(operation.askedAt);
        const end = x(operation.endedAt ?? until);
        const free = ends.findIndex((taken) => taken <= begin);
        const row = free < 0 ? ends.length : free;
        ends[row] = Math.max(end, begin + textWidth(operation)) + 6;
        return { operation, row, x: begin, width: Math.max(4, end - begin) };
      });
    return { member, bars, rows: ends.length };
  });
  return { lanes, leftOut: inside.length - drawn.length };
}
