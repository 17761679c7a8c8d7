import type { MemberExpectation, MemberOutcome } from "./member-scenario.ts";
import type { Bounds, Expectation, Outcome, Role } from "./scenario.ts";

/** The figures of an outcome that have bounds. */
const figures = [
  "leaderChanges",
  "termGrowth",
  "unavailable",
  "longestOutage",
  "rivalLeaders",
  "staleReads",
] as const satisfies readonly (keyof Outcome & keyof Expectation)[];

const none: Bounds = { least: 0, most: 0 };

/** What of an outcome is not as expected, as sentences; none when it is. */
export function deviations(outcome: Outcome, expected: Expectation): string[] {
  const found: string[] = [];
  for (const name of figures) {
    const bounds = expected[name] ?? (name === "staleReads" ? none : undefined);
    if (bounds !== undefined && !isWithin(outcome[name], bounds)) found.push(outOf(name, outcome[name], bounds));
  }
  if (expected.serves !== undefined && expected.serves !== outcome.serves) {
    found.push(outcome.serves ? "it serves" : "it does not serve");
  }
  if (expected.finalLeader !== undefined && !leadsAsExpected(outcome, expected.finalLeader)) {
    found.push(
      `${outcome.finalLeader ?? "nobody"} leads in the end, not ${expected.finalLeader.join(" or ") || "nobody"}`,
    );
  }
  const may = [expected.violation ?? []].flat();
  if (may.length === 0 && outcome.violation !== undefined) found.push(outcome.violation);
  if (may.length > 0 && !may.some((checker) => outcome.violation?.startsWith(`${checker}:`) === true)) {
    found.push(`${outcome.violation ?? "nothing"} was found, not "${may.join('" or "')}"`);
  }
  return found;
}

/** The same for whole members, whose clients must have seen an order unless a violation is expected. */
export function memberDeviations(outcome: MemberOutcome, expected: MemberExpectation): string[] {
  const found = deviations(outcome, expected);
  for (const name of ["stoppedByDisk", "quarantined", "healed"] as const) {
    const bounds = expected[name] ?? (expected.violation === undefined ? none : undefined);
    if (bounds !== undefined && !isWithin(outcome[name], bounds)) found.push(outOf(name, outcome[name], bounds));
  }
  for (const name of ["longestWrite", "longestRead"] as const) {
    for (const [role, bounds] of Object.entries(expected[name] ?? {})) {
      const figure = outcome[name][role as Role] ?? 0;
      if (!isWithin(figure, bounds)) found.push(outOf(`${name} at ${role}`, figure, bounds));
    }
  }
  if (!outcome.linearizable && expected.violation !== "linearizability") found.push("what clients saw has no order");
  return found;
}

function isWithin(figure: number, { least, most }: Bounds): boolean {
  return figure >= least && figure <= most;
}

function outOf(name: string, figure: number, { least, most }: Bounds): string {
  return `${name} is ${figure}, not ${least} to ${most}`;
}

function leadsAsExpected({ finalLeader }: Outcome, expected: readonly string[]): boolean {
  return finalLeader === undefined ? expected.length === 0 : expected.includes(finalLeader);
}
