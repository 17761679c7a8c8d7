import { quorumLostAt } from "./election.ts";
import { abandonChange, jointCheck } from "./membership.ts";
import type { Leader, State } from "./state.ts";
import type { TimeMs } from "./types.ts";

/**
 * A leader that is about to lose its quorum because the *new* voters are silent goes back to the old ones, where it may:
 * nobody could be elected under both majorities, and the cluster would stand still until the new voters are back (pitfall
 * B78). Without the old voters there is nothing to go back to.
 */
export function retreat(state: State, leader: Leader, now: TimeMs): void {
  if (now < quorumLostAt(state, leader) || !jointCheck(state, leader).isJoint) return;
  const { outgoing } = state.configurations.inForce;
  if (now < quorumLostAt(state, leader, { voters: outgoing, outgoing: [] })) abandonChange(state, now);
}
