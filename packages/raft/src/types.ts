/** A member's identity: an integer from 1 to 2^53 - 1, never reused within a cluster. */
export type MemberId = number;

/** A Raft term: an integer from 0 (before any election) to 2^53 - 1 (Raft §5.1). */
export type Term = number;

/** A position in the log: 0 is "before the first entry", entries start at 1 (Raft §5.3). */
export type LogIndex = number;

/** Monotonic time in milliseconds, given by the host and never read by the core. */
export type TimeMs = number;

/** Where a log ends, or the place just before a run of entries: what Raft compares (§5.3, §5.4.1). */
export interface LogPosition {
  readonly index: LogIndex;
  readonly term: Term;
}

/** What a member must find again after a crash (Raft Figure 2, "persistent state"). */
export interface HardState {
  readonly term: Term;
  /** Whom this member voted for in `term`; 0 for nobody. */
  readonly vote: MemberId;
  /** The commit index, a hint that lets a restart apply at once; it may lag behind what was known. */
  readonly commit: LogIndex;
}

export const initialHardState: HardState = { term: 0, vote: 0, commit: 0 };

/** The four roles (Raft Figure 4, with the pre-candidate of dissertation §9.6). */
export const roleNames = ["follower", "pre-candidate", "candidate", "leader"] as const;
export type RoleName = (typeof roleNames)[number];
