import type { Callback, Done, HostError } from "@quorate/host";
import type { LogIndex, LogPosition, Term } from "@quorate/raft";
import type { StateTransfer } from "./state-transfer.ts";

export type * from "./state-transfer.ts";

/**
 * What a cluster replicates: yours. Every member applies the same commands in the same order, so it must be
 * deterministic: the same commands give the same state and the same results on every member, whatever its clock,
 * randomness or platform.
 *
 * No two `apply` overlap, and no two `checkpoint`; `close` comes alone and last. Completions may come at once,
 * from inside the call.
 */
export interface StateMachine<Result> {
  /**
   * Where the durable state stood when it was opened: the position of the last checkpoint; {0, 0} for an empty one. Read
   * while the member opens, more than once, and never after the first `apply`: later checkpoints need not change it.
   */
  readonly restored: LogPosition;
  /**
   * Applies committed commands, in order; completes with one result for each. An error stops the member: it must only
   * be given for what cannot happen (a failing disk, damaged state), never for a command that is merely refused, which is
   * a result.
   */
  apply(commands: readonly Committed[], done: Callback<readonly Result[]>): void;
  /**
   * Makes the state as of the last applied command durable, together with `position`, in one step: after a crash it is
   * found whole, or the one before it. `apply` may go on while it runs.
   */
  checkpoint(position: LogPosition, done: Done): void;
  /** Bytes that a checkpoint would write: replicas checkpoint when it passes a bound. */
  readonly dirtyBytes: number;
  /** Something waits for the next checkpoint, such as space to be given back: replicas make one at once, or a second after the last one. */
  readonly wantsCheckpoint?: boolean;
  /**
   * For comparing members, together with `digest`; leave both out for a state that does not keep its past. The point in the
   * state's own history (a revision, say) that it has reached, as 1 to 255 bytes that another member's machine can read.
   * Called between two applies.
   */
  digestPoint?(): Uint8Array;
  /**
   * A digest (1 to 255 bytes) of the state as it was at a point which this machine or another member's gave: equal on two
   * members exactly when their states are. Called between two applies, once everything is applied that the other member had
   * applied when it chose the point; applying goes on meanwhile. One at a time. Undefined when the point lies too far back.
   * A machine that has applied the same and has not reached the point is not equal, and must not give an equal digest.
   */
  digest?(point: Uint8Array, done: Callback<Uint8Array | undefined>): void;
  /**
   * Takes whom to tell, once, that the state is damaged where neither `apply` nor `checkpoint` met it: a read, a scrub. The
   * member then stops.
   */
  onDamage?(listener: (error: HostError) => void): void;
  /**
   * For sending the state to a member whose log cannot catch up, and for receiving it. A machine without it can only be
   * replicated through the log, which is then never pruned.
   */
  readonly transfer?: StateTransfer | undefined;
  /** About how many bytes sending the whole state would take: what a leader weighs the log against. */
  readonly stateBytes?: number;
  close(done: Done): void;
}

/** One committed command. Entries without a command (no-ops, configurations) are not shown to state machines. */
export interface Committed {
  readonly index: LogIndex;
  readonly term: Term;
  /** A view of the log's own bytes: copy what is kept. */
  readonly command: Uint8Array;
}
