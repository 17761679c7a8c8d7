import type { DirectedStep } from "./directed.ts";
import { linksBetween } from "./network-shapes.ts";
import type { Role } from "./scenario.ts";

/** Whoever stands for election next, and who waits long: `others` as share of the window that timers are drawn from. */
export function standsFirst(first: Role, others: readonly Role[], share = 0.9): readonly DirectedStep[] {
  return [
    { at: 0, do: "patience", who: [first], share: 0 },
    { at: 0, do: "patience", who: others, share },
  ];
}

/** One of three sees nobody from now on. */
export function cutOff(one: Role, others: readonly Role[], at = 0.2): DirectedStep {
  return { at, do: "cut", links: linksBetween([one], others) };
}

/** The leader of three is cut off with ten entries that nobody else has; a leads and appends four others at their places. */
export const divergingTails: readonly DirectedStep[] = [
  ...standsFirst("a", ["leader", "b"]),
  cutOff("leader", ["a", "b"]),
  { at: 0.2, do: "propose", to: "leader", count: 10 },
  { at: 0.2, once: { leads: "a" }, do: "propose", to: "a", count: 3 },
];
