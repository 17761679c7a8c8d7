import type { Progress } from "./progress.ts";
import type { Leader, State } from "./state.ts";
import { leaderTimeoutMs } from "./timing.ts";
import type { TimeMs } from "./types.ts";

/**
 * Lease reads (dissertation §6.4.1): while a quorum keeps from electing anybody else, nobody else leads, so that the leader
 * knows every committed write without asking. Opt-in, since it rests on clocks; never on wall clocks.
 *
 * How long that is. Let `d` be the drift bound: between two members, one clock runs at most 1/(1 - d) times as fast as the
 * other (`clockDriftPpm`). A round leaves at `s` on the leader's clock and is heard by a voter later than that, at `h` on the
 * voter's own. The voter hears no vote request before h + T (rules.ts: mayHearVote). When its clock has moved on by T, the
 * leader's has moved on by T (1 - d) at least. So on the leader's clock no vote of this voter, and with a quorum of such
 * voters no new leader, comes before s + T (1 - d). Every quorum that could elect one shares a voter with the one that
 * answered; while joint, with the one that answered in each configuration.
 *
 * - Counted from when the round was *sent*, never from when an answer came (pitfall B89).
 * - A voter that restarts forgets that it heard us. It is silent for T (1 + d) from its start (timing.ts), which is
 *   T (1 + d) (1 - d) on our clock at least; what it promised before its start ends no later than T (1 - d) after it.
 * - T is what the voter goes by: of the configurations that it may have, the one with the shortest. A longer T counts for a
 *   voter only once it is known to hold it.
 * - A transfer lets a voter elect another at once, and so ends all leases of the term, even if it comes to nothing.
 * - Our own vote goes to nobody while we lead; and a leader that stands again (election.ts: handleHigherTerm) leads no longer.
 * - `now` may be old when the answer is made. That is harmless: everything that was completed before `now` is below the
 *   commit index that is returned, and the read had arrived by then.
 * - What the monotonic clock did not count (a suspended machine) it cannot bound: the host says so with `dropLease`.
 */
export function holdsLease(state: State, leader: Leader, now: TimeMs): boolean {
  return state.rules.mayServeLeaseRead({
    committedInOwnTerm: state.log.commit >= leader.firstIndex,
    leasesEnded: leader.leasesEnded,
    now,
    leaseUntil: leaseUntil(state, leader),
  });
}

/** Until when (monotonic ms of our own clock) no quorum can have elected anybody else; Infinity when nobody else votes. */
export function leaseUntil(state: State, leader: Leader): TimeMs {
  return state.rules.leaseHeldUntil(state.configurations.inForce, (id) => {
    if (id === state.id) return Number.POSITIVE_INFINITY;
    const progress = leader.progress.get(id);
    return progress === undefined ? Number.NEGATIVE_INFINITY : promisedUntil(state, progress);
  });
}

function promisedUntil(state: State, progress: Progress): TimeMs {
  const known = state.configurations.shortestTimeoutSince(progress.match);
  if (known === undefined || progress.followedAt === Number.NEGATIVE_INFINITY) return Number.NEGATIVE_INFINITY;
  const { clockDriftPpm } = state.configurations.timing("leader");
  return state.rules.leaseUntil(progress.followedAt, Math.min(known, leaderTimeoutMs(state)), clockDriftPpm);
}
