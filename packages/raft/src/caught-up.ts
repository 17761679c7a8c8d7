import type { Leader, State } from "./state.ts";
import { leaderTimeoutMs } from "./timing.ts";
import type { LogIndex, MemberId, TimeMs } from "./types.ts";

/** A member is caught up when it holds what the log held T/2 ago: what waits for it then waits less than a timeout. */
export function catchUpMs(state: State): number {
  return leaderTimeoutMs(state) / 2;
}

/** What a member must hold to be caught up. A leader that is younger than T/2 asks for everything. */
export function catchUpGoal(state: State, leader: Leader, now: TimeMs): LogIndex {
  return leader.pastEnds.endAt(now - catchUpMs(state)) ?? state.log.lastIndex;
}

/** Heard within T. */
export function isHeard(state: State, leader: Leader, now: TimeMs, id: MemberId): boolean {
  const progress = leader.progress.get(id);
  return progress !== undefined && now - progress.heardAt < leaderTimeoutMs(state);
}

/** Those of `ids` that are not caught up, or were not heard within T. We are both. */
export function behindAmong(state: State, leader: Leader, now: TimeMs, ids: readonly MemberId[]): MemberId[] {
  const goal = catchUpGoal(state, leader, now);
  return ids.filter((id) => {
    if (id === state.id) return false;
    const match = leader.progress.get(id)?.match ?? 0;
    return match < goal || !isHeard(state, leader, now, id);
  });
}
