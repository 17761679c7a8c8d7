import { explainProperty, properties } from "@quorate/simulator";
import type { Fate } from "./kill.ts";
import type { ScenarioDeath } from "./scenario-deaths.ts";

/** What a property was the first to notice, at least once. */
export interface CheckerKills {
  readonly property: string;
  readonly bugs: readonly string[];
}

/** For every property that is watched, the bugs that it was the first to notice. */
export function checkerKills(fates: readonly Fate[], deaths: readonly ScenarioDeath[]): CheckerKills[] {
  return properties.map((property) => {
    const planted = fates.filter((fate) => fate.properties.some(([name]) => name === property));
    const shown = deaths.filter((death) => death.property === property);
    return {
      property,
      bugs: [...planted.map(({ bug }) => bug.name), ...shown.map(({ scenario, what }) => `${what} (${scenario})`)],
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
