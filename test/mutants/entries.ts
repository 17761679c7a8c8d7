import { properties, workloads } from "@quorate/simulator";
import type { Fate } from "./kill.ts";
import type { ScenarioDeath } from "./scenario-deaths.ts";

/** What docs/mutants.md says of one planted bug, made now or read from the page. */
export interface BugEntry {
  readonly name: string;
  /** Of the table. */
  readonly row: string;
  /** The smallest schedule, under its heading; absent where there is none. */
  readonly schedule: string | undefined;
  readonly isCaught: boolean;
  /** The properties that fell first. */
  readonly noticedBy: readonly string[];
}

/** The same of one broken variant of a scenario. */
export interface VariantEntry {
  readonly scenario: string;
  readonly what: string;
  readonly row: string;
  readonly isShown: boolean;
  /** The property that fell; undefined where no checker minds. */
  readonly noticedBy: string | undefined;
}

export function bugEntry(fate: Fate): BugEntry {
  return {
    name: fate.bug.name,
    row: row(fate),
    schedule: fate.steps.length === 0 ? undefined : schedule(fate),
    isCaught: fate.kills.length > 0,
    noticedBy: fate.properties.map(([property]) => property),
  };
}

export function variantEntry(death: ScenarioDeath): VariantEntry {
  const { scenario, what, shown, property } = death;
  return { scenario, what, row: deathRow(death), isShown: shown > 0, noticedBy: property };
}

/** What a page says: entries by the name of the bug, and by the names of variant and scenario (`variantKey`). */
export interface Page {
  readonly bugs: ReadonlyMap<string, BugEntry>;
  readonly variants: ReadonlyMap<string, VariantEntry>;
}

export function variantKey({ scenario, what }: Pick<VariantEntry, "scenario" | "what">): string {
  return `${what} | ${scenario}`;
}

/** Where bugs are planted. */
const places: ReadonlySet<string> = new Set(["cores", "members", ...workloads]);

/** Reads what `mutantsDocument` wrote. */
export function readPage(text: string): Page {
  const schedules = new Map(
    text
      .slice(text.indexOf("## Smallest schedules"))
      .split(/^(?=### )/m)
      .slice(1)
      .map((part) => [part.slice(4, part.indexOf("\n")), part.trim()]),
  );
  const bugs = new Map<string, BugEntry>();
  const variants = new Map<string, VariantEntry>();
  for (const line of text.split("\n")) {
    const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const [, name = "", second = "", third = "", fourth = "", fifth = ""] = cells;
    if (cells.length === 9 && places.has(second)) {
      const noticedBy = properties.filter((property) => fourth.includes(`${property} (`));
      const schedule = schedules.get(headingOf(name));
      bugs.set(name, { name, row: line, schedule, isCaught: noticedBy.length > 0, noticedBy });
    } else if (cells.length === 7 && third.startsWith("scenario ")) {
      const noticedBy = properties.find((property) =>
        fifth.split("; ").some((part) => part.startsWith(`${property}:`)),
      );
      const entry = { scenario: third.slice("scenario ".length), what: name, row: line, noticedBy };
      variants.set(variantKey(entry), { ...entry, isShown: !fourth.startsWith("0 of") });
    }
  }
  return { bugs, variants };
}

function row({ bug, kills, survived, events, properties, smallest }: Fate): string {
  const found = properties.map(([property, times]) => `${property} (${times})`).join(", ");
  const median = events[Math.floor(events.length / 2)];
  const survivals = survived === 0 ? "" : `; ${survived} of ${survived + kills.length} starts survived`;
  const cells = [
    bug.name,
    bug.place,
    bug.breaks,
    found === "" ? "**nothing**" : found,
    median === undefined ? "none" : `${rounded(median)}${survivals}`,
    `${bug.seeds} seeds${bug.isReplayed ? ", each twice" : ""}`,
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
  return `### ${headingOf(bug.name)}\n\n\`\`\`text\n${shown.join("\n")}\n\`\`\``;
}

function headingOf(name: string): string {
  return `${name[0]?.toUpperCase() ?? ""}${name.slice(1)}`;
}

/** Two digits are all that a median of so few tells. */
function rounded(count: number): string {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count)) - 1);
  return (Math.round(count / step) * step).toLocaleString("en");
}
