import {
  coreScenarios,
  describeExpectation,
  describeOutcome,
  directedDeviations,
  directedVariants,
  runDirected,
} from "@quorate/simulator";
import type { DirectedScenario, DirectedVariant } from "@quorate/simulator";
import { exitCodes, UsageError } from "../errors.ts";
import type { SimFlags } from "./sim-request.ts";
import { plantedBug, tracer } from "./sim-run.ts";

/** `quorate sim --scenarios`: what there is. */
export function listScenarios({ json }: SimFlags): number {
  const scenarios = coreScenarios.map((scenario) => ({
    name: scenario.name,
    title: scenario.title,
    source: scenario.source,
    broken: directedVariants(scenario).map(({ what }) => what),
  }));
  const lines = scenarios.flatMap(({ name, title, broken }) => [
    `${name}: ${title}`,
    ...broken.map((what, at) => `  --broken ${at + 1}  ${what}`),
  ]);
  process.stdout.write(json === true ? `${JSON.stringify(scenarios)}\n` : `${lines.join("\n")}\n`);
  return exitCodes.done;
}

/** `quorate sim --scenario NAME`: one scenario, held against what is stated of it. */
export function runSimScenario(flags: SimFlags, name: string): number {
  for (const other of ["seeds", "minutes", "replay", "shrink", "world"] as const) {
    if (flags[other] !== undefined)
      throw new UsageError(`--${other} is not for a scenario: leave it or --scenario out.`);
  }
  const scenario = coreScenarios.find((known) => known.name === name);
  if (scenario === undefined) throw new UsageError(`There is no scenario "${name}": --scenarios names them all.`);
  const broken = brokenOf(flags, scenario);
  const { outcome } = runDirected(scenario, { seed: flags.seed ?? 1, broken, trace: tracer(flags) });
  const { expects } = broken ?? scenario;
  const deviations = directedDeviations(outcome, expects);
  const lines = [
    `${name}: ${scenario.title}`,
    broken === undefined ? "with the real rules" : `where ${broken.what}`,
    `expected: ${describeExpectation(expects)}`,
    `outcome:  ${describeOutcome(outcome)}`,
    deviations.length === 0 ? "as expected" : `not as expected: ${deviations.join("; ")}`,
  ];
  const json = { scenario: name, broken: broken?.what, outcome, deviations };
  process.stdout.write(flags.json === true ? `${JSON.stringify(json)}\n` : `${lines.join("\n")}\n`);
  return deviations.length === 0 ? exitCodes.done : exitCodes.failure;
}

/** What is broken: one of the scenario's own variants, or a planted bug, of which is expected what the real rules do. */
function brokenOf({ broken, bug }: SimFlags, scenario: DirectedScenario): DirectedVariant | undefined {
  if (broken !== undefined && bug !== undefined) throw new UsageError("Choose either --broken or --bug.");
  if (broken !== undefined) {
    const variants = directedVariants(scenario);
    const found = variants[broken - 1];
    if (found !== undefined) return found;
    throw new UsageError(`${scenario.name} has ${variants.length} broken rules, so there is no --broken ${broken}.`);
  }
  const planted = plantedBug(bug);
  if (planted === undefined) return undefined;
  if (planted.world === "replica")
    throw new UsageError(`"${planted.name}" is for whole members; scenarios have cores.`);
  const { rules, distort, createCore, deviceBugs } = planted;
  return {
    what: planted.name,
    expects: scenario.expects,
    ...(rules === undefined ? {} : { rules }),
    ...(distort === undefined ? {} : { distort }),
    ...(createCore === undefined ? {} : { createCore }),
    ...(deviceBugs === undefined ? {} : { deviceBugs }),
  };
}
