import { MissingCounts } from "./missing-counts.ts";
import { PlannerError, requireInteger } from "./planner-error.ts";
import { mostMembers } from "./quorum.ts";
import { failureFrequency, neverFails, requireRepairable, unavailability, type Repairable } from "./repair.ts";

/** A voter, in terms of what can take it down. */
export interface Machine extends Repairable {
  /** The index of its zone. */
  readonly zone: number;
  /** In which sets of voters it is: bit 0 for the first, bit 1 for the second. 1 when there is only one. */
  readonly sets: 1 | 2 | 3;
}

/** Voters in zones that fail as a whole, each independently of the others. */
export interface Deployment {
  readonly machines: readonly Machine[];
  readonly zones: readonly Repairable[];
  /** How many must be up of each set of voters: one number, or two while a change is under way. */
  readonly quorums: readonly [number] | readonly [number, number];
}

export interface Availability {
  /** The part of the time that a quorum of each set is up. */
  readonly availability: number;
  /** 1 - availability, computed by itself: it keeps its digits where the other is nearly 1. */
  readonly unavailability: number;
  /** Mean hours out of service in a year of 8,766 hours. */
  readonly downHoursPerYear: number;
  /** Mean time from the beginning of one outage to that of the next; Infinity when there is none. */
  readonly hoursBetweenOutages: number;
  /** Mean length of an outage; 0 when there is none. */
  readonly outageHours: number;
}

export const hoursPerYear = 8766;

/**
 * How much of the time a quorum is up, exactly: for each zone, how many of its voters are up has the distribution of a sum
 * of independent trials, or is 0 while the zone is down; zones are independent, so that their distributions are
 * convolved. That is every combination of failures, counted without being listed.
 *
 * Outages: a machine or a zone that fails starts one exactly when the others are up so that its going down takes the quorum.
 * The chance of that is Birnbaum's importance, P(up | it is up) - P(up | it is down), so that outages begin with the frequency
 *   sum over components of importance * frequency of its failures
 * (Birnbaum 1969; Barlow and Proschan 1975, §7.4), and last unavailability / frequency on average.
 *
 * Failures of machines and zones are independent of each other here; what is known to fail together is a zone.
 * Throws `PlannerError` when a zone is missing or a quorum impossible.
 */
export function availabilityOf(deployment: Deployment): Availability {
  requireDeployment(deployment);
  const { machines, zones } = deployment;
  const down = {
    machines: machines.map((machine) => unavailability(machine)),
    zones: zones.map((zone) => unavailability(zone)),
  };
  const lost = quorumLost(deployment, down);
  let outagesPerHour = 0;
  const add = (component: Repairable, probabilities: "machines" | "zones", at: number): void => {
    const own = down[probabilities][at] as number;
    if (own === 0) return;
    const importance =
      quorumLost(deployment, { ...down, [probabilities]: down[probabilities].with(at, 1) }) -
      quorumLost(deployment, { ...down, [probabilities]: down[probabilities].with(at, 0) });
    outagesPerHour += Math.max(0, importance) * failureFrequency(component);
  };
  for (const [at, machine] of machines.entries()) add(machine, "machines", at);
  for (const [at, zone] of zones.entries()) add(zone, "zones", at);
  return {
    availability: 1 - lost,
    unavailability: lost,
    downHoursPerYear: lost * hoursPerYear,
    hoursBetweenOutages: outagesPerHour === 0 ? Number.POSITIVE_INFINITY : 1 / outagesPerHour,
    outageHours: outagesPerHour === 0 ? 0 : lost / outagesPerHour,
  };
}

/** `n` equal voters, each in a zone of its own that never fails. */
export function equalMachines(n: number, machine: Repairable, quorum: number): Deployment {
  return {
    machines: Array.from({ length: n }, (_, zone) => ({ ...machine, zone, sets: 1 as const })),
    zones: Array<Repairable>(n).fill(neverFails),
    quorums: [quorum],
  };
}

/** Equal voters in equal zones: `counts` of them in each. */
export function zonedMachines(
  counts: readonly number[],
  machine: Repairable,
  zone: Repairable,
  quorum: number,
): Deployment {
  return {
    machines: counts.flatMap((count, at) =>
      Array.from({ length: count }, (): Machine => ({ ...machine, zone: at, sets: 1 })),
    ),
    zones: Array<Repairable>(counts.length).fill(zone),
    quorums: [quorum],
  };
}

interface Down {
  readonly machines: readonly number[];
  readonly zones: readonly number[];
}

/** The probability that too many are down in one set or the other. */
function quorumLost({ machines, zones, quorums }: Deployment, down: Down): number {
  const sizes = quorums.map((_, set) => machines.filter((machine) => (machine.sets & (1 << set)) !== 0).length);
  let table = new MissingCounts(sizes);
  for (const at of zones.keys()) {
    // While the zone is down, all its machines are; else each by itself.
    const whole = down.zones[at] as number;
    let alive = table;
    let dead = table;
    for (const [index, machine] of machines.entries()) {
      if (machine.zone !== at) continue;
      alive = alive.with(machine.sets, down.machines[index] as number);
      dead = dead.with(machine.sets, 1);
    }
    table = alive.mixed(dead, whole);
  }
  return table.beyond(quorums.map((quorum, set) => (sizes[set] as number) - quorum));
}

function requireDeployment({ machines, zones, quorums }: Deployment): void {
  requireInteger("The number of voters", machines.length, 1, mostMembers);
  for (const [set, quorum] of quorums.entries()) {
    const size = machines.filter(({ sets }) => (sets & (1 << set)) !== 0).length;
    requireInteger(`The quorum of ${size} voters`, quorum, 1, Math.max(1, size));
  }
  for (const machine of machines) {
    requireRepairable("a member", machine);
    if (zones[machine.zone] === undefined) {
      throw new PlannerError(`A member is in zone ${machine.zone}, but there are zones 0 to ${zones.length - 1} only.`);
    }
  }
  for (const zone of zones) requireRepairable("a zone", zone);
}
