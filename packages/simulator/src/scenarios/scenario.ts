import type { Rules } from "@quorate/raft";

/** Whoever leads when the scenario begins, and the others in the order of their ids; the last are in no cluster at first. */
export const roleNames = ["leader", "a", "b", "c", "d", "e", "f", "g"] as const;
export type Role = (typeof roleNames)[number];

/** Pairs of members; where a direction matters, from the first to the second. */
export type RoleLinks = readonly (readonly [from: Role, to: Role])[];

/** A time and what then happens; times are in election timeouts since the scenario began. */
export type Step = { readonly at: number } & Action;

/** Durations are in election timeouts as well. */
export type Action =
  /** Nothing gets through between two members, in both directions; `mend` takes that back. */
  | { readonly do: "cut" | "mend"; readonly links: RoleLinks }
  /** Nothing gets through in this direction; `unblock` takes that back. */
  | { readonly do: "block" | "unblock"; readonly links: RoleLinks }
  /** Every message on these links, in this direction, takes so long. */
  | { readonly do: "delay"; readonly links: RoleLinks; readonly lasts: number }
  | { readonly do: "heal" }
  | { readonly do: "crash" | "start" | "pause" | "resume" | "suspend"; readonly who: readonly Role[] }
  /** Each event takes the process so long; 0 ends that. */
  | { readonly do: "slow"; readonly who: readonly Role[]; readonly perEvent: number }
  /** Nothing on the disk completes for so long. */
  | { readonly do: "stall-disk"; readonly who: readonly Role[]; readonly lasts: number }
  /** The monotonic clock jumps forward, and the wall clock either way. */
  | { readonly do: "jump-clock"; readonly who: readonly Role[]; readonly monotonic: number; readonly wall: number };

/** What is seen from the beginning of a scenario to its end. Times are in election timeouts. */
export interface Outcome {
  /** Elections won. */
  readonly leaderChanges: number;
  /** By how much the newest term of any member rose. */
  readonly termGrowth: number;
  /** Whether commands were committed in the last three election timeouts. */
  readonly serves: boolean;
  /** The checker that found something. */
  readonly violation: string | undefined;
  /** Who leads in the end; undefined for nobody. */
  readonly finalLeader: Role | undefined;
  /** For how long nothing was committed that was asked for, and how long that took at a stretch. */
  readonly unavailable: number;
  readonly longestOutage: number;
  /** For how long more than one member called itself leader. */
  readonly rivalLeaders: number;
  readonly readsAnswered: number;
  /** Answered with less than was committed when they were asked. */
  readonly staleReads: number;
  readonly messagesSent: number;
  readonly bytesSent: number;
}

/** Both included. */
export interface Bounds {
  readonly least: number;
  readonly most: number;
}

/** A bound on each figure of an outcome; what is absent may be anything, but for stale reads, of which there are none. */
export interface Expectation {
  readonly leaderChanges?: Bounds;
  readonly termGrowth?: Bounds;
  readonly unavailable?: Bounds;
  readonly longestOutage?: Bounds;
  readonly rivalLeaders?: Bounds;
  readonly staleReads?: Bounds;
  readonly serves?: boolean;
  /** One of these leads in the end; none of them for nobody. */
  readonly finalLeader?: readonly Role[];
  /** The checker that finds something, or one of those that may; none unless said. */
  readonly violation?: string | readonly string[];
}

/** A named course of events, and what comes of it. */
export interface Scenario {
  readonly name: string;
  /** What happens, in a sentence. */
  readonly title: string;
  /** Where it is known from. */
  readonly source: string;
  readonly members: 3 | 5;
  readonly steps: readonly Step[];
  /** How long it is watched, in election timeouts. */
  readonly lasts: number;
  /** With the real rules; no checker may find anything. */
  readonly expects: Expectation;
  /** What it shows of a rule that is broken. */
  readonly broken?: BrokenVariant | readonly BrokenVariant[];
}

/** The same events with other rules, and what comes of them then. */
export interface BrokenVariant {
  readonly what: string;
  readonly rules: Partial<Rules>;
  /** Checkers that would end the run for the broken rule itself, before it shows what comes of it. */
  readonly unwatched?: readonly string[];
  readonly expects: Expectation;
}

/** All variants of a scenario, however many it names. */
export function brokenVariants({ broken }: Pick<Scenario, "broken">): readonly BrokenVariant[] {
  if (broken === undefined) return [];
  return "what" in broken ? [broken] : broken;
}
