/** What one line of a log says, in words that all systems share. */
export type FactKind =
  /** Its process begins, or ends in order. */
  | "started"
  | "stopped"
  /** It is now `role` in `term`; `text` may say why. */
  | "role"
  /** It follows `peer` in `term`. */
  | "leader-known"
  /** It knows no leader any more. */
  | "leader-lost"
  /** `peer` speaks of `term`, where it is itself in `own`; `text` is the kind of message. */
  | "higher-term"
  /** It votes for `peer` in `term`. */
  | "vote-cast"
  /** It turns a request of `peer` down, because it hears a leader. */
  | "vote-ignored"
  /** It refuses `peer` its vote. */
  | "vote-refused"
  /** It led, and heard no quorum. */
  | "quorum-lost"
  /** Its link to `peer`. */
  | "peer-up"
  | "peer-down"
  /** A leader sent heartbeats late, or its process stood still: by `value` ms. */
  | "late"
  /** Its log needed `value` ms to reach the disk. */
  | "slow-sync"
  /** A request needed `value` ms to be carried out, or to be read. */
  | "slow-apply"
  /** Applying is `value` entries behind what is committed. */
  | "apply-behind"
  /** The log of `peer` lacks what comes before `index`: `term` here, `own` there. */
  | "mismatch"
  /** A log says itself that `peer` has diverged. */
  | "diverged"
  /** Uncommitted entries from `index` on, of term `own`, are cut for those of `term`. */
  | "conflict"
  /** A whole state is on its way to `peer`, has arrived at it, or has not. */
  | "snapshot-begun"
  | "snapshot-sent"
  | "snapshot-failed"
  /** It took over a state as of `index`. */
  | "snapshot-taken"
  /** The configuration in force, `members`. */
  | "configuration"
  /** It leaves room no more: `text` says of what. */
  | "no-space"
  /** `peer`, or it itself, belongs to another cluster, or no longer to this one. */
  | "wrong-cluster"
  /** Its clock and that of `peer` differ by `value` ms; or its own jumped by that. */
  | "clock-difference"
  /** Its machine slept for `value` ms. */
  | "suspended"
  /** The log, or the history of keys, was made smaller, up to `index`. */
  | "compacted"
  /** The log has `value` bytes, or entries, that nothing has made smaller. */
  | "log-grown"
  /** A handover of the leadership to `peer`. */
  | "transfer"
  /** `member` is also called `text`. */
  | "named";

export type RoleName = "follower" | "pre-candidate" | "candidate" | "leader";

export interface Voters {
  readonly voters: readonly string[];
  /** Not empty while a joint configuration is in force. */
  readonly outgoing: readonly string[];
  readonly learners: readonly string[];
}

export interface Fact {
  readonly kind: FactKind;
  /** Who says so, where the line tells; otherwise whoever the log is of. */
  readonly member?: string | undefined;
  readonly term?: number | undefined;
  readonly own?: number | undefined;
  readonly role?: RoleName | undefined;
  readonly peer?: string | undefined;
  readonly index?: number | undefined;
  readonly value?: number | undefined;
  readonly text?: string | undefined;
  /** So many of it in one line; 1 unless given. */
  readonly count?: number | undefined;
  readonly members?: Voters | undefined;
}
