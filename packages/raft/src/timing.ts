import type { State } from "./state.ts";
import type { TimeMs } from "./types.ts";

/** Heartbeats go out ten times in T (DESIGN §3). */
export const heartbeatsPerTimeout = 10;

/** How long the news of a commit may wait for entries to travel with, in ms. */
export const commitNoticeMs = 2;

/** T for promises that we keep as a voter, in ms. */
export function voterTimeoutMs(state: State): number {
  return state.configurations.timing("voter").electionTimeoutMs;
}

/** T for what we rely on as a leader, in ms. */
export function leaderTimeoutMs(state: State): number {
  return state.configurations.timing("leader").electionTimeoutMs;
}

/** How long a restarted voter is silent: T as the slowest clock may count it (DESIGN §3). */
export function restartSilenceMs(state: State): number {
  const { electionTimeoutMs, clockDriftPpm } = state.configurations.timing("voter");
  return electionTimeoutMs * (1 + clockDriftPpm / 1_000_000);
}

/** W: timers are drawn from [T, T + W), wide enough that two members rarely fire within a round trip (Raft §9.3). */
export function windowMs(state: State): number {
  return Math.max(150, 10 * state.rttMs, voterTimeoutMs(state));
}

/** A new election timer, from now on. */
export function resetElectionTimer(state: State, now: TimeMs): void {
  state.electionDeadline = now + voterTimeoutMs(state) + state.random() * windowMs(state);
}

/**
 * When a pre-candidate asks again. Asking changes nothing at anybody, so it need not wait for another T; the spread keeps
 * two of them from standing at once.
 */
export function resetPreVoteTimer(state: State, now: TimeMs): void {
  const window = windowMs(state);
  state.electionDeadline = now + Math.max(0.1 * window, 2 * state.rttMs) + state.random() * 0.4 * window;
}

/** We lead, or heard a leader within T. */
export function hasHeardLeader(state: State, now: TimeMs): boolean {
  return state.role.name === "leader" || now - state.heardLeaderAt < voterTimeoutMs(state);
}

export function isSilent(state: State, now: TimeMs): boolean {
  return now < state.silentUntil;
}

/**
 * May this member stand for election? Voters only, and not before it is known to hold what it acknowledged. A voter that a
 * newer configuration leaves out stands until that is committed, without counting its own vote: it may be one of those few
 * that have the entry, and nobody else could win against them (dissertation §4.2.2).
 */
export function mayStand(state: State): boolean {
  return state.configurations.mayCount(state.id, state.log.commit) && state.quarantine === undefined;
}
