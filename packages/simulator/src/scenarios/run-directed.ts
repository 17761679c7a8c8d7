import { allCheckers, figure3Checkers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import { violationIn } from "../observation.ts";
import type { Checker } from "../observation.ts";
import { World } from "../world.ts";
import { Course } from "./course.ts";
import { directedCluster } from "./directed-cluster.ts";
import type { DirectedExpectation, DirectedOutcome, DirectedScenario, DirectedVariant } from "./directed.ts";
import { ElectionHistory } from "./election-history.ts";
import { deviations } from "./expectation.ts";
import { countReads, OutcomeMeter } from "./outcome-meter.ts";
import type { ReadCount } from "./outcome-meter.ts";
import { idsOf } from "./perform.ts";

/** Everything that a cluster needs to get going, in election timeouts. */
const settleTimeouts = 50;

export interface DirectedOptions {
  /** For whatever the scenario leaves to chance: every seed must come to the same outcome. */
  readonly seed: number;
  /** One of the scenario's variants, or any other. */
  readonly broken?: DirectedVariant | undefined;
  readonly trace?: ((line: string) => void) | undefined;
}

/** What came of a scenario, and how. */
export interface DirectedRun {
  readonly outcome: DirectedOutcome;
  readonly history: ElectionHistory;
  /** Reads that a leader answered by its clock. */
  readonly readsByClock: number;
}

/** Runs a scenario from when its cluster has a leader that everybody follows, step after step. */
export function runDirected(scenario: DirectedScenario, { seed, broken, trace }: DirectedOptions): DirectedRun {
  const setting = { ...scenario.setting, ...broken?.setting };
  const { electionTimeoutMs = 100 } = setting;
  const world = new World(seed);
  world.trace = trace;
  const history = new ElectionHistory(world, { voters: scenario.members, electionTimeoutMs });
  const rejections = { count: 0 };
  let reads: ReadCount = { answered: 0, stale: 0 };
  const checkers = (watched: WatchedCluster): Checker[] => {
    const { checker, count } = countReads(watched.committed);
    reads = count;
    const usual = broken === undefined ? allCheckers(watched) : figure3Checkers(watched);
    const unwatched = new Set(["read freshness", ...(broken?.unwatched ?? [])]);
    return [...usual.filter(({ name }) => !unwatched.has(name)), checker, countRejections(rejections), history];
  };
  const { members } = scenario;
  const { cluster, patience } = directedCluster(world, { members, electionTimeoutMs, setting, broken, checkers });
  const course = new Course(world, cluster, { setting, patience, electionTimeoutMs, history });
  let settled = false;
  const early = violationOf(() => {
    for (const id of cluster.ids) cluster.start(id);
    settled = world.runUntil(() => cluster.hasConverged(), settleTimeouts * electionTimeoutMs);
  });
  let unasked = 0;
  const meter = new OutcomeMeter({
    cluster,
    electionTimeoutMs,
    // While nobody asks for anything, everything that was asked for is served.
    served: () => cluster.record.committed.lastIndex + (course.isAsking ? unasked : ++unasked),
    traffic: () => ({ messages: cluster.network.counts.sent, bytes: cluster.network.counts.bytes }),
    reads,
  });
  const { steps, lasts } = scenario;
  const violation = settled
    ? violationOf(() => course.follow(steps, lasts, idsOf(meter.roles)))
    : (early ?? "liveness: no leader to begin with");
  const readsByClock = cluster.record.marks.count("read answered by the clock");
  return { outcome: { ...meter.outcome(violation), rejections: rejections.count }, history, readsByClock };
}

/** What of an outcome is not as expected, as sentences; none when it is. */
export function directedDeviations(outcome: DirectedOutcome, expected: DirectedExpectation): string[] {
  const found = deviations(outcome, expected);
  const { rejections } = expected;
  if (rejections !== undefined && (outcome.rejections < rejections.least || outcome.rejections > rejections.most)) {
    found.push(`rejections is ${outcome.rejections}, not ${rejections.least} to ${rejections.most}`);
  }
  return found;
}

function countRejections(rejections: { count: number }): Checker {
  return {
    name: "rejection count",
    sent(_member, _to, message) {
      if (message.type === "append-rejected" && message.rejected > 0) rejections.count++;
    },
  };
}

/** What a checker found, or what the core itself noticed. */
function violationOf(run: () => void): string | undefined {
  try {
    return violationIn(run);
  } catch (error) {
    if (error instanceof Error && error.name === "InvariantViolation") return `invariant: ${error.message}`;
    throw error;
  }
}
