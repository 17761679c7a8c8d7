import { becomeFollower } from "./roles.ts";
import type { Leader, State } from "./state.ts";
import { leaderTimeoutMs } from "./timing.ts";
import { transferLeadership } from "./transfer.ts";
import type { TimeMs } from "./types.ts";

/**
 * A leader whose disk stands still goes on sending heartbeats, and the others' disks go on committing for it; but it applies
 * nothing more and serves no read, and nobody takes over (pitfall B54). So it steps aside: it hands over, if somebody can
 * take over, and otherwise, or if nobody has within T, stops leading. It is not elected again while the disk stands still,
 * since a candidate's own vote has to be durable before it asks for others.
 */

/** When (monotonic ms) the leader steps aside unless its disk stores something before; Infinity while it owes nothing. */
export function stepsAsideAt(state: State, leader: Leader): TimeMs {
  const since = state.outbox.oldestUnstoredAt;
  const isHandingOver = leader.transfer !== undefined;
  if (since === undefined || isHandingOver || isOnlyVoter(state)) return Number.POSITIVE_INFINITY;
  return since + maxPersistStallMs(state);
}

/** How long our own disk may owe what it was given, in ms. */
function maxPersistStallMs(state: State): number {
  return state.limits.maxPersistStallTimeouts * leaderTimeoutMs(state);
}

export function stepAsideWhenStalled(state: State, leader: Leader, now: TimeMs): void {
  if (now < stepsAsideAt(state, leader)) return;
  const mayHandOver = !leader.hasHandedOver;
  leader.hasHandedOver = true;
  if (mayHandOver && transferLeadership(state, now) === undefined) return;
  becomeFollower(state, now, state.term, 0, `its disk has stored nothing for ${maxPersistStallMs(state)} ms`);
}

/** Nobody could take over. */
function isOnlyVoter(state: State): boolean {
  const { voters, outgoing } = state.configurations.inForce;
  return voters.length === 1 && voters[0] === state.id && outgoing.length === 0;
}
