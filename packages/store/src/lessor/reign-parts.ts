import type { Leases } from "../tables/leases.ts";
import type { LeaseTimes } from "./lease-times.ts";
import type { LessorParts } from "./lessor.ts";

/** What the parts of one reign share. */
export interface ReignParts extends LessorParts {
  readonly term: number;
  readonly table: Leases;
  readonly times: LeaseTimes;
  /** The time that leases are measured by, in ms. */
  readonly now: () => number;
  readonly isOver: () => boolean;
}
