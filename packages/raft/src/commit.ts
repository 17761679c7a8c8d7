import { serveReads } from "./read-index.ts";
import { leaveQuarantine } from "./quarantine.ts";
import type { Follower, Leader, State } from "./state.ts";
import type { LogIndex, Term } from "./types.ts";

/** At the leader: moves the commit index to what a quorum holds, if that is an entry of our own term (§5.4.2). */
export function advanceCommit(state: State, leader: Leader): void {
  const log = state.log;
  const own = state.rules.leaderMatch(log.lastIndex, log.durable);
  const held = state.rules.decided(state.configurations.inForce, (id) =>
    id === state.id ? own : (leader.progress.get(id)?.match ?? 0),
  );
  const index = Math.min(held, log.lastIndex);
  if (index <= log.commit) return;
  if (!state.rules.mayCommit({ index, term: log.termAt(index) as Term }, log.commit, state.term)) return;
  commitTo(state, index);
  serveReads(state, leader);
}

/** At a follower: the leader says how far it has committed. */
export function commitAsFollower(state: State, follower: Follower, leaderCommit: LogIndex): void {
  const index = state.rules.followerCommit(state.log.commit, leaderCommit, follower.verified);
  if (index !== state.log.commit) commitTo(state, Math.min(index, state.log.lastIndex));
  leaveQuarantine(state, follower);
}

function commitTo(state: State, index: LogIndex): void {
  state.log.commitTo(index);
  state.configurations.committedTo(index);
}
