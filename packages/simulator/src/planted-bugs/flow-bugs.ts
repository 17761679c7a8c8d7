import { createRaft } from "@quorate/raft";
import type { Entry, Limits, MemberId, PersistEffect } from "@quorate/raft";
import type { CoreFactory } from "../core/core-member-options.ts";
import { aroundCore, aroundDisk, withRecords } from "./around.ts";
import { withFlood, withPrunedMembers, withSmallCaches } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** A core that does not keep to some of the limits that it was given. */
function heedless(limits: Partial<Limits>): CoreFactory {
  return (options) => createRaft({ ...options, limits: { ...options.limits, ...limits } });
}

/** What a leader has in flight, what waits, and what its own log goes through. */
export const flowBugs: readonly PlantedBug[] = [
  {
    name: "the window of appends in flight never closes",
    breaks: "limits",
    createCore: heedless({ maxInflightAppends: Number.POSITIVE_INFINITY }),
    adjust: withFlood,
    caughtBy: ["bounded queues"],
    seeds: 50,
  },
  {
    name: "bytes in flight are not counted",
    breaks: "limits",
    createCore: heedless({ maxInflightBytes: Number.POSITIVE_INFINITY }),
    adjust: (swarm) => {
      const flood = withFlood(swarm);
      return { ...flood, limits: { ...flood.limits, maxUncommittedBytes: 100_000, maxInflightAppends: 256 } };
    },
    caughtBy: ["bounded queues"],
    seeds: 50,
  },
  {
    name: "any number of reads may wait",
    breaks: "limits",
    createCore: heedless({ maxPendingReads: Number.POSITIVE_INFINITY }),
    adjust: withFlood,
    caughtBy: ["bounded queues"],
    seeds: 50,
  },
  {
    name: "a leader takes proposals without a bound",
    breaks: "limits",
    createCore: heedless({
      maxUncommittedBytes: Number.POSITIVE_INFINITY,
      maxUncommittedEntries: Number.POSITIVE_INFINITY,
    }),
    adjust: withFlood,
    caughtBy: ["bounded queues"],
    seeds: 50,
  },
  {
    name: "the window of appends in flight never opens again",
    breaks: "core",
    createCore: aroundCore((core) => {
      const sent = new Map<MemberId, number>();
      return {
        takeEffects: () =>
          core.takeEffects().filter((effect) => {
            if (effect.type !== "send" || effect.message.type !== "append") return true;
            const before = sent.get(effect.to) ?? 0;
            if (effect.message.entries.length > 0) sent.set(effect.to, before + 1);
            return before < windowThatStaysShut;
          }),
      };
    }),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "a leader writes its uncommitted entries anew with every append",
    breaks: "core",
    createCore: (options) => {
      const core = createRaft(options);
      let tail: Entry[] = [];
      let ledTerm = 0;
      const rewritten = (effect: PersistEffect): PersistEffect => {
        const { role, term, commitIndex } = core.status();
        if (role !== "leader" || term !== ledTerm) tail = [];
        ledTerm = role === "leader" ? term : 0;
        tail = tail.filter(({ index }) => index > commitIndex);
        const first = tail[0];
        if (role === "leader") tail.push(...effect.entries);
        const cuts = first !== undefined && effect.entries.length > 0;
        return cuts ? { ...effect, truncateFrom: first.index, entries: [...tail] } : effect;
      };
      return withRecords(rewritten)(core);
    },
    caughtBy: ["leader append-only"],
    seeds: 20,
  },
  {
    name: "what is pruned stays on the disk",
    breaks: "disk",
    world: "replica",
    member: {
      disk: aroundDisk({
        disk: (disk) => ({
          remove: (path, done) => {
            if (path.endsWith(".wal")) disk.syncDirectory(path.slice(0, path.lastIndexOf("/")), done);
            else disk.remove(path, done);
          },
        }),
      }),
    },
    adjust: withPrunedMembers,
    stalls: true,
    caughtBy: ["bounded log"],
    seeds: 20,
  },
  {
    name: "entries stay in memory for whoever may lack them",
    breaks: "limits",
    createCore: heedless({ logCacheBytes: Number.POSITIVE_INFINITY }),
    adjust: withSmallCaches,
    caughtBy: ["bounded queues"],
    seeds: 20,
  },
  {
    name: "entries stay in a whole member's memory for whoever may lack them",
    breaks: "limits",
    world: "replica",
    createCore: heedless({ logCacheBytes: Number.POSITIVE_INFINITY }),
    adjust: withSmallCaches,
    caughtBy: ["bounded queues"],
    seeds: 20,
  },
  {
    name: "a whole member sends a slow follower everything at once",
    breaks: "limits",
    world: "replica",
    createCore: heedless({ maxInflightAppends: Number.POSITIVE_INFINITY, maxInflightBytes: Number.POSITIVE_INFINITY }),
    adjust: withFlood,
    caughtBy: ["bounded queues"],
    seeds: 50,
  },
];

/** After so many appends with entries to one follower its window is taken for full. */
const windowThatStaysShut = 20;
