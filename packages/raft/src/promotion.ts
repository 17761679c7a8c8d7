import { catchUpGoal, isHeard } from "./caught-up.ts";
import { beginChange, isUnfinished } from "./membership.ts";
import type { Leader, State } from "./state.ts";
import type { TimeMs } from "./types.ts";

/**
 * Makes voters of the learners that are to be promoted and are caught up: all of them in one change. What the rules do
 * not allow yet is tried again in a later turn.
 */
export function promoteLearners(state: State, leader: Leader, now: TimeMs): void {
  const { inForce } = state.configurations;
  if (inForce.promotable.length === 0 || isUnfinished(state)) return;
  const goal = catchUpGoal(state, leader, now);
  const ready = inForce.promotable.filter((id) =>
    state.rules.mayPromote({
      match: leader.progress.get(id)?.match ?? 0,
      goal,
      heardLately: isHeard(state, leader, now, id),
    }),
  );
  if (ready.length === 0) return;
  const stays = (id: number): boolean => !ready.includes(id);
  const { learners, promotable, members, timing } = inForce;
  beginChange(state, leader, now, {
    voters: [...inForce.voters, ...ready].sort((a, b) => a - b),
    learners: learners.filter(stays),
    promotable: promotable.filter(stays),
    members: members.filter(({ id }) => inForce.voters.includes(id) || learners.includes(id)),
    timing,
  });
}
