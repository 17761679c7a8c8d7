import { commitLatency, fixedTime, shiftedExponential, type Distribution, type Topology } from "@quorate/planner";
import { leastSyncMs, type CommitSetup } from "../world/measure-commits.ts";

/** What the planner is told of members whose disks are those of the simulator (`measure-commits.ts`). */
export function topologyOf({ quorum, roundTrips, syncMs }: Omit<CommitSetup, "leader">): Topology {
  const sync = shiftedExponential(Math.min(leastSyncMs, syncMs), Math.max(0, syncMs - leastSyncMs));
  return {
    names: roundTrips.map((_, at) => String(at + 1)),
    roundTrips: roundTrips.map((row) => row.map(fixedTime)),
    syncs: roundTrips.map(() => sync),
    sets: roundTrips.map(() => 1 as const),
    quorums: [quorum],
  };
}

/** How long a commit takes by the planner. */
export function predictCommit(setup: CommitSetup): Distribution {
  return commitLatency(topologyOf(setup), setup.leader);
}

/** Whose answer completes the quorum where every disk takes its usual time: the members by speed, and which of them decides. */
export function decisionOf({ quorum, leader, roundTrips, syncMs }: CommitSetup): {
  readonly times: readonly { readonly member: number; readonly ms: number }[];
  readonly decider: number;
} {
  const row = roundTrips[leader] as readonly number[];
  const times = row
    .map((ms, member) => ({ member, ms: ms + syncMs }))
    .sort((one, other) => one.ms - other.ms || Number(other.member === leader) - Number(one.member === leader));
  return { times, decider: (times[quorum - 1] as { member: number }).member };
}

/** The value that a share `p` of these, in ascending order, does not exceed; undefined of none. */
export function quantileOf(ascending: readonly number[], p: number): number | undefined {
  return ascending[Math.max(0, Math.ceil(p * ascending.length) - 1)];
}
