import { workloads } from "@quorate/simulator";
import { checkerRows } from "./checker-table.ts";
import type { CheckerKills } from "./checker-table.ts";
import type { BugEntry, VariantEntry } from "./entries.ts";

/** Everything that `npm run mutants` found, now and before. */
export interface Findings {
  readonly bugs: readonly BugEntry[];
  readonly variants: readonly VariantEntry[];
  readonly kills: readonly CheckerKills[];
  readonly starts: number;
  readonly controls: number;
}

/** docs/mutants.md: the tables of all planted bugs and of what noticed them, and the smallest schedule of each. */
export function mutantsDocument({ bugs, variants, kills, starts, controls }: Findings): string {
  const killed = bugs.filter(({ isCaught }) => isCaught).length;
  const inPlace = (place: string): number => bugs.filter(({ row }) => row.includes(`| ${place} |`)).length;
  const inWorkloads = workloads.map((name) => `${inPlace(name)} in ${name}`).join(", ");
  const shown = variants.filter(({ isShown }) => isShown).length;
  const used = kills.filter((kill) => kill.bugs.length > 0).length;
  return `# Planted bugs

This page is written by \`npm run mutants\`. ${killed} of ${bugs.length} planted bugs were caught by random seeds, ${inPlace("cores")} of them planted in cores,
${inPlace("members")} in whole members, and where these replicate the production store ${inWorkloads}; ${shown} of ${variants.length} broken variants of directed scenarios came to something else than the real code does.
${used} of ${kills.length} properties that are watched were the first to notice at least one of them. Each breaks one rule of
\`packages/raft/src/rules.ts\`, or puts one broken component around a sound one; nothing else is changed, and production code has
no switch for any of it.

A bug is run from ${starts} first seeds until a checker notices; *events* is the median of how many events that took in all,
and *killed by* the budget of seeds. *Smallest schedule* is how many events from outside are left (crashes, partitions,
requests) when \`quorate sim --shrink\` has had a few seconds for up to three of the runs: 0 where the start of a cluster is enough. The real code ran clean
in ${controls} worlds under the conditions of each bug that needs special ones. \`quorate sim --seed N --bug NAME --trace\` shows any of them
but those that only two runs of one seed show, and those of the store (\`packages/simulator/src/workload-bugs.ts\`).

| planted bug | in | breaks | what falls first (times) | events | killed by | smallest schedule |
| --- | --- | --- | --- | --- | --- | --- |
${bugs.map(({ row }) => row).join("\n")}

## Bugs that directed scenarios show

What random seeds hardly ever bring about, or what costs a cluster its leader without breaking a promise, a named course of
events shows (\`packages/simulator/src/scenarios\`): its outcome is held against the one that the real rules must come to. Each
ran with ${starts} seeds; *shown* is with how many of them.

| what is broken | breaks | killed by | shown | what is not as it must be |
| --- | --- | --- | --- | --- |
${variants.map(({ row }) => row).join("\n")}

## What each checker notices first

A checker that has never caught anything proves nothing. The run fails when one of these is not the first to notice any bug.
Where a scenario is named, the bug is one of its variants: there, some of the checkers look away, so that it shows what comes of it.

| checker | what must hold | bugs | which |
| --- | --- | --- | --- |
${checkerRows(kills).join("\n")}

## Smallest schedules

${bugs.flatMap(({ schedule }) => schedule ?? []).join("\n\n")}
`;
}
