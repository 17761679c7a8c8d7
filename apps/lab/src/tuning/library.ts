import type { DirectedScenario } from "@quorate/simulator";
import { LabActionError } from "../world/lab-action.ts";
import { clockTunings } from "./clocks.ts";
import { electionTunings } from "./elections.ts";
import { logTunings } from "./logs.ts";
import { delayTunings, networkTunings } from "./networks.ts";
import { stateTunings } from "./states.ts";
import type { Tuned, Tuning } from "./tuning.ts";

const byScenario: Readonly<Record<string, readonly Tuning[]>> = {
  ...networkTunings,
  ...delayTunings,
  ...electionTunings,
  ...logTunings,
  ...clockTunings,
  ...stateTunings,
};

/** What of a scenario may be set otherwise. */
export function tuningsOf(scenario: string): readonly Tuning[] {
  return Object.hasOwn(byScenario, scenario) ? (byScenario[scenario] ?? []) : [];
}

/** The scenario as a reader wants it. @throws LabActionError for what it has no such thing of, or not so much. */
export function tuneScenario(scenario: DirectedScenario, tuned: Tuned): DirectedScenario {
  let result = scenario;
  for (const [name, value] of Object.entries(tuned)) {
    const tuning = tuningsOf(scenario.name).find((one) => one.name === name);
    if (tuning === undefined) throw new LabActionError(`the scenario "${scenario.name}" has no "${name}" to set`);
    const [least = 0] = tuning.values;
    const most = tuning.values.at(-1) ?? 0;
    if (!(value >= least && value <= most)) {
      throw new LabActionError(`"${name}" is ${value}, and goes from ${least} to ${most}`);
    }
    if (value !== tuning.told) result = tuning.tune(result, value);
  }
  return result;
}
