import type { DirectedVariant } from "@quorate/simulator";

/** What the right side of a comparison is headed with: what differs there, and what kind of thing that is. */
export function rightTitle({ what, rules, setting, ...code }: DirectedVariant): string {
  const rulesBroken = Object.keys(rules ?? {}).length;
  if (rulesBroken > 1) return `Right, ${rulesBroken === 2 ? "two" : rulesBroken} rules broken: ${what}`;
  const isBroken = rulesBroken > 0 || "distort" in code || "createCore" in code || "deviceBugs" in code;
  if (isBroken || setting === undefined) return `Right, broken: ${what}`;
  // What the configuration says of clocks is for the operator to keep.
  if (setting.clockRates !== undefined) return `Right, the same rules and a promise broken: ${what}`;
  return `Right, the same rules set otherwise: ${what}`;
}
