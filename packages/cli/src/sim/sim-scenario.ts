import {
  coreScenarios,
  describeExpectation,
  describeOutcome,
  directedDeviations,
  memberDeviations,
  memberScenarios,
  runDirected,
  runMemberScenario,
} from "@quorate/simulator";
import type {
  DirectedExpectation,
  DirectedScenario,
  DirectedVariant,
  MemberExpectation,
  MemberScenario,
  Outcome,
} from "@quorate/simulator";
import { exitCodes, UsageError } from "../errors.ts";
import type { SimFlags } from "./sim-request.ts";
import { plantedBug, tracer } from "./sim-run.ts";

/** `quorate sim --scenarios`: what there is. */
export function listScenarios({ json }: SimFlags): number {
  const scenarios = [...coreScenarios, ...memberScenarios].map(({ name, title, source, broken = [] }) => ({
    name,
    title,
    source,
    broken: [broken].flat().map(({ what }) => what),
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
  const core = coreScenarios.find((known) => known.name === name);
  if (core !== undefined) return runOnCores(flags, core);
  const members = memberScenarios.find((known) => known.name === name);
  if (members !== undefined) return runOnMembers(flags, members);
  throw new UsageError(`There is no scenario "${name}": --scenarios names them all.`);
}

function runOnCores(flags: SimFlags, scenario: DirectedScenario): number {
  const broken = brokenOf(flags, scenario);
  const { outcome } = runDirected(scenario, { seed: flags.seed ?? 1, broken, trace: tracer(flags) });
  const { expects } = broken ?? scenario;
  return tellOutcome(flags, scenario, { broken, expects, outcome, deviations: directedDeviations(outcome, expects) });
}

function runOnMembers(flags: SimFlags, scenario: MemberScenario): number {
  if (flags.bug !== undefined)
    throw new UsageError(`--bug is for scenarios of cores; ${scenario.name} has whole members.`);
  const broken = variantOf(flags, scenario);
  const trace = tracer(flags);
  const { expects, ...parts } = broken ?? { expects: scenario.expects };
  const outcome = runMemberScenario(scenario, {
    seed: flags.seed ?? 1,
    ...parts,
    ...(trace === undefined ? {} : { trace }),
  });
  return tellOutcome(flags, scenario, { broken, expects, outcome, deviations: memberDeviations(outcome, expects) });
}

interface Told {
  readonly broken: { readonly what: string } | undefined;
  readonly expects: DirectedExpectation & MemberExpectation;
  readonly outcome: Outcome;
  readonly deviations: readonly string[];
}

function tellOutcome(
  flags: SimFlags,
  { name, title }: { readonly name: string; readonly title: string },
  { broken, expects, outcome, deviations }: Told,
): number {
  const lines = [
    `${name}: ${title}`,
    broken === undefined ? "with the real rules" : `where ${broken.what}`,
    `expected: ${describeExpectation(expects)}`,
    `outcome:  ${describeOutcome(outcome)}`,
    deviations.length === 0 ? "as expected" : `not as expected: ${deviations.join("; ")}`,
  ];
  const json = { scenario: name, broken: broken?.what, outcome, deviations };
  process.stdout.write(flags.json === true ? `${JSON.stringify(json)}\n` : `${lines.join("\n")}\n`);
  return deviations.length === 0 ? exitCodes.done : exitCodes.failure;
}

/** The scenario's own broken variant that `--broken` chooses. */
function variantOf<Variant>(
  { broken }: SimFlags,
  scenario: { readonly name: string; readonly broken?: Variant | readonly Variant[] },
): Variant | undefined {
  if (broken === undefined) return undefined;
  const variants = [scenario.broken ?? []].flat() as Variant[];
  const found = variants[broken - 1];
  if (found !== undefined) return found;
  throw new UsageError(`${scenario.name} has ${variants.length} broken rules, so there is no --broken ${broken}.`);
}

/** What is broken: one of the scenario's own variants, or a planted bug, of which is expected what the real rules do. */
function brokenOf(flags: SimFlags, scenario: DirectedScenario): DirectedVariant | undefined {
  if (flags.broken !== undefined && flags.bug !== undefined) throw new UsageError("Choose either --broken or --bug.");
  const planted = plantedBug(flags.bug);
  if (planted === undefined) return variantOf(flags, scenario);
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
