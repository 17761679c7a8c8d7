import { fixedTime, type Distribution } from "@quorate/planner";
import type { LiveMember } from "./live-cluster.ts";
import type { PlannedTimes } from "./plan-input.ts";

export interface LiveTimes extends PlannedTimes {
  /** Pairs and disks that nobody measured; the largest known value stands for each. In words. */
  readonly missing: readonly string[];
}

/**
 * The table of times between voters, as they measured them; the way back stands for a way that one of them did not
 * measure. Undefined when nothing was measured at all.
 */
export function liveTimes(voters: readonly LiveMember[], leader: string | undefined): LiveTimes | undefined {
  const measured = voters.map(({ metrics }, from) =>
    voters.map(
      ({ id }, to) => metrics?.roundTrips.get(id) ?? voters[to]?.metrics?.roundTrips.get(voters[from]?.id ?? ""),
    ),
  );
  const trips = measured.flatMap((row, from) => row.filter((time, to) => time !== undefined && from !== to));
  const syncs = voters.map(({ metrics }) => metrics?.sync);
  const knownSyncs = syncs.filter((sync) => sync !== undefined);
  if (knownSyncs.length === 0 || (trips.length === 0 && voters.length > 1)) return undefined;
  const leads = voters.findIndex(({ id }) => id === leader);
  const farthest = largest(trips.filter((time) => time !== undefined));
  const slowest = largest(knownSyncs);
  const missing = voters.flatMap(({ name }, from) => [
    ...(syncs[from] === undefined ? [`syncs of ${name}`] : []),
    ...voters
      .slice(from + 1)
      .flatMap((other, after) =>
        measured[from]?.[from + 1 + after] === undefined ? [`${name} to ${other.name}`] : [],
      ),
  ]);
  return {
    roundTrips: measured.map((row, from) => row.map((time, to) => (from === to ? fixedTime(0) : (time ?? farthest)))),
    syncs: syncs.map((sync) => sync ?? slowest),
    leaders: [...voters.keys()],
    ...(leads < 0 ? {} : { leader: leads }),
    missing,
  };
}

function largest(times: readonly Distribution[]): Distribution {
  return times.reduce((one, other) => (other.quantile(0.5) > one.quantile(0.5) ? other : one), fixedTime(0));
}
