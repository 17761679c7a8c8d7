import type { Rules } from "@quorate/raft";

/** Whoever leads when the scenario begins, and the others in the order of their ids. */
export const roleNames = ["leader", "a", "b", "c", "d"] as const;
export type Role = (typeof roleNames)[number];

/** A time and what then happens; times are in election timeouts since the scenario began. */
export type Step = { readonly at: number } & Action;

export type Action =
  /** Nothing gets through between two members, in both directions. */
  | { readonly do: "cut"; readonly links: readonly (readonly [Role, Role])[] }
  /** Nothing gets through in this direction. */
  | { readonly do: "block"; readonly links: readonly (readonly [from: Role, to: Role])[] }
  | { readonly do: "heal" }
  | { readonly do: "crash" | "start" | "pause" | "resume"; readonly who: readonly Role[] };

/** What is seen from the beginning of a scenario to its end. */
export interface Outcome {
  /** Elections won. */
  readonly leaderChanges: number;
  /** By how much the newest term of any member rose. */
  readonly termGrowth: number;
  /** Whether commands were committed in the last three election timeouts. */
  readonly serves: boolean;
  /** The checker that found something. */
  readonly violation: string | undefined;
}

/** A bound on each figure of an outcome; what is absent may be anything. */
export interface Expectation {
  readonly leaderChanges?: { readonly least: number; readonly most: number };
  readonly termGrowth?: { readonly least: number; readonly most: number };
  readonly serves?: boolean;
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
  readonly broken?: { readonly what: string; readonly rules: Partial<Rules>; readonly expects: Expectation };
}
