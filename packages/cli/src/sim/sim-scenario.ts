import {
  coreScenarios,
  describeExpectation,
  describeOutcome,
  directedDeviations,
  memberDeviations,
  memberScenarios,
  phantomVariants,
  runDirected,
  runMemberScenario,
  runPhantomLeader,
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
  scenarios.push(phantomLeader);
  const lines = scenarios.flatMap(({ name, title, broken }) => [
    `${name}: ${title}`,
    ...broken.map((what, at) => `  --broken ${at + 1}  ${what}`),
  ]);
  process.stdout.write(json === true ? `${JSON.stringify(scenarios)}\n` : `${lines.join("\n")}\n`);
  return exitCodes.done;
}

/** `quorate sim --scenario NAME`: one scenario, held against what is stated of it. */
export function runSimScenario(flags: SimFlags, name: string): number {
  if (name === phantomLeader.name) return runDrawn(flags);
  for (const other of ["seeds", "from", "minutes", "replay", "shrink", "world"] as const) {
    if (flags[other] !== undefined)
      throw new UsageError(`--${other} is not for a scenario: leave it or --scenario out.`);
  }
  const core = coreScenarios.find((known) => known.name === name);
  if (core !== undefined) return runOnCores(flags, core);
  const members = memberScenarios.find((known) => known.name === name);
  if (members !== undefined) return runOnMembers(flags, members);
  throw new UsageError(`There is no scenario "${name}": --scenarios names them all.`);
}

/** What every seed draws anew, so that many of them say more than one. */
const phantomLeader = {
  name: "phantom-leader",
  title: "A leader is one no more, does not know, and answers reads by its clock; drawn anew for each of --seeds.",
  source: "Raft dissertation §6.4.1; MISSION row 10",
  broken: phantomVariants.map(({ what }) => what),
};

const fewSeeds = 100;

/** As expected is no stale read with the real rules inside the bound, and some otherwise. */
function runDrawn(flags: SimFlags): number {
  const { seeds: count = fewSeeds, seed = 1, from = seed, broken } = flags;
  const variant = broken === undefined ? undefined : phantomVariants[broken - 1];
  if (broken !== undefined && variant === undefined)
    throw new UsageError(
      `${phantomLeader.name} has ${phantomVariants.length} broken rules, so there is no --broken ${broken}.`,
    );
  const report = runPhantomLeader({ from, count, variant });
  const { reads, byClock, stale, staleSeeds, other, violations } = report;
  const isExpected = variant === undefined ? stale === 0 && violations.length === 0 : stale > 0;
  const where = variant?.what ?? "the real rules, and clocks within the bound";
  const some =
    staleSeeds.length === 0 ? "" : `; ${staleSeeds.length} seeds, the first ${staleSeeds.slice(0, 5).join(", ")}`;
  const lines = [
    `${phantomLeader.name}: ${where}`,
    `${count} seeds from ${from}, ${reads} reads answered, ${byClock} of them by the clock, ${stale} stale${some}`,
    `in ${other} of them nobody else came to lead, or not the one that was to`,
    ...violations.slice(0, 5),
    isExpected ? "as expected" : "not as expected",
  ];
  const json = { scenario: phantomLeader.name, broken: variant?.what, ...report };
  process.stdout.write(flags.json === true ? `${JSON.stringify(json)}\n` : `${lines.join("\n")}\n`);
  return isExpected ? exitCodes.done : exitCodes.failure;
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
