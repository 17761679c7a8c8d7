import { announce } from "./announce.ts";
import { isVoter } from "./configuration.ts";
import { followConfiguration } from "./departures.ts";
import { entryKinds, makeEntry } from "./entry.ts";
import { invariant } from "./invariant.ts";
import { appendOwn } from "./leader-log.ts";
import { settleHandover } from "./handover.ts";
import { broadcastHeartbeat } from "./heartbeat.ts";
import { PastEnds } from "./past-ends.ts";
import { LeaderReads, refuseFollowerReads, refuseLeaderReads } from "./read-index.ts";
import { SentRounds } from "./sent-rounds.ts";
import { giveUpStates } from "./state-transfer.ts";
import type { Leader, Role, State } from "./state.ts";
import { resetElectionTimer, resetPreVoteTimer } from "./timing.ts";
import type { MemberId, RoleName, Term, TimeMs } from "./types.ts";

/** Every transition of Raft Figure 4 (with pre-candidates), and no other. */
const legalTransitions: Readonly<Record<RoleName, readonly RoleName[]>> = {
  follower: ["follower", "pre-candidate", "candidate"],
  "pre-candidate": ["follower", "pre-candidate", "candidate"],
  candidate: ["follower", "pre-candidate", "candidate", "leader"],
  leader: ["follower", "candidate"],
};

function transition(state: State, role: Role, reason: string): void {
  const from = state.role;
  invariant(legalTransitions[from.name].includes(role.name), "the role changes along Raft's state diagram", {
    from: from.name,
    to: role.name,
  });
  if (from.name === "leader") {
    refuseLeaderReads(state, from.reads);
    state.handover = from.transfer;
    giveUpStates(state, from);
  } else refuseFollowerReads(state);
  state.role = role;
  // A pre-candidate that asks again has not changed.
  if (from.name !== "pre-candidate" || role.name !== "pre-candidate") announce(state, reason);
  settleHandover(state);
}

/** Term and vote go to the disk; the vote of an old term means nothing in a new one (Figure 2). */
export function adoptTerm(state: State, term: Term): void {
  invariant(term >= state.term, "the term only rises", { from: state.term, to: term });
  if (term === state.term) return;
  state.term = term;
  state.vote = 0;
  state.termLeader = 0;
  stageHardState(state);
}

export function castVote(state: State, candidate: MemberId): void {
  if (state.vote === candidate) return;
  state.vote = candidate;
  stageHardState(state);
}

function stageHardState(state: State): void {
  const hardState = { term: state.term, vote: state.vote, commit: state.log.commit };
  state.outbox.stageHardState(hardState, true);
  state.persisted = hardState;
}

/** Follows `leader` (0: nobody yet) in `term`, which is ours or higher. */
export function becomeFollower(state: State, now: TimeMs, term: Term, leader: MemberId, reason: string): void {
  const follows = state.role.name === "follower" && state.role.leader === leader && state.term === term;
  adoptTerm(state, term);
  if (follows) return;
  resetElectionTimer(state, now);
  transition(state, { name: "follower", leader, verified: 0 }, reason);
}

export function becomePreCandidate(state: State, now: TimeMs, reason: string): void {
  resetPreVoteTimer(state, now);
  transition(state, { name: "pre-candidate", electionTerm: state.term + 1, votes: new Map() }, reason);
}

/** Stands in the next term, or in `term` where that is higher (Raft §5.2). */
export function becomeCandidate(state: State, now: TimeMs, term: Term, reason: string): void {
  adoptTerm(state, term);
  castVote(state, state.id);
  resetElectionTimer(state, now);
  transition(state, { name: "candidate", votes: new Map(), ownVote: state.outbox.sequence }, reason);
}

/** Leads, having won: opens its term with a no-op, since only entries of its own term can be committed by counting. */
export function becomeLeader(state: State, now: TimeMs, reason: string): void {
  invariant(state.termLeader === 0 || state.termLeader === state.id, "a term has one leader", {
    term: state.term,
    leader: state.termLeader,
    self: state.id,
  });
  const next = state.log.lastIndex + 1;
  const leader: Leader = {
    name: "leader",
    firstIndex: next,
    progress: new Map(),
    reads: new LeaderReads(),
    nextHeartbeatAt: now,
    tellCommitAt: Number.POSITIVE_INFINITY,
    rounds: new SentRounds(),
    pastEnds: new PastEnds(),
    departures: new Map(),
    transfer: undefined,
    // Led by a member whose own voice no longer counts, the others may elect somebody without having heard from it.
    leasesEnded: !isVoter(state.configurations.inForce, state.id),
    hasHandedOver: false,
  };
  followConfiguration(state, leader, now);
  state.termLeader = state.id;
  transition(state, leader, reason);
  appendOwn(state, [makeEntry(next, state.term, entryKinds.noop, new Uint8Array(0))]);
  broadcastHeartbeat(state, leader, now);
}
