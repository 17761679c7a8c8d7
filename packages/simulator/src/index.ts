/**
 * A deterministic world for the production code: virtual time, disks, networks and clocks that fail, and checkers that
 * look after every event. One seed decides everything.
 *
 * @packageDocumentation
 */
export { eventKinds } from "./event-queue.ts";
export type { EventKind, ScheduledEvent, Scope } from "./event-queue.ts";
export { HistoryHash } from "./history-hash.ts";
export { RandomStream, RandomStreams } from "./random-streams.ts";
export { World } from "./world.ts";
export { crashKinds, Drive, healthyDrive } from "./drive.ts";
export type { CrashKind, DiskFaults, DriveSettings } from "./drive.ts";
export { delayShapes, NetworkConditions, perfectLink } from "./network-conditions.ts";
export type { DelayShape, LinkSettings } from "./network-conditions.ts";
export { idealClock } from "./simulated-clock.ts";
export type { ClockSettings } from "./simulated-clock.ts";
export { simulatedHost } from "./simulated-host.ts";
export type { HostParts } from "./simulated-host.ts";
export { SimulatedInternet } from "./simulated-links.ts";
export { SimulatedNetwork } from "./simulated-network.ts";
export { allCheckers, figure3Checkers } from "./checkers/index.ts";
export type { WatchedCluster } from "./checkers/index.ts";
export { ClusterRecord } from "./cluster-record.ts";
export { CoreCluster } from "./core/core-cluster.ts";
export { decodeStateMessage, stateMessages } from "./core/state-courier.ts";
export { simulateCore } from "./core/core-simulation.ts";
export type { CoreSimulationOptions } from "./core/core-simulation.ts";
export { simulate } from "./kit/simulate.ts";
export type { ServiceFailure, SimulateOptions, SimulationReport } from "./kit/simulate.ts";
export { simulationOf } from "./kit/simulation.ts";
export type { SeedRunOptions, Simulation } from "./kit/simulation.ts";
export type { ServiceRun } from "./kit/simulate-service.ts";
export type { MachineMaker, Service, ServicePlace, ServiceWorkload } from "./kit/service.ts";
export * from "./linearizability/index.ts";
export { datagramMarkNames, markNames, Marks, membershipMarkNames, replicaMarkNames } from "./marks.ts";
export type { MarkName } from "./marks.ts";
export { Nemesis } from "./nemesis.ts";
export type { FaultTarget } from "./nemesis.ts";
export { SafetyViolation } from "./observation.ts";
export type { Checker, DurableLog, Observed, ObservedStatus } from "./observation.ts";
export { checkReplay } from "./replay-check.ts";
export { FaultAtlas } from "./fault-atlas.ts";
export { damagedParts, damageFiles, damageKinds } from "./disk-damage.ts";
export type { DamageKind, DiskDamage } from "./disk-damage.ts";
export { blockedLinks, partitionShapes } from "./partitions.ts";
export { plantedBugs } from "./planted-bugs.ts";
export type { PlantedBug } from "./planted-bugs.ts";
export { brokenCoreParts, brokenMemberParts } from "./planted-bugs/broken-parts.ts";
export { ReplicaCluster } from "./replica/replica-cluster.ts";
export { simulateReplicas } from "./replica/replica-simulation.ts";
export type { BrokenParts } from "./replica/replica-cluster.ts";
export type { ReplicaSimulationOptions } from "./replica/replica-simulation.ts";
export { describeEvent, describeRun, describeViolation } from "./reproduction/describe-run.ts";
export { minimize } from "./reproduction/delta-debugging.ts";
export { explainProperty, properties } from "./reproduction/explain-property.ts";
export type { ExternalCall, ExternalEvent } from "./reproduction/external-event.ts";
export { bugOf, recordSeed, replay } from "./reproduction/reproduce.ts";
export type { Recorded, Replay } from "./reproduction/reproduce.ts";
export { formatRunFile, parseRunFile, RunFileError } from "./reproduction/run-file.ts";
export type { RunFile } from "./reproduction/run-file.ts";
export { runPlan, runSeed, worldKinds } from "./reproduction/run-plan.ts";
export type { Play, RunPlan, SeedOptions, WorldKind } from "./reproduction/run-plan.ts";
export { shrink } from "./reproduction/shrink.ts";
export type { Shrunk, ShrinkOptions, ShrinkProgress } from "./reproduction/shrink.ts";
export type { PacketWatcher, SentPacket } from "./simulated-network.ts";
export { CoreClients } from "./core/core-clients.ts";
export type { CoreMember } from "./core/core-member.ts";
export { decodeDisowned } from "./core/start-gate.ts";
export { simulatedAddress } from "./simulated-members.ts";
export { Course } from "./scenarios/course.ts";
export { directedCluster } from "./scenarios/directed-cluster.ts";
export { rolesOf } from "./scenarios/outcome-meter.ts";
export { idsOf } from "./scenarios/perform.ts";
export { connectivityScenarios } from "./scenarios/connectivity.ts";
export { describeExpectation, describeOutcome } from "./scenarios/describe-scenario.ts";
export { directedVariants } from "./scenarios/directed.ts";
export type {
  Condition,
  DirectedAction,
  DirectedExpectation,
  DirectedOutcome,
  DirectedScenario,
  DirectedStep,
  DirectedVariant,
  Setting,
  TermCount,
} from "./scenarios/directed.ts";
export { ElectionHistory } from "./scenarios/election-history.ts";
export { electionScenarios } from "./scenarios/elections.ts";
export { coreScenarios } from "./scenarios/library.ts";
export { logScenarios } from "./scenarios/logs.ts";
export { memberScenarios } from "./scenarios/member-library.ts";
export { runMemberScenario } from "./scenarios/member-run.ts";
export type { MemberScenarioOptions } from "./scenarios/member-run.ts";
export type {
  BrokenMemberVariant,
  MemberAction,
  MemberExpectation,
  MemberOutcome,
  MemberScenario,
  MemberStep,
} from "./scenarios/member-scenario.ts";
export { leaseScenarios } from "./scenarios/leases.ts";
export { jointScenarios } from "./scenarios/joint-changes.ts";
export { membershipScenarios } from "./scenarios/membership.ts";
export { drawPhantomLeader, phantomVariants, runPhantomLeader } from "./scenarios/phantom-leader.ts";
export type { PhantomOptions, PhantomReport, PhantomVariant } from "./scenarios/phantom-leader.ts";
export { readScenarios } from "./scenarios/reads.ts";
export {
  changedShare,
  checkpointOfState,
  sendingOfState,
  standstillMsPerMegabyte,
} from "./scenarios/large-states.ts";
export { stateScenarios } from "./scenarios/states.ts";
export { directedDeviations, runDirected } from "./scenarios/run-directed.ts";
export type { DirectedOptions, DirectedRun } from "./scenarios/run-directed.ts";
export { deviations, memberDeviations } from "./scenarios/expectation.ts";
export { runScenario } from "./scenarios/run-scenario.ts";
export type { ScenarioOptions } from "./scenarios/run-scenario.ts";
export { brokenVariants } from "./scenarios/scenario.ts";
export type {
  Action,
  Bounds,
  BrokenVariant,
  Expectation,
  Outcome,
  Role,
  RoleLinks,
  Scenario,
  Step,
} from "./scenarios/scenario.ts";
export { killPlantedBug, runSeeds } from "./run-seeds.ts";
export type { Kill, SeedFailure, SeedRange, SeedsOptions, SeedsReport } from "./run-seeds.ts";
export { convergenceTimeouts, runSimulation } from "./simulation.ts";
export type { Onlooker, SimulatedCluster, SimulationResult, Violation } from "./simulation.ts";
export type { BrokenLeases } from "./leases/broken-leases.ts";
export { goesOnLeading, leaseKeepingBugs } from "./leases/lease-bugs.ts";
export type { LeaseBug } from "./leases/lease-bugs.ts";
export { simulateLeases } from "./leases/lease-simulation.ts";
export type { LeaseRun, LeaseSimulationOptions } from "./leases/lease-simulation.ts";
export { drawSwarm } from "./swarm.ts";
export { compactionBugs, type CompactionBug } from "./compactions/compaction-bugs.ts";
export {
  simulateCompaction,
  type CompactionRun,
  type CompactionSimulationOptions,
} from "./compactions/compaction-simulation.ts";
export type { BrokenPermissions } from "./permissions/permission-member.ts";
export { permissionBugs, type PermissionBug } from "./permissions/permission-bugs.ts";
export {
  simulatePermissions,
  type PermissionRun,
  type PermissionSimulationOptions,
} from "./permissions/permission-simulation.ts";
export { watchBugs, type WatchBug } from "./watches/watch-bugs.ts";
export { simulateWatches, type WatchRun, type WatchSimulationOptions } from "./watches/watch-simulation.ts";
export {
  killWorkloadBug,
  playWorkload,
  recordWorkloadSeed,
  simulateWorkload,
  workloadBugs,
  workloads,
} from "./workload-bugs.ts";
export type { WorkloadBug, WorkloadName } from "./workload-bugs.ts";
export type { WorkloadOptions, WorkloadRun } from "./workload-run.ts";
export { Workload } from "./workload.ts";
export type { MachineCall, RegisterCall, RegisterPlan, RequestTarget } from "./workload.ts";
export type { FaultPlan, LastingFault, LoadPlan, Pace, StatePlan, SwarmOptions } from "./swarm.ts";
