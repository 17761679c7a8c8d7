/**
 * `npm run mutants`: every planted bug must be caught within its budget. Prints what became of each and writes
 * docs/mutants.md. The exit status is 1 when one survives, is caught by something that nobody expected, or the real rules
 * are blamed.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { plantedBugs } from "@quorate/simulator";
import { mutantsDocument } from "./document.ts";
import { controlOf, killFrom } from "./kill.ts";
import type { Fate } from "./kill.ts";

const usage = `Usage: npm run mutants -- [--only TEXT] [--starts N] [--shrink-seconds N] [--controls N]

  --only TEXT          only bugs with this in their names; docs/mutants.md is then left as it is
  --starts N           first seeds to start from (default 5)
  --shrink-seconds N   for each run that is shrunk (default 10)
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

const chosen = plantedBugs.filter(({ name }) => name.includes(values.only));
const problems: string[] = [];
const fates: Fate[] = [];
for (const bug of chosen) {
  const fate = killFrom(bug, { starts, shrinkSeconds });
  fates.push(fate);
  const what = fate.properties.map(([property, times]) => `${property} ${times}`).join(", ");
  console.log(`${bug.name}: ${what}; ${fate.events.join(", ")} events; ${fate.smallest?.events.length} from outside`);
  if (fate.kills.length === 0) problems.push(`"${bug.name}" survived`);
  for (const [property] of fate.properties) {
    if (!bug.caughtBy.includes(property))
      problems.push(`"${bug.name}" was caught by "${property}", which nobody expected`);
  }
  const blamed = controlOf(bug, controls);
  if (blamed !== undefined) problems.push(`the real rules under the conditions of "${bug.name}": ${blamed}`);
}
if (values.only === "") {
  const path = fileURLToPath(new URL("../../docs/mutants.md", import.meta.url));
  writeFileSync(path, mutantsDocument(fates, { starts, controls }));
  console.log(`written: docs/mutants.md`);
}
for (const problem of problems) console.log(`PROBLEM: ${problem}`);
console.log(`${fates.filter(({ kills }) => kills.length > 0).length} of ${fates.length} caught`);
process.exitCode = problems.length === 0 ? 0 : 1;

function parse() {
  try {
    return parseArgs({
      options: {
        only: { ...text, default: "" },
        starts: { ...text, default: "5" },
        "shrink-seconds": { ...text, default: "10" },
        controls: { ...text, default: "30" },
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
