import type { ReplicaStatus } from "@quorate/replica";

/** What a member tells the process that supervises it, a few times a second: plain data over the IPC channel. */
export interface MemberReport {
  readonly type: "member-report";
  readonly memberId: number;
  readonly role: string;
  readonly term: number;
  /** 0 when unknown. */
  readonly leader: number;
  readonly lastIndex: number;
  readonly commitIndex: number;
  readonly appliedIndex: number;
  /** Smoothed round-trip time to the slowest peer that was measured, in ms. */
  readonly roundTripMs: number | undefined;
  /** Mean duration of a log write with its sync, in ms. */
  readonly syncMs: number;
  readonly quarantined: boolean;
}

export function memberReport(status: ReplicaStatus): MemberReport {
  const roundTrips = Object.values(status.roundTripMs).filter((value) => value !== undefined);
  return {
    type: "member-report",
    memberId: status.memberId,
    role: status.role,
    term: status.term,
    leader: status.leader,
    lastIndex: status.lastIndex,
    commitIndex: status.commitIndex,
    appliedIndex: status.appliedIndex,
    roundTripMs: roundTrips.length === 0 ? undefined : Math.max(...roundTrips),
    syncMs: status.syncMs,
    quarantined: status.quarantined,
  };
}

/** A message from a child process may be anything; this is the only kind that is looked at. */
export function isMemberReport(message: unknown): message is MemberReport {
  return typeof message === "object" && message !== null && (message as { type?: unknown }).type === "member-report";
}
