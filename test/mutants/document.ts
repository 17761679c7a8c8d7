import type { Fate } from "./kill.ts";

/** docs/mutants.md: the table of all planted bugs, and the smallest schedule of each. */
export function mutantsDocument(fates: readonly Fate[], conditions: { starts: number; controls: number }): string {
  const killed = fates.filter(({ kills }) => kills.length > 0).length;
  return `# Planted bugs

This page is written by \`npm run mutants\`. ${killed} of ${fates.length} planted bugs were caught. Each breaks one rule of
\`packages/raft/src/rules.ts\`, the durable log, or what a member makes of a message; nothing else is changed.

A bug is run from ${conditions.starts} first seeds until a checker notices; *events* is the median of how many events that took in all,
and *budget* how many seeds it may take. *Smallest schedule* is how many events from outside are left (crashes, partitions,
requests) when \`quorate sim --shrink\` can take none away: 0 where the start of a cluster is enough. The real rules ran clean
in ${conditions.controls} worlds under the conditions of each bug that needs special ones. \`quorate sim --seed N --bug NAME --trace\` shows any of them.

| planted bug | breaks | what falls first (times) | events | budget | smallest schedule |
| --- | --- | --- | --- | --- | --- |
${fates.map(row).join("\n")}

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
    bug.breaks,
    found === "" ? "**nothing**" : found,
    median === undefined ? "none" : `${rounded(median)}${survivals}`,
    `${bug.seeds} seeds`,
    smallest === undefined ? "none" : String(smallest.events.length),
  ];
  return `| ${cells.join(" | ")} |`;
}

function schedule({ bug, steps }: Fate): string {
  return `### ${bug.name[0]?.toUpperCase()}${bug.name.slice(1)}\n\n\`\`\`text\n${steps.join("\n")}\n\`\`\``;
}

/** Two digits are all that a median of so few tells. */
function rounded(count: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.round(count / step) * step).toLocaleString("en");
}
