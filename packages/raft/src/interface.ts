import type { Configuration } from "./configuration.ts";
import type { Effect } from "./effects.ts";
import type { Entry } from "./entry.ts";
import type { ConfigurationChange } from "./configuration-change.ts";
import type { ChangeRefusal, Refusal, TransferRefusal } from "./errors.ts";
import type { Message } from "./message.ts";
import type { Rules } from "./rules.ts";
import type { HardState, LogIndex, LogPosition, MemberId, RoleName, Term, TimeMs } from "./types.ts";

/**
 * The core of one member. Every input is given `now` (monotonic ms, sampled after the input was read) and may change the
 * state and queue effects; `takeEffects` hands them over, in order, and should be called once at the end of each turn, so
 * that what one turn gathered leaves together. `deadline` says when `tick` is wanted next.
 *
 * The same inputs give the same effects, byte for byte.
 */
export interface RaftCore {
  /** A message from `from`, whose link's handshake named `incarnation`. */
  receive(now: TimeMs, from: MemberId, incarnation: number, message: Message): void;
  /**
   * Appends commands in one go, or refuses all of them. Only a leader can. `askedBy` is the member that passed them on, if
   * another one did: it waits for their commit, and is told of it at once.
   */
  propose(now: TimeMs, commands: readonly Uint8Array[], askedBy?: MemberId): Proposed | Refused;
  /**
   * Begins a change of the configuration, or refuses it. Only a leader can, one change at a time. Where the set of voters
   * changes, the entry that is answered is the joint configuration; the leader, or a later one, leaves it by itself. The
   * change is over when an entry that is not joint is in force and committed (`status`).
   */
  changeConfiguration(now: TimeMs, change: ConfigurationChange): Proposed | ChangeRefused;
  /** Goes back from a joint configuration to the old voters, where that is safe (DESIGN §3); the new ones are learners. */
  abandonChange(now: TimeMs): Proposed | ChangeRefused;
  /**
   * Hands the leadership to `to`, or to the voter that suits best: it is brought up to date, then told to stand. Proposals
   * are refused as "transferring" meanwhile. Ends within T, with a `transfer-ended` effect. Asking again for the same
   * member changes nothing.
   */
  transferLeadership(now: TimeMs, to?: MemberId): TransferRefused | undefined;
  /**
   * Asks for a linearizable read index; `id` is unique in this incarnation. Answered by a `read-ready` or `read-refused`
   * effect. A follower's question may be lost on its way, and is then never answered: forget it with `forgetRead`.
   *
   * `lease`: a leader that holds a lease answers at once, without asking anybody. That is linearizable only as long as no two
   * members' clocks differ in rate by more than the configuration's `clockDriftPpm` (docs/raft.md, "Lease reads"). Where no
   * lease holds, and on followers, it is as `read-index`, the default, which rests on no clock.
   */
  requestRead(now: TimeMs, id: number, mode?: ReadMode): Refused | undefined;
  /**
   * Time may have passed that the monotonic clock did not count: the machine was suspended. Leases that were held are over;
   * rounds sent from now on bring new ones.
   */
  dropLease(now: TimeMs): void;
  /**
   * Gives up a read that this member passed on to its leader: it counts against `maxPendingReads` no longer, and a late
   * answer has no effect. A leader's own reads are not forgotten: nothing of theirs can be lost. They are answered once a
   * quorum has answered a round, or refused when the leadership ends. Nothing happens for ids that do not wait.
   */
  forgetRead(id: number): void;
  /** Everything up to the persist effect `sequence` is durable; `last` is where the log ended after it. */
  stored(now: TimeMs, sequence: number, last: LogPosition): void;
  /** Everything up to `index` is applied. */
  applied(now: TimeMs, index: LogIndex): void;
  /** The answer to a `load` effect; undefined when the entries could not be read. */
  loaded(now: TimeMs, follower: MemberId, from: LogIndex, entries: readonly Entry[] | undefined): void;
  /**
   * Entries up to and including `position` may go: a durable checkpoint of the state covers them, and they are applied. The
   * log begins after `position` from now on. Ignored when it begins there or later already.
   */
  prune(now: TimeMs, position: LogPosition): void;
  /** How many bytes sending the whole state would cost, about: what a leader weighs a long way through the log against. */
  observeStateBytes(bytes: number): void;
  /**
   * The answer to `state-wanted`: `to` says that it has installed the state as of `position`; undefined when that came to
   * nothing, and it is asked for again after a while. What `to` holds is proved by its own acknowledgment, not by this.
   */
  stateSent(now: TimeMs, to: MemberId, position: LogPosition | undefined): void;
  /**
   * The state machine holds, durably, everything up to `position`, as a leader of term `leaderTerm` sent it. The log goes on
   * behind it where it holds that entry, and begins anew there otherwise. A state that is no newer than what is applied here
   * changes nothing. `configuration` is the one in force at `position`, of the entry `configurationIndex`.
   */
  installed(
    now: TimeMs,
    position: LogPosition,
    configuration: Configuration,
    configurationIndex: LogIndex,
    leaderTerm: Term,
  ): void;
  /**
   * The configuration in force at `index`, which goes with a state as of there; undefined before the log's base, and beyond what
   * is known to be committed here.
   */
  configurationAt(index: LogIndex): PlacedConfiguration | undefined;
  /** The bulk link to `peer` broke, or a message to it was dropped: what is in flight may be lost. */
  unreachable(now: TimeMs, peer: MemberId): void;
  /** The largest smoothed round-trip time to any peer, in ms: widens the local election window, never a promise. */
  observeRoundTrip(rttMs: number): void;
  /** Time passes. Calling it early or often is harmless. */
  tick(now: TimeMs): void;
  /** When `tick` is wanted next, in monotonic ms; Infinity for never. */
  deadline(): TimeMs;
  takeEffects(): Effect[];
  status(): RaftStatus;
}

/** How a linearizable read is made sure of: by asking a quorum, or by the clock. */
export type ReadMode = "read-index" | "lease";

/** A configuration, and the index of its entry. */
export interface PlacedConfiguration {
  readonly index: LogIndex;
  readonly configuration: Configuration;
}

export interface Proposed {
  readonly ok: true;
  /** The commands have the indexes from here on, without a gap. */
  readonly firstIndex: LogIndex;
  readonly term: Term;
}

export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export interface ChangeRefused {
  readonly ok: false;
  readonly refusal: ChangeRefusal;
}

export interface TransferRefused {
  readonly ok: false;
  readonly refusal: TransferRefusal;
}

export interface RaftOptions {
  readonly id: MemberId;
  /** Of this start, from the durable log; rises with each. */
  readonly incarnation: number;
  readonly now: TimeMs;
  /** Undefined at a member's first start ever: it has promised nothing to anybody. */
  readonly hardState: HardState | undefined;
  readonly log: RecoveredLog;
  /** What the state machine has durably applied; entries after it come back as `commit` effects. */
  readonly appliedIndex: LogIndex;
  /**
   * The configuration at `log.base`, or the initial one of a new cluster. A member that joins a running cluster starts with
   * one in which it is no voter, or which has no voters at all: it never stands before its log says that it may.
   */
  readonly configuration: Configuration;
  /** The index of that configuration's entry: `log.base.index` unless said otherwise. */
  readonly configurationIndex?: LogIndex;
  /** Lost entries that it may have acknowledged: takes appends, has no voice (DESIGN §4). */
  readonly quarantined: boolean;
  readonly limits?: Partial<Limits>;
  /** In [0, 1): election jitter, from the host. */
  readonly random: () => number;
  /** The real rules unless a simulation plants a bug. */
  readonly rules?: Rules;
}

export interface RecoveredLog {
  readonly base: LogPosition;
  readonly last: LogPosition;
  readonly termRuns: readonly { readonly firstIndex: LogIndex; readonly term: Term }[];
  /** Entries of kind `configuration` after `base`, ascending. */
  readonly configurations: readonly Entry[];
  /** Every entry after `appliedIndex` (and after `base`), without a gap, to the end of the log. */
  readonly entries: readonly Entry[];
  /** Frames after `base`, in bytes, about; where it is not known, older entries count as nothing when costs are weighed. */
  readonly frameBytes?: number;
}

/** Everything has a bound (DESIGN §3). */
export interface Limits {
  /** Largest command, in bytes. */
  readonly maxCommandBytes: number;
  /** Entries proposed and not yet committed: how many bytes of frames, and how many. */
  readonly maxUncommittedBytes: number;
  readonly maxUncommittedEntries: number;
  /** Frames in one append message, in bytes: at least one entry goes even if it is larger. */
  readonly maxAppendBytes: number;
  /** Appends in flight to one follower: how many, and how many bytes of frames. */
  readonly maxInflightAppends: number;
  readonly maxInflightBytes: number;
  /** Reads waiting for a round, or for a leader's answer. */
  readonly maxPendingReads: number;
  /** Entries kept in memory after they are applied, for followers that are a little behind, in bytes of frames. */
  readonly logCacheBytes: number;
  /** Entries not yet applied, in bytes of frames: beyond it a member that is behind in applying takes no more. */
  readonly maxUnappliedBytes: number;
  /** By how many bytes the state must be smaller than the log that a follower lacks, to be sent instead of it. */
  readonly stateAdvantageBytes: number;
  /** A leader whose own disk has stored nothing of what it was given for so many election timeouts steps aside. */
  readonly maxPersistStallTimeouts: number;
}

export const defaultLimits: Limits = {
  maxCommandBytes: 1.5 * 1024 * 1024 + 512 * 1024,
  maxUncommittedBytes: 64 * 1024 * 1024,
  maxUncommittedEntries: 100_000,
  maxAppendBytes: 1024 * 1024,
  maxInflightAppends: 256,
  maxInflightBytes: 16 * 1024 * 1024,
  maxPendingReads: 100_000,
  logCacheBytes: 64 * 1024 * 1024,
  maxUnappliedBytes: 256 * 1024 * 1024,
  stateAdvantageBytes: 64 * 1024 * 1024,
  maxPersistStallTimeouts: 3,
};

export interface RaftStatus {
  readonly id: MemberId;
  readonly role: RoleName;
  readonly term: Term;
  readonly vote: MemberId;
  readonly leader: MemberId;
  readonly base: LogPosition;
  readonly last: LogPosition;
  readonly durableIndex: LogIndex;
  readonly commitIndex: LogIndex;
  readonly appliedIndex: LogIndex;
  readonly configuration: Configuration;
  readonly configurationIndex: LogIndex;
  readonly quarantined: boolean;
  /** To whom this leader hands its leadership over; 0 for nobody. */
  readonly transferringTo: MemberId;
  /** Frames of entries, in bytes: of those after the commit index, of those after the applied index, of those in memory. */
  readonly uncommittedBytes: number;
  readonly unappliedBytes: number;
  readonly cachedBytes: number;
  readonly pendingReads: number;
  /** Of each other recipient, on a leader; empty elsewhere. Ascending by id. */
  readonly followers: readonly FollowerStatus[];
}

export interface FollowerStatus {
  readonly id: MemberId;
  readonly state: "probing" | "replicating" | "snapshot";
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly inflightAppends: number;
  readonly inflightBytes: number;
  /** Monotonic ms when it was last heard in this term. */
  readonly heardAt: TimeMs;
}
