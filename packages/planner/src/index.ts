/**
 * The arithmetic of consensus: what a quorum tolerates and what a wrong one risks, how often a cluster is available, how long
 * commits and elections take. Functions of their arguments: no I/O, no clock, no randomness of their own. docs/planner.md
 * derives each formula.
 *
 * @packageDocumentation
 */
export { PlannerError } from "./planner-error.ts";
export { majority, mostMembers, quorumFacts, type QuorumFacts } from "./quorum.ts";
export { jointFacts, type JointChange, type JointFacts } from "./joint.ts";
export { countSplits, type SplitCounts } from "./splits.ts";
export { mostNodes, partitionRisk, uniformLinks, type Network, type PartitionRisk } from "./partitions.ts";
export { atLeast, binomialTail, countDistribution } from "./counting.ts";
export {
  failureFrequency,
  neverFails,
  unavailability,
  withAvailability,
  type Repairable,
} from "./repair.ts";
export {
  availabilityOf,
  equalMachines,
  hoursPerYear,
  zonedMachines,
  type Availability,
  type Deployment,
  type Machine,
} from "./availability.ts";
export {
  bucketedTimes,
  fixedTime,
  measuredTimes,
  medianAndTail,
  shiftedExponential,
  type Bucket,
  type Distribution,
} from "./distribution.ts";
export { normalCdf, normalQuantile } from "./normal.ts";
export { scaled, sumOf } from "./sum.ts";
export { orderStatistic } from "./order-statistic.ts";
export {
  commitLatency,
  compareLatency,
  compareLeaders,
  mostTimedMembers,
  percentilesOf,
  slowMembers,
  uniformTopology,
  type LeaderLatency,
  type Percentiles,
  type SlowEffect,
  type Topology,
} from "./commit-latency.ts";
export {
  rivalMs,
  rivalProbability,
  splitVoteProbability,
  windowForSplitVote,
  type Electorate,
} from "./split-vote.ts";
export { electionTime, type Election, type ElectionTime } from "./election-time.ts";
export {
  simulateElection,
  type Random,
  type SimulatedElection,
  type SimulatedOutcome,
} from "./election-simulation.ts";
export { leastTimeoutMs, mostTimeoutMs, suggestTiming, windowOf, type Broadcast, type Timing } from "./timing.ts";
