import type { LeaseKeeping, LeaseKeepingParts, Leases, LeaseView, PlainCommand } from "@quorate/store";

/** What a planted bug breaks about leases; an absent part is the real one. */
export interface BrokenLeases {
  /** What a member's state machine takes a command of the log for, in the entry of this term, with these leases there. */
  readonly command?: (command: PlainCommand, term: number, leases: LeaseView) => PlainCommand;
  /** What is left of the leases of a state that another member has sent. */
  readonly replaced?: (leases: Leases) => void;
  /** What keeping leases stands on. */
  readonly parts?: (parts: LeaseKeepingParts) => LeaseKeepingParts;
  /** What clients meet. */
  readonly keeping?: (keeping: LeaseKeeping) => LeaseKeeping;
}
