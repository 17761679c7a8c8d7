import { describeMember } from "./describe.ts";
import { isMember, recipients } from "./configuration.ts";
import type { PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from "./message.ts";
import { decidedValue, type VoterSets } from "./quorum.ts";
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate, castVote } from "./roles.ts";
import type { Candidate, Leader, PreCandidate, State } from "./state.ts";
import { hasHeardLeader, isSilent, leaderTimeoutMs, mayStand, resetElectionTimer } from "./timing.ts";
import type { MemberId, Term, TimeMs } from "./types.ts";

/** Leader election (Raft §5.2), with Pre-Vote (dissertation §9.6), check-quorum (§6.2) and stickiness (§4.2.3). */

/** The election timer fired: ask first whether an election could be won (Pre-Vote), which disturbs nobody. */
export function electionTimeout(state: State, now: TimeMs): void {
  if (!mayStand(state)) {
    resetElectionTimer(state, now);
    return;
  }
  const silence = now - state.heardLeaderAt;
  const reason = Number.isFinite(silence)
    ? `heard nothing from a leader for ${Math.round(silence)} ms`
    : "heard no leader since the start";
  becomePreCandidate(state, now, reason);
  const role = state.role as PreCandidate;
  role.votes.set(state.id, true);
  for (const to of otherVoters(state)) {
    state.outbox.send(to, {
      type: "pre-vote-request",
      term: state.term,
      electionTerm: role.electionTerm,
      last: state.log.last,
    });
  }
  tallyPreVotes(state, role, now);
}

/** Asks everyone for a real vote in `term`; the requests leave once our own vote is durable. */
export function startElection(state: State, now: TimeMs, term: Term, transfer: boolean, reason: string): void {
  becomeCandidate(state, now, term, reason);
  const role = state.role as Candidate;
  for (const to of otherVoters(state)) {
    state.outbox.promise(role.ownVote, state.term, to, {
      type: "vote-request",
      term: state.term,
      last: state.log.last,
      transfer,
    });
  }
}

/** Our own vote counts once it is on our disk, like any other (pitfalls B01, B16). */
export function ownVoteStored(state: State, now: TimeMs): void {
  const role = state.role;
  if (role.name !== "candidate" || role.votes.has(state.id) || !state.outbox.isDurable(role.ownVote)) return;
  role.votes.set(state.id, true);
  tallyVotes(state, role, now);
}

/** Answers without changing anything here: no vote, no term, no timer (pitfall B12). */
export function handlePreVoteRequest(state: State, now: TimeMs, from: MemberId, request: PreVoteRequest): void {
  const granted =
    state.quarantine === undefined &&
    state.rules.mayGrantPreVote({
      electionTerm: request.electionTerm,
      ourTerm: state.term,
      contact: {
        heardLeader: hasHeardLeader(state, now),
        restartedLately: isSilent(state, now),
        transfer: false,
      },
      upToDate: state.rules.isUpToDate(request.last, state.log.last),
    });
  state.outbox.send(from, {
    type: "pre-vote-response",
    term: state.term,
    electionTerm: request.electionTerm,
    granted,
  });
}

export function handlePreVoteResponse(state: State, now: TimeMs, from: MemberId, response: PreVoteResponse): void {
  const role = state.role;
  if (role.name !== "pre-candidate") return;
  if (response.term > state.term) {
    // A refusal teaches the higher term; without that, members with long logs and members with high terms could refuse
    // each other for ever (pitfall B10). Asking again soon costs nobody anything.
    const deadline = state.electionDeadline;
    becomeFollower(
      state,
      now,
      response.term,
      0,
      `member ${describeMember(from)} is in the later term ${response.term}`,
    );
    state.electionDeadline = deadline;
    return;
  }
  if (response.electionTerm !== role.electionTerm) return;
  role.votes.set(from, response.granted);
  tallyPreVotes(state, role, now);
}

export function handleVoteRequest(state: State, now: TimeMs, from: MemberId, request: VoteRequest): void {
  // Where our own leader asks, what it was promised is its own to give up; what we promised before a restart had ended
  // when it was elected.
  const ownLeaderAsks = state.termLeader === from;
  const contact = {
    heardLeader: hasHeardLeader(state, now) && !ownLeaderAsks,
    restartedLately: isSilent(state, now) && !ownLeaderAsks,
    transfer: request.transfer,
  };
  if (request.term > state.term) {
    if (!state.rules.mayHearVote(contact)) return;
    becomeFollower(
      state,
      now,
      request.term,
      0,
      `member ${describeMember(from)} stands for election in term ${request.term}`,
    );
  }
  const granted =
    request.term === state.term &&
    state.quarantine === undefined &&
    state.rules.mayHearVote(contact) &&
    state.rules.mayGrantVote({
      candidate: from,
      vote: state.vote,
      knownLeader: state.termLeader,
      upToDate: state.rules.isUpToDate(request.last, state.log.last),
    });
  if (granted) {
    castVote(state, from);
    resetElectionTimer(state, now);
  }
  state.outbox.promise(state.outbox.termSequence, state.term, from, {
    type: "vote-response",
    term: state.term,
    granted,
  });
}

export function handleVoteResponse(state: State, now: TimeMs, from: MemberId, response: VoteResponse): void {
  const role = state.role;
  if (role.name !== "candidate") return;
  if (response.term > state.term) {
    becomeFollower(
      state,
      now,
      response.term,
      0,
      `member ${describeMember(from)} is in the later term ${response.term}`,
    );
    return;
  }
  if (response.term !== state.term) return;
  // A second answer of the same voter replaces its first: it is never counted twice (pitfall B06).
  role.votes.set(from, response.granted);
  tallyVotes(state, role, now);
}

function tallyPreVotes(state: State, role: PreCandidate, now: TimeMs): void {
  const outcome = state.rules.electionOutcome(state.configurations.inForce, (id) => role.votes.get(id));
  if (!state.rules.mayStandForElection(outcome)) return;
  startElection(state, now, role.electionTerm, false, "a quorum would vote for us");
}

function tallyVotes(state: State, role: Candidate, now: TimeMs): void {
  const outcome = state.rules.electionOutcome(state.configurations.inForce, (id) => role.votes.get(id));
  if (outcome === "won") becomeLeader(state, now, `won the election of term ${state.term}`);
  else if (outcome === "lost") becomeFollower(state, now, state.term, 0, `lost the election of term ${state.term}`);
}

/**
 * When (monotonic ms) the leader stops leading unless a quorum answers before; Infinity when it needs nobody. `sets` are
 * the voters in force unless others are asked about.
 */
export function quorumLostAt(state: State, leader: Leader, sets: VoterSets = state.configurations.inForce): TimeMs {
  const heardAt = decidedValue(sets, (id) =>
    id === state.id ? Number.POSITIVE_INFINITY : (leader.progress.get(id)?.heardAt ?? Number.NEGATIVE_INFINITY),
  );
  return state.rules.leadsUntil(heardAt, leaderTimeoutMs(state));
}

/**
 * Since when (monotonic ms) a quorum is known to have followed us: counted from when the rounds that they answered were
 * *sent*. An answer may have lain in a socket for long while this process stood still. Only a voter that holds the
 * configuration in force counts: one that lacks it may still keep to a shorter T, whatever is committed elsewhere.
 */
export function quorumFollowedAt(state: State, leader: Leader): TimeMs {
  const { inForce, index } = state.configurations;
  return decidedValue(inForce, (id) => {
    if (id === state.id) return Number.POSITIVE_INFINITY;
    const progress = leader.progress.get(id);
    return progress !== undefined && progress.match >= index ? progress.followedAt : Number.NEGATIVE_INFINITY;
  });
}

/**
 * Time may have passed that our clock did not count: what followers said before then says nothing about now, nor do their
 * answers to rounds that were sent before it.
 */
export function forgetQuorum(leader: Leader): void {
  leader.rounds.forget();
  for (const progress of leader.progress.values()) progress.followedAt = Number.NEGATIVE_INFINITY;
}

/** Check-quorum: a leader that has not heard a quorum within T stops leading (MISSION row 16; pitfall B13). */
export function checkQuorum(state: State, leader: Leader, now: TimeMs): void {
  // The same figure as in `deadline`: another rounding would make a tick at its own deadline do nothing.
  if (now < quorumLostAt(state, leader)) return;
  becomeFollower(state, now, state.term, 0, `heard no quorum for ${leaderTimeoutMs(state)} ms`);
}

/**
 * An answer of a higher term reached the leader. Where its quorum is fresh, nobody else can lead: a member was stranded
 * at that term, and would have to be left out for good or cost an outage. The leader instead asks for a new term itself,
 * at once: followers may vote, since their own leader asks. It claims no transfer: should it be wrong about its quorum, those
 * that follow another leader by now stay with it. Otherwise somebody else may lead: step down (Raft §5.1).
 */
export function handleHigherTerm(state: State, leader: Leader, now: TimeMs, from: MemberId, term: Term): void {
  // A former member keeps whatever term it has: nobody needs its vote.
  if (!isMember(state.configurations.inForce, from)) return;
  const fresh = now - quorumFollowedAt(state, leader) < leaderTimeoutMs(state) / 2;
  // Whom we told to stand may lead however fresh our quorum is, and its request for a vote may come after other messages of it.
  const isSuccessor = leader.leasesEnded && term === state.term + 1;
  if (fresh && !isSuccessor && mayStand(state)) {
    startElection(
      state,
      now,
      term + 1,
      false,
      `takes back member ${describeMember(from)}, stranded in the later term ${term}`,
    );
  } else {
    becomeFollower(state, now, term, 0, `member ${describeMember(from)} is in the later term ${term}`);
  }
}

function otherVoters(state: State): MemberId[] {
  return recipients({ ...state.configurations.inForce, learners: [] }).filter((id) => id !== state.id);
}
