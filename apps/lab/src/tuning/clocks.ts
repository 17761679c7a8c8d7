import type { DirectedScenario } from "@quorate/simulator";
import { stepped, withSetting, withSteps, withVariants, type Tuning } from "./tuning.ts";

const partsOfMillion = 10_000;

/** The first member leads: its clock is as much too slow as the others' are too fast, in percent. */
function ratesOf(percent: number): readonly number[] {
  return [1 - percent / 100, 1 + percent / 100, 1 + percent / 100];
}

const drift: Tuning = {
  name: "drift",
  label: "The leader's clock is too slow, and the others' too fast, by",
  unit: "%",
  values: stepped(0, 15, 0.5),
  told: 5,
  tune: (scenario, percent) => withSetting(scenario, { clockRates: ratesOf(percent) }),
};

const bound: Tuning = {
  name: "bound",
  label: "The configuration allows for clocks that differ by",
  unit: "%",
  values: stepped(0, 30, 1),
  told: 10,
  tune: (scenario, percent) => withSetting(scenario, { clockDriftPpm: Math.round(percent * partsOfMillion) }),
};

const driftBroken: Tuning = {
  name: "drift-right",
  label: "Right, clocks are too slow and too fast by",
  unit: "%",
  values: stepped(0, 30, 1),
  told: 20,
  tune: (scenario, percent) =>
    withVariants(scenario, (variant) =>
      variant.setting?.clockRates === undefined
        ? variant
        : { ...variant, setting: { ...variant.setting, clockRates: ratesOf(percent) } },
    ),
};

const setBack: Tuning = {
  name: "set-back",
  label: "The leader's wall clock is set back by",
  unit: "T",
  values: stepped(0, 5, 0.25),
  told: 3,
  tune: (scenario, timeouts) =>
    withSteps(scenario, (step) => (step.do === "jump-clock" ? { ...step, wall: -timeouts } : step)),
};

/** How long the old leader is awake before it is asked. */
const askedAfter: Tuning = {
  name: "asked-after",
  label: "The old leader is asked so long after it woke up",
  unit: "T",
  values: stepped(0, 2, 0.1),
  told: 0,
  tune: (scenario: DirectedScenario, timeouts) =>
    withSteps(scenario, (step) =>
      step.do === "read" && timeouts > 0 ? { ...step, once: { passed: timeouts } } : step,
    ),
};

/** Clocks, and how long they are trusted. */
export const clockTunings: Readonly<Record<string, readonly Tuning[]>> = {
  "phantom-leader-slow-clock": [drift, bound, driftBroken],
  "phantom-leader-while-joint": [drift, bound],
  "phantom-leader-set-back": [setBack],
  "phantom-leader-read": [askedAfter],
};

/** The predicted moments of a phantom leader, in election timeouts of true time, from when its last round left. */
export interface LeasePrediction {
  /** When voters may elect another, at the earliest. */
  readonly promise: number;
  /** When its lease ends: as it ships, and where nothing is allowed for the clocks. */
  readonly shipped: number;
  readonly naive: number;
  /** By how much clocks may be too slow and too fast, in percent, so that the bound holds. */
  readonly mostDrift: number;
}

/**
 * Voters wait for T of their clocks, and the leader's lease lasts T (1 - bound) of its own (packages/raft/src/lease.ts): here in
 * true time.
 */
export function predictLease(driftPercent: number, boundPercent: number): LeasePrediction {
  const [slow, fast] = [1 - driftPercent / 100, 1 + driftPercent / 100];
  const bound = boundPercent / 100;
  return {
    promise: 1 / fast,
    shipped: (1 - bound) / slow,
    naive: 1 / slow,
    mostDrift: (100 * bound) / (2 - bound),
  };
}
