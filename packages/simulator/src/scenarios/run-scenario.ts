import { realRules } from "@quorate/raft";
import type { Rules } from "@quorate/raft";
import { allCheckers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import { CoreClients } from "../core/core-clients.ts";
import { CoreCluster } from "../core/core-cluster.ts";
import { perfectLink } from "../network-conditions.ts";
import type { LinkSettings } from "../network-conditions.ts";
import { SafetyViolation, violationIn } from "../observation.ts";
import type { Checker } from "../observation.ts";
import { drawSwarm, fastDisk } from "../swarm.ts";
import { World } from "../world.ts";
import { countReads, OutcomeMeter, sampleTimeouts } from "./outcome-meter.ts";
import type { ReadCount } from "./outcome-meter.ts";
import { idsOf, perform } from "./perform.ts";
import type { Outcome, Scenario } from "./scenario.ts";

const electionTimeoutMs = 100;

/** Everything that a cluster needs to get going. */
const settleTimeouts = 50;

export interface ScenarioOptions {
  /** For the jitter of election timers: every seed must come to the same outcome. */
  readonly seed: number;
  /** Rules that are broken; the others are the real ones. */
  readonly rules?: Partial<Rules>;
  /** Names of checkers that do not look. */
  readonly unwatched?: readonly string[];
  /**
   * How links lose messages; `datagrams` unless given, where a link that is blocked in one direction carries the other.
   * A `stream` that is blocked in one direction breaks, and so carries nothing.
   */
  readonly style?: LinkSettings["style"];
  readonly trace?: (line: string) => void;
}

/** Runs a scenario from when its cluster has a leader that everybody follows. */
export function runScenario(scenario: Scenario, options: ScenarioOptions): Outcome {
  const world = new World(options.seed);
  world.trace = options.trace;
  const { cluster, reads } = quietCluster(world, scenario.members, options);
  for (const id of cluster.ids) cluster.start(id);
  const early = violationIn(() => {
    if (world.runUntil(() => cluster.hasConverged(), settleTimeouts * electionTimeoutMs)) return;
    throw new SafetyViolation("liveness", "no leader to begin with");
  });
  const meter = new OutcomeMeter({
    cluster,
    electionTimeoutMs,
    served: () => cluster.record.committed.lastIndex,
    traffic: () => ({ messages: cluster.network.counts.sent, bytes: cluster.network.counts.bytes }),
    reads,
  });
  if (early !== undefined) return meter.outcome(early);
  const idOf = idsOf(meter.roles);
  for (const step of scenario.steps) {
    const act = (): void => perform(cluster, step, idOf, electionTimeoutMs);
    world.schedule(step.at * electionTimeoutMs, "fault", world.outside, act, undefined);
  }
  askAllTheTime(world, cluster);
  return meter.outcome(violationIn(() => world.run(scenario.lasts * electionTimeoutMs)));
}

/** Members with equal clocks and fast disks, in a network without a fault. */
function quietCluster(
  world: World,
  members: number,
  { rules, style, unwatched = [] }: ScenarioOptions,
): { cluster: CoreCluster; reads: ReadCount } {
  const swarm = {
    ...drawSwarm(world.streams.stream("swarm")),
    members,
    timing: { electionTimeoutMs, clockDriftPpm: 0 },
    limits: {},
    link: { ...perfectLink, style: style ?? "datagrams" },
    clockRates: Array.from({ length: members }, () => 1),
    gatherMs: 0,
    disk: fastDisk,
    leftBehind: [],
  };
  let reads: ReadCount = { answered: 0, stale: 0 };
  const checkers = (watched: WatchedCluster): Checker[] => {
    const { checker, count } = countReads(watched.committed);
    reads = count;
    // Stale reads are counted instead.
    const silent = new Set(["read freshness", ...unwatched]);
    return [...allCheckers(watched).filter(({ name }) => !silent.has(name)), checker];
  };
  const cluster = new CoreCluster(world, { swarm, rules: { ...realRules, ...rules }, checkers });
  return { cluster, reads };
}

/** A command and a read at a time, to every member that takes one: whoever leads, somebody asks it. */
function askAllTheTime(world: World, cluster: CoreCluster): void {
  const clients = new CoreClients(cluster);
  let commands = 0;
  let reads = 0;
  const next = (): void => {
    for (const id of cluster.ids) {
      clients.submit(id, ++commands, [8]);
      clients.ask(id, ++reads);
    }
    world.schedule(sampleTimeouts * electionTimeoutMs, "client", world.outside, next, undefined);
  };
  next();
}
