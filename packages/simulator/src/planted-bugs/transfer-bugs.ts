import { realRules } from "@quorate/raft";
import type { DeviceBugs } from "../core/log-device.ts";
import { aroundCore } from "./around.ts";
import { withHandoversUnderLoad, withLeases, withPrunedLogs, without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

const neverSent: Omit<PlantedBug, "name" | "seeds"> = {
  breaks: "core",
  createCore: aroundCore((core) => ({
    takeEffects: () => core.takeEffects().filter(({ type }) => type !== "state-wanted"),
  })),
  adjust: withPrunedLogs,
  stalls: true,
  caughtBy: ["liveness"],
};

/** A log device whose restarts lack something of what pruning and installing made. */
function forgetful(name: string, deviceBugs: DeviceBugs, caughtBy: readonly string[]): PlantedBug {
  return { name, breaks: "durable log", deviceBugs, adjust: withPrunedLogs, caughtBy, seeds: 100 };
}

const handoversUnderLoad: Omit<PlantedBug, "name"> = {
  breaks: "mayTakeCommand",
  rules: without({ mayTakeCommand: () => true }),
  adjust: withHandoversUnderLoad,
  caughtBy: ["quiet handover"],
  seeds: 20,
};

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
  forgetful("the configuration where the log begins is forgotten in a restart", { forgetsBaseConfiguration: true }, [
    "configuration safety",
    "invariant",
  ]),
  forgetful("an installed state is in memory only, and the log begins behind it", { forgetsInstalledState: true }, [
    "invariant",
    "state agreement",
  ]),
  { ...neverSent, name: "a member that needs the state is never sent it", seeds: 20 },
  { ...neverSent, name: "a whole member that needs the state is never sent it", world: "replica", seeds: 50 },
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
  { ...handoversUnderLoad, name: "commands are taken while the leadership is handed over" },
  { ...handoversUnderLoad, name: "whole members take commands while the leadership is handed over", world: "replica" },
];
