import { directedVariants, type DirectedScenario, type DirectedStep, type DirectedVariant } from "@quorate/simulator";

/** Something about a scenario that a reader may set otherwise; the same on both sides unless its label says whose it is. */
export interface Tuning {
  /** In links. */
  readonly name: string;
  readonly label: string;
  /** "" for a plain number. */
  readonly unit: string;
  /** Where the slider can stand, ascending. A link may name anything from the first to the last. */
  readonly values: readonly number[];
  /** What the story tells of: the scenario as it is. */
  readonly told: number;
  readonly tune: (scenario: DirectedScenario, value: number) => DirectedScenario;
}

/** By the names of tunings. */
export type Tuned = Readonly<Record<string, number>>;

/** From the least to the most, both included. */
export function stepped(least: number, most: number, step: number): readonly number[] {
  const count = Math.round((most - least) / step);
  return Array.from({ length: count + 1 }, (_, at) => Number((least + at * step).toFixed(6)));
}

export function withSteps(
  scenario: DirectedScenario,
  change: (step: DirectedStep, place: number) => DirectedStep | readonly DirectedStep[],
): DirectedScenario {
  return { ...scenario, steps: scenario.steps.flatMap(change) };
}

export function withVariants(
  scenario: DirectedScenario,
  change: (variant: DirectedVariant) => DirectedVariant,
): DirectedScenario {
  return { ...scenario, broken: directedVariants(scenario).map(change) };
}

export function withSetting(
  scenario: DirectedScenario,
  setting: NonNullable<DirectedScenario["setting"]>,
): DirectedScenario {
  return { ...scenario, setting: { ...scenario.setting, ...setting } };
}

/** How long it is watched once everything is healed, in election timeouts. */
const watchedAfter = 10;

/** What heals the network, or the last that does, happens at this time. */
export function healingAt(scenario: DirectedScenario, at: number): DirectedScenario {
  const place = scenario.steps.findLastIndex(({ do: what }) => what === "heal");
  const healed =
    place < 0
      ? { ...scenario, steps: [...scenario.steps, { at, do: "heal" as const }] }
      : withSteps(scenario, (step, other) => (other === place ? { ...step, at } : step));
  return { ...healed, lasts: at + watchedAfter };
}
