import { createRaft, entryKinds, makeEntry, realRules } from "@quorate/raft";
import type { Entry, MemberId, Rules } from "@quorate/raft";
import type { WatchedCluster } from "../checkers/index.ts";
import { CoreCluster } from "../core/core-cluster.ts";
import type { CoreMember } from "../core/core-member.ts";
import { perfectLink } from "../network-conditions.ts";
import type { Checker } from "../observation.ts";
import { drawSwarm, fastDisk } from "../swarm.ts";
import type { World } from "../world.ts";
import { roleNames } from "./scenario.ts";
import type { DirectedVariant, Setting, TermCount } from "./directed.ts";

/** What election timers are drawn from, as shares of the window from 0 to 1. */
export interface Patience {
  /** Up to this share. */
  spread: number;
  /** By member: always this share. */
  readonly of: Map<MemberId, number>;
}

export interface DirectedClusterParts {
  readonly members: number;
  readonly electionTimeoutMs: number;
  readonly setting: Setting;
  readonly broken: DirectedVariant | undefined;
  readonly checkers: (watched: WatchedCluster) => readonly Checker[];
  /** What a member's core asks in place of its rules: the same, with each answer written down, say. */
  readonly watchRules?: (id: MemberId, rules: Rules) => Rules;
}

/** Members with equal clocks and fast disks in a network without a fault, whose timers can be told what to draw. */
export function directedCluster(
  world: World,
  { members, electionTimeoutMs, setting, broken, checkers, watchRules }: DirectedClusterParts,
): { readonly cluster: CoreCluster; readonly patience: Patience } {
  const { link, limits = {}, logs, clockRates, clockDriftPpm = 0, spares = 0, states, knowsStarts = false } = setting;
  const makeCore = broken?.createCore ?? createRaft;
  const patience: Patience = { spread: 1, of: new Map() };
  const swarm = {
    ...drawSwarm(world.streams.stream("swarm")),
    members,
    timing: { electionTimeoutMs, clockDriftPpm },
    limits,
    link: { ...perfectLink, style: "datagrams" as const, ...link },
    clockRates: clockRates ?? Array.from({ length: members }, () => 1),
    operators: { spareClockRates: Array.from({ length: spares }, () => 1) },
    ...(states === undefined ? {} : { states }),
    gatherMs: 0,
    disk: fastDisk,
    leftBehind: [],
  };
  const cluster = new CoreCluster(world, {
    swarm,
    rules: { ...realRules, ...broken?.rules },
    ...(broken?.distort === undefined ? {} : { distort: broken.distort }),
    ...(broken?.deviceBugs === undefined ? {} : { deviceBugs: broken.deviceBugs }),
    createCore: (options) => {
      const { id, rules = realRules } = options;
      return makeCore({
        ...options,
        rules: watchRules === undefined ? rules : watchRules(id, rules),
        random: () => patience.of.get(id) ?? patience.spread * options.random(),
      });
    },
    knowsStarts,
    checkers,
  });
  if (logs !== undefined) {
    for (const member of cluster.members) fillLog(member, logs[roleNames[member.id - 1] as "leader"] ?? []);
  }
  // Whoever is to lead stands first.
  if (logs !== undefined || clockRates !== undefined) {
    for (const id of cluster.ids) patience.of.set(id, id === 1 ? 0 : 0.9);
  }
  return { cluster, patience };
}

/** What its disk holds at its first start: the entries of one term and index are the same in every log. */
function fillLog({ durable }: CoreMember, counts: readonly TermCount[]): void {
  const entries: Entry[] = [];
  for (const { term, count } of counts) {
    for (let left = count; left > 0; left--) {
      entries.push(makeEntry(entries.length + 1, term, entryKinds.command, new Uint8Array(8)));
    }
  }
  const term = counts.at(-1)?.term ?? 0;
  durable.add({
    type: "persist",
    sequence: 0,
    truncateFrom: undefined,
    entries,
    hardState: { term, vote: 0, commit: 0 },
  });
  durable.beginSync();
  durable.finishSync();
}
