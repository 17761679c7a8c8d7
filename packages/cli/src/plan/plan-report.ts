import {
  availabilityOf,
  commitLatency,
  compareLatency,
  countSplits,
  equalMachines,
  jointFacts,
  majority,
  mostNodes,
  partitionRisk,
  percentilesOf,
  quorumFacts,
  slowMembers,
  uniformLinks,
  zonedMachines,
  type Availability,
  type JointFacts,
  type PartitionRisk,
  type Percentiles,
  type QuorumFacts,
  type SplitCounts,
  type Topology,
} from "@quorate/planner";
import { UsageError } from "../errors.ts";
import { planElection, type ElectionPlan } from "./plan-election.ts";
import type { PlanInput } from "./plan-input.ts";

/** Everything that `quorate plan` says, as numbers. */
export interface PlanReport {
  readonly members: readonly { readonly name: string; readonly zone: string }[];
  readonly learners: number;
  readonly quorum: QuorumFacts;
  readonly splits: SplitCounts;
  readonly partitions:
    | (PartitionRisk & { readonly linkDown: number; readonly between: "members" | "zones" })
    | undefined;
  readonly change: JointFacts | undefined;
  readonly availability: Availability;
  /** Nobody said how reliable members are: 99.9 % is an example. */
  readonly isAvailabilityAssumed: boolean;
  readonly sizes: readonly SizePlan[];
  readonly latency: LatencyPlan | undefined;
  readonly election: ElectionPlan | undefined;
}

/** What equal members, each by itself, would make of this number. */
export interface SizePlan extends Availability {
  readonly voters: number;
  readonly quorum: number;
  readonly tolerates: number;
}

export interface LatencyPlan {
  /** Best first. */
  readonly leaders: readonly (Percentiles & { readonly leader: string })[];
  /** The one who leads now, or the best. */
  readonly leader: string;
  /** Under it, with none, one, two slow followers: the worst ones. */
  readonly slow: readonly { readonly slow: readonly string[]; readonly latency: Percentiles | undefined }[];
}

/** Throws `UsageError` or the planner's error where the input makes no sense. */
export function planReport(input: PlanInput): PlanReport {
  const { voters, quorum, zones, machine, change } = input;
  const n = voters.length;
  const counts = zones.map((_, zone) => voters.filter((voter) => voter.zone === zone).length);
  return {
    members: voters.map(({ name, zone }) => ({ name, zone: zones[zone] ?? name })),
    learners: input.learners,
    quorum: quorumFacts(n, quorum),
    splits: countSplits(n, quorum),
    partitions: partitionsOf(input, counts),
    change: change === undefined ? undefined : jointFacts(change),
    availability: availabilityOf(zonedMachines(counts, machine, input.zone, quorum)),
    isAvailabilityAssumed: input.isMachineAssumed,
    sizes: sizesAround(n).map((size) => {
      const { tolerates, quorum: of } = quorumFacts(size);
      const { availability, unavailability, downHoursPerYear, hoursBetweenOutages, outageHours } = availabilityOf(
        equalMachines(size, machine, majority(size)),
      );
      return {
        voters: size,
        quorum: of,
        tolerates,
        availability,
        unavailability,
        downHoursPerYear,
        hoursBetweenOutages,
        outageHours,
      };
    }),
    latency: latencyOf(input),
    election: planElection(input),
  };
}

export function topologyOf({ voters, times, quorum }: PlanInput): Topology | undefined {
  if (times === undefined) return undefined;
  return {
    names: voters.map(({ name }) => name),
    roundTrips: times.roundTrips,
    syncs: times.syncs,
    sets: voters.map(() => 1),
    quorums: [quorum],
  };
}

function partitionsOf(
  { linkDown, zones, quorum, zone, voters }: PlanInput,
  counts: readonly number[],
): PlanReport["partitions"] {
  if (linkDown === undefined) return undefined;
  if (zones.length > mostNodes) {
    throw new UsageError(
      `--link-failure is counted for up to ${mostNodes} members or zones, not ${zones.length}: group members with --zones.`,
    );
  }
  const down =
    zone.failsEveryHours === Number.POSITIVE_INFINITY
      ? 0
      : zone.repairHours / (zone.failsEveryHours + zone.repairHours);
  const risk = partitionRisk(
    { voters: counts, linkDown: uniformLinks(zones.length, linkDown), nodeDown: zones.map(() => down) },
    quorum,
  );
  return { ...risk, linkDown, between: zones.length === voters.length ? "members" : "zones" };
}

/** 1 to 7 always, and the neighbours of what is planned. */
function sizesAround(n: number): readonly number[] {
  return [...new Set([1, 2, 3, 4, 5, 6, 7, n - 1, n, n + 1])]
    .filter((size) => size >= 1 && size <= 1000)
    .sort((a, b) => a - b);
}

function latencyOf(input: PlanInput): LatencyPlan | undefined {
  const topology = topologyOf(input);
  if (topology === undefined || input.times === undefined) return undefined;
  const leaders = input.times.leaders
    .map((leader) => Object.assign(percentilesOf(commitLatency(topology, leader)), { leader }))
    .sort(compareLatency);
  const looked = input.times.leader ?? leaders[0]?.leader ?? 0;
  const nameOf = (member: number): string => topology.names[member] ?? "";
  return {
    leaders: leaders.map(({ leader, p50, p99, p999 }) => ({ leader: nameOf(leader), p50, p99, p999 })),
    leader: nameOf(looked),
    slow: slowMembers(topology, looked, 2).map(({ slow, latency }) => ({
      slow: slow.map((member) => nameOf(member)),
      latency,
    })),
  };
}
