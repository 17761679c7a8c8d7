import type { Entry } from "./entry.ts";
import type { Message } from "./message.ts";
import type { HardState, LogIndex, LogPosition, MemberId, RoleName, Term } from "./types.ts";
import type { Configuration } from "./configuration.ts";

/**
 * What the core asks of the world, in order. Messages that promise something are emitted only after the promise is
 * durable, so an effect may be carried out the moment it is read.
 */
export type Effect =
  | PersistEffect
  | SendEffect
  | CommitEffect
  | ReadReadyEffect
  | ReadRefusedEffect
  | LoadEffect
  | StateWantedEffect
  | StateUnwantedEffect
  | RoleEffect
  | ConfigurationEffect
  | TransferEndedEffect;

/**
 * Make this durable, in the order of `sequence`, and report it with `stored`. Several may be outstanding; reporting a
 * later one implies the earlier ones.
 */
export interface PersistEffect {
  readonly type: "persist";
  /** Rising by one. */
  readonly sequence: number;
  /** Drop entries from this index on before appending; undefined to drop none. */
  readonly truncateFrom: LogIndex | undefined;
  /** Contiguous; may be empty. */
  readonly entries: readonly Entry[];
  /** The whole hard state where it changed. */
  readonly hardState: HardState | undefined;
  /**
   * A state was installed that holds everything up to `position`. Where the log's entry there is that very one (index and
   * term), the log goes on as it is; otherwise it begins anew after `position`. Comes after the truncation and before the
   * entries.
   */
  readonly base?: LogBase;
}

/** Where a log begins because a state covers everything up to there. */
export interface LogBase {
  readonly position: LogPosition;
  /** The configuration in force at `position`, which the log can no longer say. */
  readonly configuration: Configuration;
  /** The index of that configuration's entry; 0 for the one that the cluster began with. */
  readonly configurationIndex: LogIndex;
}

export interface SendEffect {
  readonly type: "send";
  readonly to: MemberId;
  readonly message: Message;
}

/** Entries `from` to `to` are committed and durable here: apply them, in order, and report with `applied`. */
export interface CommitEffect {
  readonly type: "commit";
  readonly entries: readonly Entry[];
}

/** The read `id` may be answered from a state in which `index` is applied. */
export interface ReadReadyEffect {
  readonly type: "read-ready";
  readonly id: number;
  readonly index: LogIndex;
}

/** The read `id` was dropped: leadership ended or the leader could not take it. Nothing was read; ask again. */
export interface ReadRefusedEffect {
  readonly type: "read-refused";
  readonly id: number;
}

/** A follower needs entries that are no longer in memory: read them from the log and report with `loaded`. */
export interface LoadEffect {
  readonly type: "load";
  readonly for: MemberId;
  readonly from: LogIndex;
  readonly to: LogIndex;
  readonly maxBytes: number;
}

/**
 * A follower is to be sent the state: `pruned`, what it needs is no longer in the log; `cheaper`, the log would cost more
 * bytes. Answer with `stateSent`, success or not. It is wanted until then, or until `state-unwanted`.
 */
export interface StateWantedEffect {
  readonly type: "state-wanted";
  readonly to: MemberId;
  readonly reason: StateReason;
  /** A state as of an earlier index is of no use: the log does not go on from there. */
  readonly atLeast: LogIndex;
}

export type StateReason = "pruned" | "cheaper";

/** The state that was wanted for `to` is not needed any more: it caught up, left, or we lead no longer. */
export interface StateUnwantedEffect {
  readonly type: "state-unwanted";
  readonly to: MemberId;
}

/** Role, term or known leader changed. For waiting clients, logs and metrics. */
export interface RoleEffect {
  readonly type: "role";
  readonly role: RoleName;
  readonly term: Term;
  readonly leader: MemberId;
  /** Why, for people: "heard nothing from a leader for 1,312 ms". */
  readonly reason: string;
}

/**
 * A leadership transfer is over: `to` leads ("done"), the bound T passed first ("timed-out"), or somebody else leads or
 * `to` may no longer ("refused"). Every transfer that was begun ends with exactly one of these.
 */
export interface TransferEndedEffect {
  readonly type: "transfer-ended";
  readonly to: MemberId;
  readonly outcome: TransferOutcome;
}

export const transferOutcomes = ["done", "timed-out", "refused"] as const;
export type TransferOutcome = (typeof transferOutcomes)[number];

/** The configuration in force changed (as soon as appended, or rolled back): links may have to open or close. */
export interface ConfigurationEffect {
  readonly type: "configuration";
  readonly configuration: Configuration;
  readonly index: LogIndex;
}
