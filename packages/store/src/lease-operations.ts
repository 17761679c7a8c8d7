/**
 * Leases as the log has them. An id is 64 bits and not 0; times are in whole seconds. `grantedAt` is the index of the log entry
 * that granted a lease: a lease of the same id that is granted after the first was revoked is another one.
 */

/** Seconds, at most (as in etcd). */
export const maxLeaseTtl = 9_000_000_000;

export interface Lease {
  readonly id: bigint;
  /** What was granted, in seconds. */
  readonly ttl: number;
  /** What is left of it, in seconds, as of the last checkpoint of a leader; all of it since a renewal that was checkpointed. */
  readonly remaining: number;
  readonly grantedAt: number;
}

/** One lease of a command that a leader makes by itself. */
export interface LeaseRef {
  readonly lease: bigint;
  readonly grantedAt: number;
}

export interface LeaseGrantCommand {
  readonly type: "lease-grant";
  readonly lease: bigint;
  /** From 1 to `maxLeaseTtl`. */
  readonly ttl: number;
}

/** A client ends a lease: its keys go in one revision. */
export interface LeaseRevokeCommand {
  readonly type: "lease-revoke";
  readonly lease: bigint;
}

/**
 * A leader says that leases have run out. It counts only in an entry of the term in which that leader led (`term`), and only
 * for a lease that is still the same: otherwise it changes nothing (why that is safe stands in `lessor/lessor.ts`).
 */
export interface LeaseExpireCommand {
  readonly type: "lease-expire";
  readonly term: number;
  readonly leases: readonly LeaseRef[];
}

/** A leader notes how much of leases is left, for the leader after it. It counts as a `LeaseExpireCommand` does. */
export interface LeaseCheckpointCommand {
  readonly type: "lease-checkpoint";
  readonly term: number;
  readonly leases: readonly (LeaseRef & { readonly remaining: number })[];
}

export type LeaseCommand = LeaseGrantCommand | LeaseRevokeCommand | LeaseExpireCommand | LeaseCheckpointCommand;

export interface LeaseGrantResult {
  readonly type: "lease-grant";
}
export interface LeaseRevokeResult {
  readonly type: "lease-revoke";
}
export interface LeaseExpireResult {
  readonly type: "lease-expire";
  /** How many of them were there, and are gone. */
  readonly expired: number;
}
export interface LeaseCheckpointResult {
  readonly type: "lease-checkpoint";
}
export type LeaseResult = LeaseGrantResult | LeaseRevokeResult | LeaseExpireResult | LeaseCheckpointResult;
