import { HostError } from "@quorate/host";
import type { MembershipRefusal } from "./membership/membership-operation.ts";

/** Why a proposal or a read did not complete. */
export const replicaErrorCodes = [
  /** No leader is known. Nothing was proposed; try again later. */
  "no-leader",
  /** The entry was replaced by another leader's: it was not and never will be applied. */
  "leader-changed",
  /** Sent, and the answer is lost: it may or may not be applied. */
  "outcome-unknown",
  /** No outcome within the time allowed: it may or may not be applied yet. */
  "timeout",
  /** A bound is reached; nothing was proposed. */
  "busy",
  /** Empty, or larger than the limit; nothing was proposed. */
  "too-large",
  /** A change of members or leadership was refused: `refusal` says why. Nothing changed. */
  "refused",
  /** This member is stopping or has stopped. Proposals that were under way may or may not be applied. */
  "stopped",
] as const;
export type ReplicaErrorCode = (typeof replicaErrorCodes)[number];

export class ReplicaError extends Error {
  override readonly name = "ReplicaError";
  readonly code: ReplicaErrorCode;
  /** With the code "refused". */
  readonly refusal: MembershipRefusal | undefined;

  constructor(code: ReplicaErrorCode, message: string, options?: ErrorOptions & { refusal?: MembershipRefusal }) {
    super(message, options);
    this.code = code;
    this.refusal = options?.refusal;
  }
}

/**
 * Why a member stopped: its state is not what the committed entries make. Its log and its vote are not concerned. Discard the
 * state, open an empty one, and the member applies the log anew (docs/store.md says why that is safe).
 */
export class StateDamagedError extends Error {
  override readonly name = "StateDamagedError";
}

/**
 * Why a member stopped: a peer knows a start of it that its own disk does not. The disk was wiped or is an older copy, so
 * what the member promised may be forgotten: it cannot take part again under its id.
 */
export class ForgottenStartError extends Error {
  override readonly name = "ForgottenStartError";
}

/** What a state machine failed with: damage to the state, where it says so, apart from everything else. */
export function stateFailure(error: Error): Error {
  const isDamage = error instanceof HostError && error.code === "corrupt";
  return isDamage ? new StateDamagedError(error.message, { cause: error }) : error;
}

/** Why a member does not start. */
export const replicaStartErrorCodes = [
  /** An option has an impossible value. */
  "invalid-option",
  /** The log could not be opened or read: see `cause`, a `WalError` or a `HostError`. */
  "log",
  /** The state holds more than the log: the log was wiped, damaged, or is another member's. */
  "state-ahead-of-log",
  /** The state was made by other entries than the log holds, or entries between state and log are missing. */
  "state-mismatch",
  /** The log is damaged, and no other voter can give back what it lost. */
  "damaged-log",
  /** The log is empty, and this member votes in the cluster that it was to join. */
  "forgotten-voter",
  /** The state's checkpoint is damaged. */
  "corrupt-state",
  /** What was known of the peers could not be read: see `cause`. */
  "peers",
  /** The network could not be joined: see `cause`. */
  "network",
] as const;
export type ReplicaStartErrorCode = (typeof replicaStartErrorCodes)[number];

export class ReplicaStartError extends Error {
  override readonly name = "ReplicaStartError";
  readonly code: ReplicaStartErrorCode;

  constructor(code: ReplicaStartErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
