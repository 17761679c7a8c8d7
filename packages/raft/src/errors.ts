import type { LogIndex, MemberId } from "./types.ts";

/** Bytes that claim to be an entry's frame and are not. */
export class CorruptFrameError extends Error {
  override readonly name = "CorruptFrameError";
  /** Where the frame starts in the bytes that were read. */
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/** Bytes that claim to be a message between members and are not. */
export class MalformedMessageError extends Error {
  override readonly name = "MalformedMessageError";
}

/**
 * Something that Raft proves impossible has happened: a bug, or damaged state. The member must stop: going on could
 * spread the damage (pitfall B58). `details` is the state that was found, for the dump.
 */
export class InvariantViolation extends Error {
  override readonly name = "InvariantViolation";
  readonly details: Readonly<Record<string, unknown>>;

  constructor(message: string, details: Readonly<Record<string, unknown>>) {
    super(`invariant violated: ${message} ${JSON.stringify(details)}`);
    this.details = details;
  }
}

/** Why a proposal or a read was turned away. It was not appended, and may be tried again. */
export type Refusal =
  /** This member does not lead; `leader` is the one it knows, 0 for none. */
  | { readonly reason: "not-leader"; readonly leader: MemberId }
  /** A bound is reached: too much is proposed and not yet committed, or too many reads wait. Try again later. */
  | { readonly reason: "busy"; readonly bound: string }
  /** Larger than `limitBytes`; it can never be accepted. */
  | { readonly reason: "too-large"; readonly limitBytes: number }
  /** The leadership is being handed to `to`: hold the proposal, for T at most, and propose it again. */
  | { readonly reason: "transferring"; readonly to: MemberId };

/** Why a change of the configuration was turned away. Nothing was appended. */
export type ChangeRefusal =
  | Extract<Refusal, { readonly reason: "not-leader" | "transferring" }>
  /** It can never be accepted as it is; `why` says what to correct. */
  | { readonly reason: "invalid-change"; readonly why: string }
  /** It was a member before and left: give the newcomer an id of its own (pitfall B57). */
  | { readonly reason: "id-was-removed"; readonly id: MemberId }
  /** The configuration in force says just that already. */
  | { readonly reason: "no-change" }
  /** The change at `index` is not finished: wait until it is, or abandon it. */
  | { readonly reason: "change-in-progress"; readonly index: LogIndex; readonly isJoint: boolean }
  /** The leader has not committed an entry of its own term yet: try again soon. */
  | { readonly reason: "not-ready" }
  /** Too few of the new voters would take part: `needed` must be caught up and heard, and `behind` are not. */
  | { readonly reason: "not-caught-up"; readonly needed: number; readonly behind: readonly MemberId[] }
  /** There is no change that this leader may take back: `why` says which condition fails. */
  | { readonly reason: "nothing-to-abandon"; readonly why: string };

/** Why a leadership was not handed over. Nothing has changed. */
export type TransferRefusal =
  | Extract<Refusal, { readonly reason: "not-leader" | "transferring" }>
  /** Only a voter of the configuration to come can lead, and `to` is none, or leads already. */
  | { readonly reason: "invalid-target"; readonly to: MemberId; readonly why: string }
  /** No voter, or not the one that was asked for, was heard within T. */
  | { readonly reason: "no-target" };
