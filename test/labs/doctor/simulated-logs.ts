import type { LogFields, Logger } from "@quorate/host";
import { defaultTiming, type MemberId, type Rules } from "@quorate/raft";
import {
  drawSwarm,
  perfectLink,
  ReplicaCluster,
  World,
  type RandomStream,
  type SwarmOptions,
  type BrokenParts,
} from "@quorate/simulator";
import { ReplicaClients } from "../../../packages/simulator/src/replica/replica-clients.ts";
import { createLogger } from "../../../packages/cli/src/serve/logger.ts";

/** A cluster of production members in a made-up world, whose logs are kept as `quorate serve` would write them. */
export interface LoggedCluster {
  readonly world: World;
  readonly cluster: ReplicaCluster;
  readonly clients: ReplicaClients;
  readonly random: RandomStream;
  readonly electionTimeoutMs: number;
  /** Proposes so many commands of so many bytes (4 or more), if somebody leads. */
  write(count: number, bytes: number): void;
  /** The members' logs, by name. Clocks differ by `skewMs`. */
  logs(): Readonly<Record<string, string>>;
  /** How far ahead each member's clock is, by its id. */
  readonly skewMs: ReadonlyMap<MemberId, number>;
  /** What truly happened, seen from above. */
  readonly seen: Seen;
}

/** What nobody needs a log to know. */
export interface Seen {
  /** Elections that were won, but for the first, and but for handovers that were asked for; with their times. */
  readonly changes: readonly number[];
  /** For how long two members took themselves for leaders at the same time, at most, in ms. */
  readonly overlapMs: number;
  /** For how long nobody led, at most, after somebody had, in ms. */
  readonly leaderlessMs: number;
  /** For how long the newest configuration that any member has was joint, at most, in ms. */
  readonly jointMs: number;
}

export interface LoggedOptions {
  readonly seed: number;
  readonly rules?: Rules;
  /** The log behind a checkpoint is short, and who lacks more gets the state. */
  readonly isPruned?: boolean;
  readonly members?: number;
}

/** The members' logs begin at this time. */
const beganAt = Date.UTC(2026, 0, 1);

export function loggedCluster(options: LoggedOptions): LoggedCluster {
  const world = new World(options.seed);
  const random = world.streams.stream("incident");
  const members = options.members ?? (random.chance(0.5) ? 3 : 5);
  const electionTimeoutMs = random.pick([500, 1000, 1000, 2000]);
  const drawn = drawSwarm(world.streams.stream("swarm"));
  const { operators: _, states: __, ...rest } = drawn;
  const swarm: SwarmOptions = {
    ...rest,
    members,
    timing: { ...defaultTiming, electionTimeoutMs },
    limits: {},
    link: {
      ...perfectLink,
      minDelayMs: random.between(0.05, electionTimeoutMs / 60),
      meanDelayMs: random.between(0.05, 2),
    },
    clockRates: Array.from({ length: members }, () => random.between(0.999, 1.001)),
    gatherMs: 0,
    disk: { meanSyncMs: random.between(0.1, 3), stallProbability: 0, meanStallMs: 0 },
    faults: {},
    leftBehind: [],
    carrier: random.chance(0.5) ? "messages" : "transport",
    ...(options.isPruned === true ? { states: { keptEntries: 20, stateBytes: 2000, chunks: 3 } } : {}),
  };
  const isSkewed = random.chance(0.5);
  const skewMs = new Map<MemberId, number>();
  const lines = new Map<MemberId, string[]>();
  for (let id = 1; id <= members; id++) {
    skewMs.set(id, isSkewed ? random.between(-150, 150) : 0);
    lines.set(id, []);
  }
  const parts: BrokenParts = {
    ...(options.rules === undefined ? {} : { rules: options.rules }),
    checkers: () => [],
    logger: (id) => loggerOf(id, world, skewMs.get(id) ?? 0, lines.get(id) ?? []),
  };
  const cluster = new ReplicaCluster(world, swarm, parts);
  const clients = new ReplicaClients(cluster, swarm);
  const seen = watch(world, cluster, electionTimeoutMs);
  let next = 1;
  return {
    write: (count, bytes) => {
      const leads = cluster.leader();
      if (leads === 0) return;
      for (let left = count; left > 0; left--) clients.submit(leads, next++, [bytes]);
    },
    world,
    cluster,
    clients,
    random,
    electionTimeoutMs,
    skewMs,
    seen,
    logs: () => Object.fromEntries([...lines].map(([id, text]) => [`member-${id}.log`, text.join("")])),
  };
}

/** As `quorate serve` logs, but for the time, which is that of the world. */
function loggerOf(id: MemberId, world: World, skewMs: number, lines: string[]): Logger {
  const write = (text: string): void => {
    const time = new Date(beganAt + world.nowMs + skewMs).toISOString();
    lines.push(text.replace(/"time":"[^"]*"/, `"time":"${time}"`));
  };
  const logger = createLogger({ level: "info", format: "json", colour: false, member: `m${id}`, write });
  logger.info("starting", { version: "0.1.0" } satisfies LogFields);
  return logger;
}

/** Looks this often in an election timeout. */
const looks = 20;

function watch(world: World, cluster: ReplicaCluster, electionTimeoutMs: number): Seen {
  const seen = { changes: [] as number[], overlapMs: 0, leaderlessMs: 0, jointMs: 0 };
  let newest = 0;
  let overlapSince: number | undefined;
  let leaderlessSince: number | undefined;
  let jointSince: number | undefined;
  const look = (): void => {
    const leaders = cluster.members.filter(({ status }) => status?.role === "leader");
    const term = Math.max(0, ...leaders.map(({ status }) => status?.term ?? 0));
    if (term > newest) {
      if (newest > 0) seen.changes.push(world.nowMs);
      newest = term;
    }
    overlapSince = leaders.length > 1 ? (overlapSince ?? world.nowMs) : undefined;
    if (overlapSince !== undefined) seen.overlapMs = Math.max(seen.overlapMs, world.nowMs - overlapSince);
    leaderlessSince = leaders.length === 0 && newest > 0 ? (leaderlessSince ?? world.nowMs) : undefined;
    if (leaderlessSince !== undefined) seen.leaderlessMs = Math.max(seen.leaderlessMs, world.nowMs - leaderlessSince);
    const newestStatus = cluster.members
      .flatMap(({ status }) => status ?? [])
      .sort((a, b) => b.configurationIndex - a.configurationIndex)[0];
    const isJoint = (newestStatus?.configuration.outgoing.length ?? 0) > 0;
    jointSince = isJoint ? (jointSince ?? world.nowMs) : undefined;
    if (jointSince !== undefined) seen.jointMs = Math.max(seen.jointMs, world.nowMs - jointSince);
    world.schedule(electionTimeoutMs / looks, "fault", world.outside, look, undefined);
  };
  look();
  return seen;
}
