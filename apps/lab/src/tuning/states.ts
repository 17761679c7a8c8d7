import {
  changedShare,
  checkpointOfState,
  sendingOfState,
  standstillMsPerMegabyte,
  type DirectedScenario,
} from "@quorate/simulator";
import type { Tuning } from "./tuning.ts";

/** In MB: below and above what takes an election timeout, and up to what a large store keeps. */
const sizes = [20, 50, 80, 100, 120, 150, 200, 400, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000];

function sizeOf(scenarioOf: (stateBytes: number) => DirectedScenario): Tuning {
  return {
    name: "size",
    label: "The whole state",
    unit: "MB",
    values: sizes,
    told: 400,
    tune: (_, megabytes) => scenarioOf(megabytes * 1_000_000),
  };
}

/** How large what is written and sent is. */
export const stateTunings: Readonly<Record<string, readonly Tuning[]>> = {
  "checkpoint-of-a-large-state": [sizeOf(checkpointOfState)],
  "large-state-is-sent": [sizeOf(sendingOfState)],
};

/** What a member of either kind has to move, in MB, and for how long the blocking one stands still, in ms. */
export interface StatePrediction {
  readonly wholeMegabytes: number;
  readonly changedMegabytes: number;
  readonly standstillMs: number;
}

export function predictState(megabytes: number): StatePrediction {
  return {
    wholeMegabytes: megabytes,
    changedMegabytes: megabytes * changedShare,
    standstillMs: megabytes * standstillMsPerMegabyte,
  };
}
