import { defaultTiming } from "@quorate/raft";
import type { Limits, MemberId } from "@quorate/raft";
import type { MembershipOperation } from "@quorate/replica";
import type { PeerNetwork } from "@quorate/transport";
import { allCheckers } from "../checkers/index.ts";
import type { WatchedCluster } from "../checkers/index.ts";
import { perfectLink } from "../network-conditions.ts";
import { SafetyViolation, violationIn } from "../observation.ts";
import type { Checker } from "../observation.ts";
import { ReplicaClients } from "../replica/replica-clients.ts";
import { ReplicaCluster } from "../replica/replica-cluster.ts";
import type { BrokenParts } from "../replica/replica-cluster.ts";
import { drawSwarm, fastDisk } from "../swarm.ts";
import { simulatedAddress } from "../simulated-members.ts";
import type { StatePlan, SwarmOptions } from "../swarm.ts";
import { World } from "../world.ts";
import type { ElectionHistory } from "./election-history.ts";
import { MemberClients, SeenAnswers } from "./member-clients.ts";
import type { MemberAction, MemberOutcome, MemberScenario, RoleOperation } from "./member-scenario.ts";
import { countReads, OutcomeMeter } from "./outcome-meter.ts";
import type { ReadCount } from "./outcome-meter.ts";
import { idsOf, perform } from "./perform.ts";
import type { IdOf } from "./perform.ts";
import { aroundNetwork } from "./member-traffic.ts";
import type { Role } from "./scenario.ts";

/** As production ships it, in ms. */
const { electionTimeoutMs } = defaultTiming;

/** Everything that a cluster needs to get going, and to get along again in the end; the transport waits a second to reconnect. */
const settleTimeouts = 50;

export interface MemberScenarioOptions {
  /** Every seed must come to the same outcome. */
  readonly seed: number;
  /** What carries the members' messages; the transport unless given. */
  readonly carrier?: SwarmOptions["carrier"];
  readonly parts?: BrokenParts;
  /** Of all members, where they are not as shipped. */
  readonly limits?: Partial<Limits>;
  /** Names of checkers that do not look, beside those that the scenario names. */
  readonly unwatched?: readonly string[];
  readonly trace?: (line: string) => void;
  /** Made for the run's world, it is told of everything, and of the steps. */
  readonly history?: (world: World) => ElectionHistory;
}

/**
 * Runs a scenario of production members from when they have a leader that all follow, heals everything, and asks whether
 * what was acknowledged is there and what clients saw has an order.
 */
export function runMemberScenario(scenario: MemberScenario, options: MemberScenarioOptions): MemberOutcome {
  const world = new World(options.seed);
  world.trace = options.trace;
  const count = scenario.members + (scenario.spares ?? 0);
  const seen = new SeenAnswers(Array.from({ length: count }, (_, at) => at + 1));
  const history = options.history?.(world);
  const { cluster, swarm, reads, traffic } = quietMembers(world, scenario, options, { seen, history });
  const clients = new ReplicaClients(cluster, swarm);
  const asking = new MemberClients(cluster, clients, electionTimeoutMs, seen);
  const converge = (what: string): void => {
    if (world.runUntil(() => cluster.hasConverged(), settleTimeouts * electionTimeoutMs)) return;
    throw new SafetyViolation("liveness", `${what}: ${cluster.describe()}`);
  };
  for (const id of cluster.ids) cluster.start(id);
  const early = violationIn(() => converge("no leader to begin with"));
  const meter = new OutcomeMeter({
    cluster,
    electionTimeoutMs,
    served: () => seen.acknowledged,
    traffic: () => ({ ...traffic }),
    reads,
  });
  let violation = early;
  if (early === undefined) {
    const idOf = idsOf(meter.roles);
    for (const step of scenario.steps) {
      const act = (): void => {
        if (step.do === "administer") clients.administer(idOf(step.by), operationOf(step.operation, idOf));
        else performOnMembers(cluster, step, idOf);
        history?.stepDone(step.do, cluster.leader());
      };
      world.schedule(step.at * electionTimeoutMs, "fault", world.outside, act, undefined);
    }
    cluster.expected = new Set(cluster.ids.filter((id) => !(scenario.gone ?? []).some((role) => idOf(role) === id)));
    asking.begin();
    violation = violationIn(() => world.run(scenario.lasts * electionTimeoutMs));
  }
  const outcome = meter.outcome(violation);
  asking.stop();
  const inTheEnd =
    violation ??
    violationIn(() => {
      heal(cluster);
      converge("does not get along again when all is healed");
      clients.checkAtTheEnd();
    });
  const order = violationIn(() => clients.checkHistories());
  const { marks } = cluster.record;
  return {
    ...outcome,
    violation: inTheEnd ?? order,
    longestWrite: byRole(meter.roles, (id) => asking.longestWrite(id)),
    longestRead: byRole(meter.roles, (id) => asking.longestRead(id)),
    acknowledged: seen.acknowledged,
    stoppedByDisk: marks.count("disk error stopped a member") + marks.count("start failed for its disk"),
    quarantined: marks.count("quarantine entered"),
    healed: marks.count("quarantine left"),
    linearizable: order === undefined,
  };
}

/** Nothing is kept behind a checkpoint. */
const prunedLogs: StatePlan = { keptEntries: 0, stateBytes: 1_000_000, chunks: 1 };

interface Traffic {
  messages: number;
  bytes: number;
}

/** Production members with equal clocks and fast disks, in a network without a fault. */
function quietMembers(
  world: World,
  { members, spares = 0, prunes = false, unwatched: never = [] }: MemberScenario,
  { carrier = "transport", parts = {}, limits = {}, unwatched = [] }: MemberScenarioOptions,
  { seen, history }: { readonly seen: SeenAnswers; readonly history: ElectionHistory | undefined },
): { cluster: ReplicaCluster; swarm: SwarmOptions; reads: ReadCount; traffic: Traffic } {
  const drawn = drawSwarm(world.streams.stream("swarm"));
  const swarm: SwarmOptions = {
    ...drawn,
    members,
    timing: defaultTiming,
    limits,
    link: perfectLink,
    clockRates: Array.from({ length: members }, () => 1),
    gatherMs: 0,
    disk: fastDisk,
    faults: {},
    leftBehind: [],
    ...(spares === 0 ? {} : { operators: { spareClockRates: Array.from({ length: spares }, () => 1) } }),
    ...(prunes ? { states: prunedLogs } : {}),
    carrier,
    registers: { ...drawn.registers, giveUpMs: 2 * electionTimeoutMs },
  };
  const traffic = { messages: 0, bytes: 0 };
  let reads: ReadCount = { answered: 0, stale: 0 };
  const checkers = (watched: WatchedCluster): readonly Checker[] => {
    const { checker, count } = countReads(watched.committed);
    reads = count;
    // Stale reads are counted instead.
    const silent = new Set(["read freshness", ...never, ...unwatched]);
    const watching = [...allCheckers(watched).filter(({ name }) => !silent.has(name)), checker];
    return history === undefined ? watching : [...watching, history];
  };
  const network = (sound: PeerNetwork): PeerNetwork => {
    const broken = parts.network?.(sound) ?? sound;
    return aroundNetwork(broken, (bytes) => {
      traffic.messages++;
      traffic.bytes += bytes;
    });
  };
  const cluster = new ReplicaCluster(world, swarm, {
    ...parts,
    checkers,
    network,
    replica: (replica) => seen.watch(parts.replica?.(replica) ?? replica),
  });
  return { cluster, swarm, reads, traffic };
}

function operationOf(operation: RoleOperation, idOf: IdOf): MembershipOperation {
  if ("add" in operation) return { kind: "add", member: simulatedAddress(idOf(operation.add)), isPromotable: true };
  if ("remove" in operation) return { kind: "remove", id: idOf(operation.remove) };
  return { kind: "voters", voters: operation.voters.map(idOf) };
}

function performOnMembers(
  cluster: ReplicaCluster,
  action: Exclude<MemberAction, { readonly do: "administer" }>,
  idOf: IdOf,
): void {
  switch (action.do) {
    case "power-cut":
      for (const id of action.who.map(idOf)) cluster.crash(id, "power cut");
      return;
    case "fail-disk": {
      const { meanSync, ...faults } = action.faults;
      const pace = meanSync === undefined ? {} : { meanSyncMs: meanSync * electionTimeoutMs };
      for (const role of action.who) cluster.failDisk(idOf(role), { ...faults, ...pace });
      return;
    }
    case "heal-disk":
      for (const role of action.who) cluster.failDisk(idOf(role), {});
      return;
    case "damage-log": {
      const random = cluster.world.streams.stream("scenario: damage");
      for (const role of action.who) {
        const place = { file: random.next(), place: random.next(), bytes: random.next() };
        cluster.damageDisk(idOf(role), { kind: action.kind, ...place });
      }
      return;
    }
    case "wipe-disk":
      for (const role of action.who) cluster.wipeDisk(idOf(role));
      return;
    case "copy-disk":
      for (const role of action.who) cluster.copyDisk(idOf(role));
      return;
    case "restore-disk":
      for (const role of action.who) cluster.restoreDisk(idOf(role));
      return;
    case "block":
    case "crash":
    case "cut":
    case "delay":
    case "heal":
    case "jump-clock":
    case "mend":
    case "pause":
    case "resume":
    case "slow":
    case "stall-disk":
    case "start":
    case "suspend":
    case "unblock":
      perform(cluster, action, idOf, electionTimeoutMs);
  }
}

/** Whatever was done is over, and every process runs. */
function heal(cluster: ReplicaCluster): void {
  cluster.conditions.heal();
  cluster.conditions.setAll(perfectLink);
  cluster.healDisks();
  for (const id of cluster.ids) {
    cluster.failDisk(id, {});
    cluster.slow(id, 0);
    cluster.resume(id);
    cluster.start(id);
  }
}

function byRole<T>(roles: ReadonlyMap<Role, MemberId>, of: (id: MemberId) => T): Partial<Record<Role, T>> {
  return Object.fromEntries([...roles].map(([role, id]) => [role, of(id)]));
}
