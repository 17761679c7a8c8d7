import type { Done, DurationHistogram } from "@quorate/host";
import type { Configuration, FollowerStatus, ReadMode, LogIndex, MemberId, RoleName, Term } from "@quorate/raft";
import type { ReplicaError } from "./errors.ts";
import type { MembershipOperation } from "./membership/membership-operation.ts";
import type { TransferStatus } from "./transfer/state-transfers.ts";

/** The outcome of a proposal or a read: exactly one call, never from inside the call that asked. */
export type Outcome<T> = (error: ReplicaError | undefined, value: T) => void;

/** Gives the answer (at most 64 KiB), once; undefined when it cannot be given now. `question` is a view: copy what is kept. */
export type LeaderAnswerer = (question: Uint8Array, answer: (answer: Uint8Array | undefined) => void) => void;

/** One live member of a cluster, whose state machine gives a `Result` for each command. */
export interface Replica<Result> {
  /**
   * Proposes a command (1 byte to `limits.maxCommandBytes`). Completes once it is committed and applied *here*, with the
   * result that this member's state machine gave. A follower forwards to the leader, once: after a lost connection the
   * outcome is `outcome-unknown`, and it is never sent again by itself.
   */
  propose(command: Uint8Array, outcome: Outcome<Result>): void;
  /**
   * A linearizable read: completes when this member's state holds everything that was committed anywhere when it was
   * asked. Then read the state machine. Works on followers and learners too.
   */
  readBarrier(outcome: Outcome<LogIndex>): void;
  /**
   * Changes who the members are or who leads, asked of any member. Completes with the configuration in which the change is
   * over. Fails with the code "refused" and a `refusal` where nothing changed; after any other error, look at what is there.
   */
  administer(operation: MembershipOperation, outcome: Outcome<Configuration>): void;
  /**
   * Asks whoever leads something that only a leader knows, of the handler that `answerAsLeader` has set there; at most 64 KiB.
   * Sent once: fails with "no-leader" when nobody is known to lead or it cannot answer now, and may be asked again then.
   */
  askLeader(question: Uint8Array, outcome: Outcome<Uint8Array>): void;
  /** Who answers such questions on this member while it leads. */
  answerAsLeader(answerer: LeaderAnswerer): void;
  /** `administer` as a promise. */
  carryOut(operation: MembershipOperation): Promise<Configuration>;
  /** `propose` as a promise. */
  submit(command: Uint8Array): Promise<Result>;
  /** `readBarrier` as a promise. */
  read(): Promise<LogIndex>;
  readonly status: ReplicaStatus;
  /** Called whenever role, term, leader or configuration change. Returns the way to stop that. */
  onChange(listener: (status: ReplicaStatus) => void): () => void;
  /**
   * Begins a comparison of the members' states, which the leader also does now and then: a member that differs from more
   * than half of all of them, twice, stops with a `StateDamagedError`. Nothing happens where the state machine gives no
   * digests, or while one is being taken here.
   */
  compareStates(): void;
  /** Asks that what is applied by now be made durable soon, for a copy of it, say; the log makes it so without that. */
  requestCheckpoint(): void;
  readonly stateComparison: StateComparisonStatus;
  /** States that were sent to other members and taken from them, since this start. */
  readonly transfers: TransferStatus;
  readonly durations: ReplicaDurations;
  /** Called once if this member stops by itself: a failed disk, damage (`StateDamagedError`), a broken invariant. */
  onFatal(listener: (error: Error) => void): void;
  /** Stops: waiting proposals and reads fail with `stopped`; a last checkpoint is made; files and links are closed. */
  close(done: Done): void;
}

/** How long things took, since this start. */
export interface ReplicaDurations {
  /** From a proposal of this member's callers to its outcome here, committed and applied. */
  readonly commits: DurationHistogram;
  /** Linearizable reads of this member's callers: those that a round to a quorum answered, and those that a lease did. */
  readonly reads: Readonly<Record<ReadMode, DurationHistogram>>;
  /** Writes to the log, each with its sync. */
  readonly logSyncs: DurationHistogram;
  /** Of the state machine. */
  readonly checkpoints: DurationHistogram;
}

/** A member at this moment, for people and for metrics. Indexes as in the Raft paper. */
export interface ReplicaStatus {
  readonly clusterId: number;
  readonly memberId: MemberId;
  readonly role: RoleName;
  readonly term: Term;
  /** 0 when unknown. */
  readonly leader: MemberId;
  readonly lastIndex: LogIndex;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly durableIndex: LogIndex;
  readonly configuration: Configuration;
  /** Of the entry that it is in: it is certain once that is applied. */
  readonly configurationIndex: LogIndex;
  /** Where the log begins: what came before is in the state only. */
  readonly baseIndex: LogIndex;
  /** To whom this leader hands its leadership over; 0 for nobody. */
  readonly transferringTo: MemberId;
  /** How far each other member has come, as the leader knows it; empty elsewhere. Ascending by id. */
  readonly followers: readonly FollowerProgress[];
  /** Restarted on a damaged log: takes entries but has no voice (DESIGN §4). */
  readonly quarantined: boolean;
  /** Smoothed round-trip times to peers, in ms. */
  readonly roundTripMs: Readonly<Record<MemberId, number | undefined>>;
  /** Mean duration of a log write with its sync, in ms. */
  readonly syncMs: number;
  readonly proposalsWaiting: number;
  /** Proposals that failed, or whose outcome is not known, since this start: refused ones, and those that took too long. */
  readonly proposalsFailed: number;
  readonly readsWaiting: number;
  /** Leader changes seen since this start. */
  readonly leaderChanges: number;
  /** How late this member's timers are, in ms, smoothed: high where the process or its machine is overloaded. */
  readonly loopDelayMs: number;
  /** How often, since this start, it led and handed over because its disk or event loop was slow. */
  readonly stepsAside: number;
  /** A member that has told this one that it was removed from the cluster, while it was away; 0 for none. */
  readonly removedAccordingTo: MemberId;
  /** The longest time between two heartbeats of one leader that this follower saw in the last minute, in ms; 0 for none. */
  readonly longestHeartbeatGapMs: number;
}

/** Another member, as its leader sees it. */
export interface FollowerProgress {
  readonly id: MemberId;
  /** "snapshot": it is sent a state, since the log no longer holds what it lacks or would cost more. */
  readonly state: FollowerStatus["state"];
  /** Up to where its log is known to be the leader's. */
  readonly match: LogIndex;
  /** Since it was last heard in this term, in ms. */
  readonly heardMsAgo: number;
}

/** What comparisons of the members' states have shown, as this member knows it. */
export interface StateComparisonStatus {
  /** Whether this member's state machine gives digests. */
  readonly isSupported: boolean;
  /** Comparisons since this start in which every member had the same. */
  readonly agreements: number;
  /** The applied index, where this member knows it, and the age in ms, of the last of them. */
  readonly agreedIndex: LogIndex | undefined;
  readonly agreedMsAgo: number | undefined;
  /** Members whose state was not the majority's when they were compared last. */
  readonly differing: readonly MemberId[];
  /** States differed and none had a majority: nobody can tell which is right. */
  readonly isUndecided: boolean;
}
