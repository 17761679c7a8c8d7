/**
 * `npm run mutants`: every planted bug must be caught within its budget or be shown by its scenario, and every checker must
 * be the first to notice one. Prints what became of each and writes docs/mutants.md. The exit status is 1 when one survives
 * or is caught by something that nobody expected, when a checker notices none, and when the real code is blamed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { checkerKills } from "./checker-table.ts";
import { mutantsDocument } from "./document.ts";
import { bugEntry, readPage, variantEntry, variantKey } from "./entries.ts";
import type { Page } from "./entries.ts";
import { controlOf, killFrom } from "./kill.ts";
import type { Fate, Mutant } from "./kill.ts";
import { mutants } from "./mutants.ts";
import { scenarioControls, scenarioDeaths, scenarioVariants } from "./scenario-deaths.ts";

const usage = `Usage: npm run mutants -- [--only TEXT | --missing] [--starts N] [--shrink-seconds N] [--controls N]

  --only TEXT          only bugs with this in their names; docs/mutants.md is then left as it is
  --missing            only what docs/mutants.md does not tell of yet; the rest of it stays as it is
  --starts N           first seeds to start from (default 5)
  --shrink-seconds N   for each run that is shrunk (default 6)
  --controls N         worlds for the real rules under each bug's conditions (default 30)
  --help               this text
`;

const text = { type: "string" } as const;
const values = parse();
if (values.help === true) {
  console.log(usage);
  process.exit(0);
}
const starts = wholeNumber(values.starts);
const shrinkSeconds = wholeNumber(values["shrink-seconds"]);
const controls = wholeNumber(values.controls);

const path = fileURLToPath(new URL("../../docs/mutants.md", import.meta.url));
const kept: Page =
  values.missing === true ? readPage(readFileSync(path, "utf8")) : { bugs: new Map(), variants: new Map() };
const isWhole = values.only === "";
const chosen = mutants.filter(({ name }) => name.includes(values.only) && !kept.bugs.has(name));
const problems: string[] = [];
const fates = chosen.map((bug) => examine(bug));
const due = isWhole ? scenarioVariants().filter((variant) => !kept.variants.has(variantKey(variant))) : [];
const deaths = scenarioDeaths(starts, (variant) => due.some((one) => variantKey(one) === variantKey(variant)));
for (const { scenario, what, shown } of deaths) {
  if (shown < starts) problems.push(`"${what}" shows in scenario ${scenario} with ${shown} of ${starts} seeds only`);
}
if (isWhole) {
  problems.push(...scenarioControls(starts, (name) => due.some(({ scenario }) => scenario === name)));
  const found = new Map([...kept.bugs, ...fates.map((fate) => [fate.bug.name, bugEntry(fate)] as const)]);
  const shown = new Map([
    ...kept.variants,
    ...deaths.map((death) => [variantKey(death), variantEntry(death)] as const),
  ]);
  const bugs = mutants.flatMap(({ name }) => found.get(name) ?? []);
  const variants = scenarioVariants().flatMap((variant) => shown.get(variantKey(variant)) ?? []);
  const kills = checkerKills(bugs, variants);
  for (const kill of kills) {
    if (kill.bugs.length === 0) problems.push(`"${kill.property}" was not the first to notice any bug`);
  }
  writeFileSync(path, mutantsDocument({ bugs, variants, kills, starts, controls }));
  console.log("written: docs/mutants.md");
}
for (const problem of problems) console.log(`PROBLEM: ${problem}`);
const caught = fates.filter(({ kills }) => kills.length > 0).length;
console.log(`${caught} of ${fates.length} caught by seeds, ${deaths.length} shown by scenarios`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** One bug and its control. */
function examine(bug: Mutant): Fate {
  const fate = killFrom(bug, { starts, shrinkSeconds });
  const what = fate.properties.map(([property, times]) => `${property} ${times}`).join(", ");
  console.log(`${bug.name}: ${what}; ${fate.events.join(", ")} events; ${fate.smallest?.events.length} from outside`);
  if (fate.kills.length === 0) problems.push(`"${bug.name}" survived`);
  for (const [property] of fate.properties) {
    if (!bug.caughtBy.includes(property))
      problems.push(`"${bug.name}" was caught by "${property}", which nobody expected`);
  }
  const blamed = controlOf(bug, controls);
  if (blamed !== undefined) problems.push(`the real code under the conditions of "${bug.name}": ${blamed}`);
  return fate;
}

function parse() {
  try {
    return parseArgs({
      options: {
        only: { ...text, default: "" },
        starts: { ...text, default: "5" },
        "shrink-seconds": { ...text, default: "6" },
        controls: { ...text, default: "30" },
        missing: { type: "boolean" },
        help: { type: "boolean" },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
    process.exit(2);
  }
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  console.error(usage);
  process.exit(2);
}
