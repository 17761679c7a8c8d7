import { realRules } from "@quorate/raft";
import { aroundCore } from "./around.ts";
import { withHandoversUnderLoad, withLeases, withPrunedLogs, without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** States that are sent, and what remains of a log that is pruned. */
export const transferBugs: readonly PlantedBug[] = [
  {
    name: "a state that is older than what is applied is taken",
    breaks: "mayTakeState",
    rules: without({ mayTakeState: () => true }),
    adjust: withPrunedLogs,
    caughtBy: ["state machine safety", "invariant"],
    seeds: 100,
  },
  {
    name: "the configuration where the log begins is forgotten in a restart",
    breaks: "durable log",
    deviceBugs: { forgetsBaseConfiguration: true },
    adjust: withPrunedLogs,
    caughtBy: ["configuration safety", "invariant"],
    seeds: 100,
  },
  {
    name: "an installed state is in memory only, and the log begins behind it",
    breaks: "durable log",
    deviceBugs: { forgetsInstalledState: true },
    adjust: withPrunedLogs,
    caughtBy: ["invariant", "state agreement"],
    seeds: 100,
  },
  {
    name: "a member that needs the state is never sent it",
    breaks: "core",
    createCore: aroundCore((core) => ({
      takeEffects: () => core.takeEffects().filter(({ type }) => type !== "state-wanted"),
    })),
    adjust: withPrunedLogs,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 20,
  },
  {
    name: "a whole member that needs the state is never sent it",
    breaks: "core",
    world: "replica",
    createCore: aroundCore((core) => ({
      takeEffects: () => core.takeEffects().filter(({ type }) => type !== "state-wanted"),
    })),
    adjust: withPrunedLogs,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 50,
  },
];

/** Reads that are answered by the clock. */
export const leaseBugs: readonly PlantedBug[] = [
  {
    name: "a new leader answers by its clock before it knows what is committed",
    breaks: "mayServeLeaseRead",
    rules: without({
      mayServeLeaseRead: (read) => realRules.mayServeLeaseRead({ ...read, committedInOwnTerm: true }),
    }),
    adjust: withLeases,
    caughtBy: ["read freshness"],
    seeds: 100,
  },
];

/** Leadership that is handed over. */
export const handoverBugs: readonly PlantedBug[] = [
  {
    name: "commands are taken while the leadership is handed over",
    breaks: "mayTakeCommand",
    rules: without({ mayTakeCommand: () => true }),
    adjust: withHandoversUnderLoad,
    caughtBy: ["quiet handover"],
    seeds: 20,
  },
  {
    name: "whole members take commands while the leadership is handed over",
    breaks: "mayTakeCommand",
    world: "replica",
    rules: without({ mayTakeCommand: () => true }),
    adjust: withHandoversUnderLoad,
    caughtBy: ["quiet handover"],
    seeds: 20,
  },
];
