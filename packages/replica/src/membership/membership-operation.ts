import type { MemberAddress, MemberId, Timing } from "@quorate/raft";

/** What an operator asks of a cluster's membership or leadership. The leader makes it so, or says why not. */
export type MembershipOperation =
  | AddMember
  | RemoveMember
  | PromoteMember
  | UpdateMember
  | SetVoters
  | SetTiming
  | AbandonChange
  | TransferLeadership;

/** A new member, under an id that the cluster never had. It enters as a learner (dissertation §4.2.1). */
export interface AddMember {
  readonly kind: "add";
  readonly member: MemberAddress;
  /** Whether it becomes a voter by itself once it has caught up. */
  readonly isPromotable: boolean;
}

/** A member leaves, for good: its id never comes back. */
export interface RemoveMember {
  readonly kind: "remove";
  readonly id: MemberId;
}

/** A learner that has caught up becomes a voter. */
export interface PromoteMember {
  readonly kind: "promote";
  readonly id: MemberId;
}

/** A member is reached elsewhere, or is called differently. */
export interface UpdateMember {
  readonly kind: "update";
  readonly member: MemberAddress;
}

/**
 * Exactly these vote, in one step through a joint configuration (Raft §6). Every one of them is a member already; voters that
 * are not among them leave for good.
 */
export interface SetVoters {
  readonly kind: "voters";
  readonly voters: readonly MemberId[];
}

export interface SetTiming {
  readonly kind: "timing";
  readonly timing: Timing;
}

/** Back to the old configuration, out of a joint one. */
export interface AbandonChange {
  readonly kind: "abandon";
}

/** The leadership goes to `to`, or (undefined) to the voter that is furthest. */
export interface TransferLeadership {
  readonly kind: "transfer";
  readonly to: MemberId | undefined;
}

/** Why an operation was refused. Nothing changed. */
export const membershipRefusals = [
  "not-leader",
  "busy",
  "unknown-member",
  "id-in-use",
  "id-was-removed",
  "address-in-use",
  "name-in-use",
  "not-a-learner",
  "not-caught-up",
  "no-voters-left",
  "change-in-progress",
  "not-ready",
  "nothing-to-abandon",
  "given-up",
  "invalid",
  "transfer-failed",
] as const;
export type MembershipRefusal = (typeof membershipRefusals)[number];
