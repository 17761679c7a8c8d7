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
  /** Larger than the limit; nothing was proposed. */
  "too-large",
  /** This member is stopping or has stopped. Proposals that were under way may or may not be applied. */
  "stopped",
] as const;
export type ReplicaErrorCode = (typeof replicaErrorCodes)[number];

export class ReplicaError extends Error {
  override readonly name = "ReplicaError";
  readonly code: ReplicaErrorCode;

  constructor(code: ReplicaErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
