import type { Bounds, Expectation, Outcome } from "./scenario.ts";

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
    if (bounds === undefined || (outcome[name] >= bounds.least && outcome[name] <= bounds.most)) continue;
    found.push(`${name} is ${outcome[name]}, not ${bounds.least} to ${bounds.most}`);
  }
  if (expected.serves !== undefined && expected.serves !== outcome.serves) {
    found.push(outcome.serves ? "it serves" : "it does not serve");
  }
  if (expected.finalLeader !== undefined && !leadsAsExpected(outcome, expected.finalLeader)) {
    found.push(
      `${outcome.finalLeader ?? "nobody"} leads in the end, not ${expected.finalLeader.join(" or ") || "nobody"}`,
    );
  }
  if (expected.violation === undefined && outcome.violation !== undefined) found.push(outcome.violation);
  if (expected.violation !== undefined && outcome.violation?.startsWith(`${expected.violation}:`) !== true) {
    found.push(`${outcome.violation ?? "nothing"} was found, not "${expected.violation}"`);
  }
  return found;
}

function leadsAsExpected({ finalLeader }: Outcome, expected: readonly string[]): boolean {
  return finalLeader === undefined ? expected.length === 0 : expected.includes(finalLeader);
}
