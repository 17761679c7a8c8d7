import { realRules } from "@quorate/raft";
import type { MemberId, Rules } from "@quorate/raft";
import { allCheckers } from "../checkers/index.ts";
import { CoreClients } from "../core/core-clients.ts";
import { CoreCluster } from "../core/core-cluster.ts";
import { perfectLink } from "../network-conditions.ts";
import { SafetyViolation } from "../observation.ts";
import { drawSwarm, fastDisk } from "../swarm.ts";
import { World } from "../world.ts";
import { roleNames } from "./scenario.ts";
import type { Expectation, Outcome, Role, Scenario, Step } from "./scenario.ts";

const electionTimeoutMs = 100;

/** Everything that a cluster needs to get going, and at the end the time in which it must be seen to serve. */
const settleTimeouts = 50;
const servingTimeouts = 3;

export interface ScenarioOptions {
  /** For the jitter of election timers: every seed must come to the same outcome. */
  readonly seed: number;
  /** Rules that are broken; the others are the real ones. */
  readonly rules?: Partial<Rules>;
  readonly trace?: (line: string) => void;
}

/** Runs a scenario from when its cluster has a leader that everybody follows. */
export function runScenario(scenario: Scenario, { seed, rules, trace }: ScenarioOptions): Outcome {
  const world = new World(seed);
  world.trace = trace;
  const cluster = quietCluster(world, scenario.members, { ...realRules, ...rules });
  for (const id of cluster.ids) cluster.start(id);
  if (!world.runUntil(() => cluster.hasConverged(), settleTimeouts * electionTimeoutMs)) {
    return { leaderChanges: 0, termGrowth: 0, serves: false, violation: "no leader to begin with" };
  }
  const { record } = cluster;
  const elections = record.elections;
  const term = newestTerm(cluster);
  plan(world, cluster, scenario.steps);
  proposeAllTheTime(world, cluster);
  let violation: string | undefined;
  let before = 0;
  try {
    world.run((scenario.lasts - servingTimeouts) * electionTimeoutMs);
    before = record.committed.lastIndex;
    world.run(servingTimeouts * electionTimeoutMs);
  } catch (error) {
    if (!(error instanceof SafetyViolation)) throw error;
    violation = error.message;
  }
  return {
    leaderChanges: record.elections - elections,
    termGrowth: newestTerm(cluster) - term,
    serves: violation === undefined && record.committed.lastIndex > before,
    violation,
  };
}

/** What of an outcome is not as expected, as sentences; none when it is. */
export function deviations(outcome: Outcome, expected: Expectation): string[] {
  const found: string[] = [];
  for (const name of ["leaderChanges", "termGrowth"] as const) {
    const bounds = expected[name];
    if (bounds === undefined || (outcome[name] >= bounds.least && outcome[name] <= bounds.most)) continue;
    found.push(`${name} is ${outcome[name]}, not ${bounds.least} to ${bounds.most}`);
  }
  if (expected.serves !== undefined && expected.serves !== outcome.serves) {
    found.push(outcome.serves ? "it serves" : "it does not serve");
  }
  return found;
}

/** Members with equal clocks and fast disks, in a network without a fault. */
function quietCluster(world: World, members: number, rules: Rules): CoreCluster {
  const swarm = {
    ...drawSwarm(world.streams.stream("swarm")),
    members,
    timing: { electionTimeoutMs, clockDriftPpm: 0 },
    limits: {},
    link: perfectLink,
    clockRates: Array.from({ length: members }, () => 1),
    gatherMs: 0,
    disk: fastDisk,
    leftBehind: [],
  };
  return new CoreCluster(world, { swarm, rules, checkers: allCheckers });
}

function plan(world: World, cluster: CoreCluster, steps: readonly Step[]): void {
  const leader = cluster.leader();
  const ids = [leader, ...cluster.ids.filter((id) => id !== leader)];
  const idOf = (role: Role): MemberId => {
    const id = ids[roleNames.indexOf(role)];
    if (id === undefined) throw new RangeError(`there is no "${role}" among ${ids.length} members`);
    return id;
  };
  for (const step of steps) {
    const act = (): void => perform(cluster, step, idOf);
    world.schedule(step.at * electionTimeoutMs, "fault", world.outside, act, undefined);
  }
}

function perform(cluster: CoreCluster, step: Step, idOf: (role: Role) => MemberId): void {
  switch (step.do) {
    case "cut":
      for (const [one, other] of step.links) {
        cluster.conditions.block(idOf(one), idOf(other));
        cluster.conditions.block(idOf(other), idOf(one));
      }
      return;
    case "block":
      for (const [from, to] of step.links) cluster.conditions.block(idOf(from), idOf(to));
      return;
    case "heal":
      cluster.conditions.heal();
      return;
    case "crash":
    case "start":
    case "pause":
    case "resume":
      for (const role of step.who) cluster[step.do](idOf(role));
  }
}

/** One command after the other, to every member that takes one: whoever leads, somebody asks it. */
function proposeAllTheTime(world: World, cluster: CoreCluster): void {
  const clients = new CoreClients(cluster);
  let number = 0;
  const next = (): void => {
    for (const id of cluster.ids) clients.submit(id, ++number, [8]);
    world.schedule(electionTimeoutMs / 4, "client", world.outside, next, undefined);
  };
  next();
}

function newestTerm(cluster: CoreCluster): number {
  return Math.max(...cluster.members.map((member) => member.status?.term ?? 0));
}
