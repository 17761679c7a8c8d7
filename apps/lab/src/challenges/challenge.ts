import type { LabAction, TimedAction } from "../world/lab-action.ts";
import type { FreeSetup, LabRun } from "../world/lab-run.ts";
import type { Tape } from "../world/tape.ts";
import type { Goal } from "./goal.ts";

/** A world in which the reader is to bring something about, with few actions. */
export interface Challenge {
  readonly name: string;
  readonly title: string;
  /** What the world is like, in a sentence or two. */
  readonly about: string;
  readonly seed: number;
  readonly setup: FreeSetup;
  readonly goal: Goal;
  /** How many actions it takes at most; what clients ask for is free. */
  readonly limit: number;
  /** By when it must be reached, in election timeouts from the start of the members. */
  readonly until: number;
  /** What the reader may do. */
  readonly allowed: readonly LabAction["do"][];
  /** One after the other, on demand. */
  readonly hints: readonly string[];
  /** What it shows, once it is solved. */
  readonly shows: string;
  /** The comparison that tells of the same; none where there is none. */
  readonly story?: string;
  /** One way to do it. */
  readonly solution: readonly TimedAction[];
}

const free: ReadonlySet<LabAction["do"]> = new Set(["write", "read", "read-by-clock"]);

/** How many of these actions count. */
export function counted(actions: readonly TimedAction[]): number {
  return actions.filter(({ action }) => !free.has(action.do)).length;
}

/** Why this may not be done now; undefined where it may. */
export function refusal(challenge: Challenge, done: readonly TimedAction[], action: LabAction): string | undefined {
  const { allowed, limit } = challenge;
  if (!allowed.includes(action.do)) return "That is not among what this challenge allows.";
  if (isOfManyLinks(action)) return "One link at a time, here.";
  if (free.has(action.do) || counted(done) < limit) return undefined;
  return limit === 1
    ? "The one action is used: go back in time, or take it back."
    : `All ${limit} actions are used: go back in time, or take the last one back.`;
}

/** A link from everybody, or to everybody, is many. */
function isOfManyLinks(action: LabAction): boolean {
  const isOfLinks = action.do === "block" || action.do === "unblock" || action.do === "mend" || action.do === "link";
  return isOfLinks && (action.from === 0 || action.to === 0);
}

/** The run of a challenge, with what the reader did. */
export function runOfChallenge({ seed, setup }: Challenge, actions: readonly TimedAction[] = []): LabRun {
  return { seed, setup, actions };
}

export interface Standing {
  readonly used: number;
  /** When it was reached in time, in µs. */
  readonly solvedAt: number | undefined;
}

/** How far a reader has come with what was done so far. */
export function standingOf(challenge: Challenge, actions: readonly TimedAction[], tape: Tape): Standing {
  const { electionTimeoutMs } = challenge.setup;
  const used = counted(actions);
  const isFair = actions.every(({ action }, at) => refusal(challenge, actions.slice(0, at), action) === undefined);
  const reachedAt = isFair ? challenge.goal.reachedAt(tape, electionTimeoutMs) : undefined;
  const isInTime = reachedAt !== undefined && reachedAt <= challenge.until * electionTimeoutMs * 1000;
  return { used, solvedAt: isInTime ? reachedAt : undefined };
}
