import { checkerRows } from "./checker-table.ts";
import type { CheckerKills } from "./checker-table.ts";
import type { Fate } from "./kill.ts";
import type { ScenarioDeath } from "./scenario-deaths.ts";

/** Everything that `npm run mutants` found. */
export interface Findings {
  readonly fates: readonly Fate[];
  readonly deaths: readonly ScenarioDeath[];
  readonly kills: readonly CheckerKills[];
  readonly starts: number;
  readonly controls: number;
}

/** docs/mutants.md: the tables of all planted bugs and of what noticed them, and the smallest schedule of each. */
export function mutantsDocument({ fates, deaths, kills, starts, controls }: Findings): string {
  const killed = fates.filter((fate) => fate.kills.length > 0).length;
  const inMembers = fates.filter(({ bug }) => bug.world === "replica").length;
  const shown = deaths.filter((death) => death.shown > 0).length;
  const used = kills.filter(({ bugs }) => bugs.length > 0).length;
  return `# Planted bugs

This page is written by \`npm run mutants\`. ${killed} of ${fates.length} planted bugs were caught by random seeds, ${fates.length - inMembers} of them planted in cores and
${inMembers} in whole members; ${shown} of ${deaths.length} broken variants of directed scenarios came to something else than the real code does.
${used} of ${kills.length} properties that are watched were the first to notice at least one of them. Each breaks one rule of
\`packages/raft/src/rules.ts\`, or puts one broken component around a sound one; nothing else is changed, and production code has
no switch for any of it.

A bug is run from ${starts} first seeds until a checker notices; *events* is the median of how many events that took in all,
and *killed by* the budget of seeds. *Smallest schedule* is how many events from outside are left (crashes, partitions,
requests) when \`quorate sim --shrink\` has had a few seconds for up to three of the runs: 0 where the start of a cluster is enough. The real code ran clean
in ${controls} worlds under the conditions of each bug that needs special ones. \`quorate sim --seed N --bug NAME --trace\` shows any of them
but those that only two runs of one seed show.

| planted bug | in | breaks | what falls first (times) | events | killed by | smallest schedule |
| --- | --- | --- | --- | --- | --- | --- |
${fates.map(row).join("\n")}

## Bugs that directed scenarios show

What random seeds hardly ever bring about, or what costs a cluster its leader without breaking a promise, a named course of
events shows (\`packages/simulator/src/scenarios\`): its outcome is held against the one that the real rules must come to. Each
ran with ${deaths[0]?.seeds ?? 0} seeds; *shown* is with how many of them.

| what is broken | breaks | killed by | shown | what is not as it must be |
| --- | --- | --- | --- | --- |
${deaths.map(deathRow).join("\n")}

## What each checker notices first

A checker that has never caught anything proves nothing. The run fails when one of these is not the first to notice any bug.
Where a scenario is named, the bug is one of its variants: there, some of the checkers look away, so that it shows what comes of it.

| checker | what must hold | bugs | which |
| --- | --- | --- | --- |
${checkerRows(kills).join("\n")}

## Smallest schedules

${fates
  .filter(({ steps }) => steps.length > 0)
  .map(schedule)
  .join("\n\n")}
`;
}

function row({ bug, kills, survived, events, properties, smallest }: Fate): string {
  const found = properties.map(([property, times]) => `${property} (${times})`).join(", ");
  const median = events[Math.floor(events.length / 2)];
  const survivals = survived === 0 ? "" : `; ${survived} of ${survived + kills.length} starts survived`;
  const cells = [
    bug.name,
    bug.world === "replica" ? "members" : "cores",
    bug.breaks,
    found === "" ? "**nothing**" : found,
    median === undefined ? "none" : `${rounded(median)}${survivals}`,
    `${bug.seeds} seeds${bug.replayed === true ? ", each twice" : ""}`,
    smallest === undefined ? "none" : String(smallest.events.length),
  ];
  return `| ${cells.join(" | ")} |`;
}

function deathRow({ scenario, what, breaks, shown, seeds, seen }: ScenarioDeath): string {
  const found = seen.length === 0 ? "**nothing**" : seen.join("; ").replaceAll("|", "\\|");
  return `| ${what} | ${breaks} | scenario ${scenario} | ${shown} of ${seeds} | ${found} |`;
}

/** Longer schedules are not for reading: shrinking had no time for more, or everything in them is needed. */
const mostListed = 20;

function schedule({ bug, steps, smallest }: Fate): string {
  const count = smallest?.events.length ?? 0;
  const [world = "", ...rest] = steps;
  const shown = count <= mostListed ? steps : [world, `   (${count} events from outside)`, ...rest.slice(count)];
  return `### ${bug.name[0]?.toUpperCase()}${bug.name.slice(1)}\n\n\`\`\`text\n${shown.join("\n")}\n\`\`\``;
}

/** Two digits are all that a median of so few tells. */
function rounded(count: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.round(count / step) * step).toLocaleString("en");
}
