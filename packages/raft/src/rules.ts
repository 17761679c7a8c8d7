import type { Entry } from "./entry.ts";
import { decidedValue, electionOutcome, majority, type ElectionOutcome, type VoterSets } from "./quorum.ts";
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
   * May a state be taken that holds everything up to `index`? Only if it is newer than what is applied here (pitfall B59).
   * Without it: a late transfer takes the state back to what it was.
   */
  readonly mayTakeState: (index: LogIndex, applied: LogIndex) => boolean;

  /**
   * Does the log go on behind an installed state's last entry, of term `installed`? Where it holds that very entry; `ours` is
   * our term at its index, undefined where we have none (§7: "the log entries following it are retained"; pitfalls B59, B60).
   * Without it: entries that were acknowledged vanish with the suffix, or entries of another history stay behind the state.
   */
  readonly keepsSuffix: (ours: Term | undefined, installed: Term) => boolean;

  /**
   * May a read be served? After the leader has committed an entry of its own term, and after a quorum answered a round
   * that was sent once the read had arrived (dissertation §6.4).
   * Without it: a deposed leader serves what has long been overwritten (MISSION row 10).
   */
  readonly mayServeRead: (read: ReadCheck) => boolean;

  /**
   * Must the way from one set of voters to another lead through a joint configuration? Whenever they differ (§6).
   * Without it: 2 of the old 3 and 3 of the new 5 elect a leader each, in one term (MISSION row 9).
   */
  readonly needsJoint: (from: readonly MemberId[], to: readonly MemberId[]) => boolean;

  /**
   * May a change of the configuration begin? Once the leader has committed an entry of its own term, while no other change
   * is unfinished, and only towards voters of whom a majority takes part already (§6, dissertation §4.1 to §4.2.1; the
   * condition on the term is the correction of 2015, pitfall B71).
   * Without the first: two leaders change the same configuration in two ways, and the two results share no quorum.
   * Without the second: two changes that each overlap with the one before do not overlap with each other.
   * Without the third: nothing commits until newcomers have the log, or ever (pitfall B79).
   */
  readonly mayChangeConfiguration: (check: ChangeCheck) => boolean;

  /**
   * May the leader append the configuration that ends the joint one? Once the joint one is committed, and an entry of the
   * leader's own term was, under both majorities (§6, and DESIGN §3).
   * Without it: a leader that went back to the old configuration was cut off; its stray entry finds a quorum in the old
   * voters while the new ones decide alone: two leaders that do not exclude each other.
   */
  readonly mayLeaveJoint: (check: JointCheck) => boolean;

  /**
   * May the leader go back from the joint configuration to the old one? Where it appended the joint entry itself, in this
   * term (then nobody else can have appended the new one), or once it has committed an entry of its own term under both
   * majorities (then no stray new one can win any more) (DESIGN §3).
   * Without it: the same two leaders, the other way round.
   */
  readonly mayAbandonChange: (check: JointCheck) => boolean;

  /**
   * Is the configuration whose entry has this index still in force when the log ends at `last`? Only while its entry is
   * there, committed or not (§6: a server uses the latest configuration *in its log*; pitfall B72).
   * Without it: a member counts with voters that the cluster never agreed on.
   */
  readonly staysInForce: (configurationIndex: LogIndex, last: LogIndex) => boolean;

  /**
   * May a learner be made a voter without anybody asking? Once it holds what the log held a little while ago, and was
   * heard lately (dissertation §4.2.1).
   * Without it: a voter that has nothing yet counts, and the others can spare one less until it has caught up.
   */
  readonly mayPromote: (check: PromotionCheck) => boolean;

  /**
   * May a leader append a command? Not while it hands its leadership over (dissertation §3.10, step 1).
   * Without it: the target never holds everything that the leader has, and the handover comes to nothing under load.
   */
  readonly mayTakeCommand: (isHandingOver: boolean) => boolean;

  /**
   * May this member be told to stand for election at once? Only a voter that holds everything the leader has
   * (dissertation §3.10; pitfalls B90, B92).
   * Without it: the leader gives up its term to a member that cannot win, and the cluster waits for a timeout.
   */
  readonly mayTransfer: (check: TransferCheck) => boolean;

  /**
   * Until when does a voter keep from electing another leader, on the leader's clock, that answered a round which was sent at
   * `sentAt`? It promised T on its own clock, from when it heard the round, which is no earlier; and its clock may run faster
   * by the drift bound (dissertation §6.4.1; lease.ts has the derivation; pitfall B89).
   * Without it: a leader whose lease is longer than the promises that it rests on serves what has been overwritten
   * (MISSION row 10).
   */
  readonly leaseUntil: (sentAt: TimeMs, promisedTimeoutMs: number, clockDriftPpm: number) => TimeMs;

  /**
   * Until when do so many voters keep their promise that nobody else is elected? As long as a majority of each configuration in
   * force does: while joint, those that know only the old one may elect a leader by themselves (§6, §6.4.1).
   * Without it: the new voters' promises make a lease, and the old ones elect another leader within it.
   */
  readonly leaseHeldUntil: (sets: VoterSets, promisedUntil: (id: MemberId) => TimeMs) => TimeMs;

  /**
   * May a read be served by the clock alone? Within the lease, after an entry of the leader's own term is committed, and not
   * once it has asked another member to take over, who need not wait for any promise to end (§6.4.1, §3.10; pitfall B88).
   * Without it: the phantom leader (MISSION row 10).
   */
  readonly mayServeLeaseRead: (read: LeaseReadCheck) => boolean;
}

export interface ChangeCheck {
  readonly committedInOwnTerm: boolean;
  /** A configuration entry is not committed, or the one in force is joint. */
  readonly isUnfinished: boolean;
  /** How many voters there would be, and how many of them are caught up and were heard within T. */
  readonly voters: number;
  readonly ready: number;
}

export interface JointCheck {
  readonly isJoint: boolean;
  readonly isCommitted: boolean;
  /** This leader appended the joint entry, in its present term. */
  readonly isOwn: boolean;
  readonly committedInOwnTerm: boolean;
}

export interface PromotionCheck {
  /** What the learner holds, and what it must. */
  readonly match: LogIndex;
  readonly goal: LogIndex;
  readonly heardLately: boolean;
}

export interface TransferCheck {
  /** It is a voter of the newest configuration, not only of the one that is being left. */
  readonly isVoter: boolean;
  readonly match: LogIndex;
  readonly last: LogIndex;
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

export interface LeaseReadCheck {
  readonly committedInOwnTerm: boolean;
  /** A leadership transfer was sent in this term, whatever became of it. */
  readonly leasesEnded: boolean;
  readonly now: TimeMs;
  /** Of a majority of each configuration in force: Infinity where no other voter is needed. */
  readonly leaseUntil: TimeMs;
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

  mayTakeState: (index, applied) => index > applied,

  keepsSuffix: (ours, installed) => ours === installed,

  mayServeRead: ({ committedInOwnTerm, confirmedRound, readRound }) =>
    committedInOwnTerm && readRound !== undefined && confirmedRound >= readRound,

  needsJoint: (from, to) => from.length !== to.length || from.some((id) => !to.includes(id)),

  mayChangeConfiguration: ({ committedInOwnTerm, isUnfinished, voters, ready }) =>
    committedInOwnTerm && !isUnfinished && ready >= majority(voters),

  mayLeaveJoint: ({ isJoint, isCommitted, committedInOwnTerm }) => isJoint && isCommitted && committedInOwnTerm,

  mayAbandonChange: ({ isJoint, isOwn, committedInOwnTerm }) => isJoint && (isOwn || committedInOwnTerm),

  staysInForce: (configurationIndex, last) => configurationIndex <= last,

  mayPromote: ({ match, goal, heardLately }) => match >= goal && heardLately,

  mayTakeCommand: (isHandingOver) => !isHandingOver,

  mayTransfer: ({ isVoter, match, last }) => isVoter && match >= last,

  leaseUntil: (sentAt, promisedTimeoutMs, clockDriftPpm) =>
    sentAt + promisedTimeoutMs * (1 - clockDriftPpm / 1_000_000),

  leaseHeldUntil: decidedValue,

  mayServeLeaseRead: ({ committedInOwnTerm, leasesEnded, now, leaseUntil }) =>
    committedInOwnTerm && !leasesEnded && now < leaseUntil,
};
