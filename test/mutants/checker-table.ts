import { explainProperty, properties } from "@quorate/simulator";
import type { BugEntry, VariantEntry } from "./entries.ts";

/** What a property was the first to notice, at least once. */
export interface CheckerKills {
  readonly property: string;
  readonly bugs: readonly string[];
}

/** For every property that is watched, the bugs that it was the first to notice. */
export function checkerKills(bugs: readonly BugEntry[], variants: readonly VariantEntry[]): CheckerKills[] {
  return properties.map((property) => {
    const planted = bugs.filter(({ noticedBy }) => noticedBy.includes(property));
    const shown = variants.filter(({ noticedBy }) => noticedBy === property);
    return {
      property,
      bugs: [...planted.map(({ name }) => name), ...shown.map(({ scenario, what }) => `${what} (${scenario})`)],
    };
  });
}

/** As rows of Markdown. */
export function checkerRows(kills: readonly CheckerKills[]): string[] {
  return kills.map(({ property, bugs }) => {
    const first = bugs.length === 0 ? "**nothing**" : bugs.join("; ");
    return `| ${property} | ${explainProperty(property) ?? ""} | ${bugs.length} | ${first} |`;
  });
}
