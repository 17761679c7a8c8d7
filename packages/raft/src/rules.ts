import type { Entry } from "./entry.ts";
import { decidedValue, electionOutcome, type ElectionOutcome, type VoterSets } from "./quorum.ts";
import type { LogIndex, LogPosition, MemberId, Term, TimeMs } from "./types.ts";

/**
 * All of Raft's safety on one page. Each rule is a pure predicate with its source and the disaster that follows without
 * it. The core asks these and nothing else where safety is decided; `realRules` is the default and production has no way
 * to give another. The simulator and the lab pass broken sets to show what each rule prevents.
 */
export interface Rules {
  /**
   * May entries be spliced behind `previous`? Only where our own log holds that very entry (§5.3, consistency check).
   * `ours` is our term at that index, undefined where we have no entry.
   * Without it: two logs differ under the same index and term, and stay different silently (Log Matching).
   */
  readonly previousMatches: (ours: Term | undefined, previous: Term) => boolean;

  /**
   * Where must our log be cut before `entries` are appended? At the first real conflict, never at an entry that matches
   * (Figure 2, AppendEntries steps 3 and 4). Undefined where nothing conflicts.
   * Without it: a late, short append erases entries that this member has acknowledged (State Machine Safety).
   */
  readonly firstConflict: (
    termAt: (index: LogIndex) => Term | undefined,
    entries: readonly Entry[],
  ) => LogIndex | undefined;

  /**
   * Is a candidate's log at least as up to date as ours? Last term first, then length (§5.4.1).
   * Without it: a candidate that misses committed entries leads and erases them (Leader Completeness).
   */
  readonly isUpToDate: (candidate: LogPosition, ours: LogPosition) => boolean;

  /** May this vote be granted, in the term in which it is asked? One vote a term, to an up-to-date log (§5.2, §5.4.1). */
  readonly mayGrantVote: (ballot: Ballot) => boolean;

  /**
   * May this pre-vote be granted? Only where no leader was heard within T, the election would be in a new term, and the
   * log is up to date (dissertation §9.6, with check-quorum).
   * Without it: a member that was cut off returns with a high term and deposes a healthy leader (MISSION row 6).
   */
  readonly mayGrantPreVote: (ballot: PreBallot) => boolean;

  /**
   * May a member stand for election, as its pre-votes stand? Only where a quorum has said that it would vote for it
   * (dissertation §9.6).
   * Without it: a member that is cut off counts its term up with every timeout, and deposes a healthy leader when it
   * comes back (MISSION rows 6 and 7).
   */
  readonly mayStandForElection: (preVotes: ElectionOutcome) => boolean;

  /**
   * May a vote request of a higher term be heard at all? Not within T of hearing a leader, nor within T of a restart,
   * unless the leader itself asked for the election (§6, dissertation §4.2.3, §3.10).
   * Without it: one member with a bad link deposes a leader that everybody else hears, and leases are worth nothing.
   */
  readonly mayHearVote: (contact: LeaderContact) => boolean;

  /**
   * Until when may a leader lead whose quorum answered last at `quorumHeardAt`? For T (check-quorum, dissertation §6.2).
   * Without it: a leader that nobody answers goes on for ever, keeps those that still hear it from electing another, and
   * takes commands that it can never commit (pitfall B13; MISSION row 16).
   */
  readonly leadsUntil: (quorumHeardAt: TimeMs, electionTimeoutMs: number) => TimeMs;

  /**
   * May a message leave that promises what the persist effect `promise` makes durable? Only once it is (Figure 2:
   * "updated on stable storage before responding to RPCs").
   * Without it: a member forgets a vote or an entry in a crash, and gives the vote twice or loses a committed entry.
   */
  readonly mayPromise: (promise: number, durable: number) => boolean;

  /**
   * What does the leader count for itself? Only what its own disk holds.
   * Without it: a leader acknowledges a write, crashes, and the write was only ever on a minority.
   */
  readonly leaderMatch: (last: LogIndex, durable: LogIndex) => LogIndex;

  /**
   * What does an accepted append acknowledge? The end of what the leader sent and we verified, never our own last index,
   * which may lie beyond it in entries of another leader (Figure 2; pitfall B24).
   */
  readonly acknowledged: (endOfAppend: LogIndex, ownLast: LogIndex) => LogIndex;

  /**
   * How does an acknowledgment change what a follower is known to hold? It only rises within a leadership, however
   * acknowledgments are reordered (pitfall B28).
   */
  readonly mergeMatch: (known: LogIndex, acknowledged: LogIndex) => LogIndex;

  /** The index that a majority of each configuration in force holds (§5.3, §6). */
  readonly decided: (sets: VoterSets, matchOf: (id: MemberId) => number) => number;

  /** How an election stands in each configuration in force (§5.2, §6). */
  readonly electionOutcome: (sets: VoterSets, voteOf: (id: MemberId) => boolean | undefined) => ElectionOutcome;

  /**
   * May the leader commit up to `decided`? Only an entry of its own term is committed by counting; older ones are
   * committed with it (§5.4.2, Figure 8).
   * Without it: an entry is committed, applied, and then overwritten by a leader elected from an older log.
   */
  readonly mayCommit: (decided: LogPosition, commit: LogIndex, term: Term) => boolean;

  /**
   * Where does a follower's commit index move when its leader says `leaderCommit`? Never beyond the last entry that was
   * verified against this leader, and never back (Figure 2, AppendEntries step 5; pitfall B25).
   * Without it: a follower applies entries of its own divergent tail.
   */
  readonly followerCommit: (commit: LogIndex, leaderCommit: LogIndex, verified: LogIndex) => LogIndex;

  /**
   * May a read be served? After the leader has committed an entry of its own term, and after a quorum answered a round
   * that was sent once the read had arrived (dissertation §6.4).
   * Without it: a deposed leader serves what has long been overwritten (MISSION row 10).
   */
  readonly mayServeRead: (read: ReadCheck) => boolean;
}

export interface Ballot {
  readonly candidate: MemberId;
  /** Whom we voted for in this term; 0 for nobody. */
  readonly vote: MemberId;
  /** The leader of this term, where we know one; 0 otherwise (pitfall B04). */
  readonly knownLeader: MemberId;
  readonly upToDate: boolean;
}

export interface PreBallot {
  readonly electionTerm: Term;
  readonly ourTerm: Term;
  readonly contact: LeaderContact;
  readonly upToDate: boolean;
}

export interface LeaderContact {
  /** We lead, or heard a leader within T. */
  readonly heardLeader: boolean;
  /** We restarted within T (1 + drift) and may have promised a lease before (pitfall B22). */
  readonly restartedLately: boolean;
  /** The present leader asked for this election. */
  readonly transfer: boolean;
}

export interface ReadCheck {
  readonly committedInOwnTerm: boolean;
  /** The newest round that a quorum has answered. */
  readonly confirmedRound: number;
  /** The round that was sent after the read arrived; undefined while none was. */
  readonly readRound: number | undefined;
}

export const realRules: Rules = {
  previousMatches: (ours, previous) => ours === previous,

  firstConflict: (termAt, entries) => {
    for (const entry of entries) {
      const ours = termAt(entry.index);
      if (ours === undefined) return undefined;
      if (ours !== entry.term) return entry.index;
    }
    return undefined;
  },

  isUpToDate: (candidate, ours) =>
    candidate.term > ours.term || (candidate.term === ours.term && candidate.index >= ours.index),

  mayGrantVote: ({ candidate, vote, knownLeader, upToDate }) =>
    (vote === candidate || (vote === 0 && knownLeader === 0)) && upToDate,

  mayGrantPreVote: ({ electionTerm, ourTerm, contact, upToDate }) =>
    electionTerm > ourTerm && !contact.heardLeader && !contact.restartedLately && upToDate,

  mayStandForElection: (preVotes) => preVotes === "won",

  mayHearVote: ({ heardLeader, restartedLately, transfer }) => transfer || (!heardLeader && !restartedLately),

  leadsUntil: (quorumHeardAt, electionTimeoutMs) => quorumHeardAt + electionTimeoutMs,

  mayPromise: (promise, durable) => promise <= durable,

  leaderMatch: (_last, durable) => durable,

  acknowledged: (endOfAppend) => endOfAppend,

  mergeMatch: (known, acknowledged) => Math.max(known, acknowledged),

  decided: decidedValue,

  electionOutcome,

  mayCommit: (decided, commit, term) => decided.index > commit && decided.term === term,

  followerCommit: (commit, leaderCommit, verified) => Math.max(commit, Math.min(leaderCommit, verified)),

  mayServeRead: ({ committedInOwnTerm, confirmedRound, readRound }) =>
    committedInOwnTerm && readRound !== undefined && confirmedRound >= readRound,
};
