import type { Case } from "../case/case.ts";
import type { RoleName } from "../fact.ts";

export type LaneState = RoleName | "unknown" | "down";

/** A member was something for a while. Times are parts of the whole span, from 0 to 1. */
export interface Segment {
  readonly state: LaneState;
  readonly term: number | undefined;
  readonly from: number;
  readonly until: number;
}

export interface Lane {
  readonly member: string;
  readonly segments: readonly Segment[];
}

/** Of one lane; beyond that, shorter ones are left out. */
const mostSegments = 2000;

/** What each member was at what time, as its own log has it. */
export function lanesOf({ events, members, fromMs, untilMs }: Case): readonly Lane[] {
  const spanMs = Math.max(1, untilMs - fromMs);
  return members.map((member) => {
    const segments: Segment[] = [];
    let state: LaneState = "unknown";
    let term: number | undefined;
    let from = 0;
    const turn = (next: LaneState, nextTerm: number | undefined, atMs: number): void => {
      const at = Math.min(1, Math.max(from, (atMs - fromMs) / spanMs));
      if (at > from) segments.push({ state, term, from, until: at });
      state = next;
      term = nextTerm ?? term;
      from = at;
    };
    for (const event of events) {
      if (event.who !== member) continue;
      if (event.kind === "role" && event.role !== undefined) turn(event.role, event.term, event.atMs);
      else if (event.kind === "stopped") turn("down", undefined, event.atMs);
      else if (event.kind === "started") turn("unknown", undefined, event.atMs);
    }
    turn("unknown", undefined, untilMs);
    return { member, segments: thinned(segments) };
  });
}

function thinned(segments: readonly Segment[]): readonly Segment[] {
  if (segments.length <= mostSegments) return segments;
  const shortest = segments.map(({ from, until }) => until - from).sort((a, b) => b - a)[mostSegments - 1] ?? 0;
  return segments.filter(({ from, until }) => until - from >= shortest).slice(0, mostSegments);
}
