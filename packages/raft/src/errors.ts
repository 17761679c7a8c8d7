import type { MemberId } from "./types.ts";

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
  | { readonly reason: "too-large"; readonly limitBytes: number };
