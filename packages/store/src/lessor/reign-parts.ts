import type { Leases } from "../tables/leases.ts";
import type { LeaseTimes } from "./lease-times.ts";
import type { LessorCounts, LessorParts } from "./lessor.ts";

/** What a reign needs: what the lessor does, and its counts. */
export interface LeaseReignParts extends LessorParts {
  readonly counts: LessorCounts;
}

/** What the parts of one reign share. */
export interface ReignParts extends LeaseReignParts {
  readonly term: number;
  readonly table: Leases;
  readonly times: LeaseTimes;
  /** The time that leases are measured by, in ms. */
  readonly now: () => number;
  readonly isOver: () => boolean;
}
