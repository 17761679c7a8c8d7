import type { LabAction, TimedAction } from "../world/lab-action.ts";
import type { FreeSetup } from "../world/lab-run.ts";

/** Three members that hear each other 20 ms later, T = 1 s, and one rule of which nothing is left. */
export function threeMembers(...broken: readonly string[]): FreeSetup {
  return { kind: "free", members: 3, spares: 0, electionTimeoutMs: 1000, delayMs: 20, broken };
}

/** An action of a solution, at a time in s. */
export function at(seconds: number, action: LabAction): TimedAction {
  return { at: Math.round(seconds * 1_000_000), action };
}

/** What clients ask for. */
export const requests: readonly LabAction["do"][] = ["write", "read", "read-by-clock"];
/** Which links are cut, and mended. */
export const cuts: readonly LabAction["do"][] = ["block", "unblock", "mend", "partition", "heal"];
/** Processes that die and start. */
export const deaths: readonly LabAction["do"][] = ["crash", "start"];
