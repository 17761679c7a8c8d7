import type { Limits } from "@quorate/raft";
import type { CoreFactory, Distortion } from "../core/core-member-options.ts";
import type { DeviceBugs } from "../core/log-device.ts";
import type { LinkSettings } from "../network-conditions.ts";
import type { StatePlan } from "../swarm.ts";
import type { Action, Bounds, BrokenVariant, Expectation, Outcome, Role, RoleLinks, Scenario } from "./scenario.ts";

/**
 * A course of events that leads to one place exactly: what follows waits for what came before, single kinds of messages
 * are lost, and whose patience ends first is said. Every `Scenario` is one as well.
 */
export interface DirectedScenario extends Omit<Scenario, "steps" | "expects" | "broken"> {
  readonly steps: readonly DirectedStep[];
  readonly setting?: Setting;
  readonly expects: DirectedExpectation;
  readonly broken?: DirectedVariant | readonly DirectedVariant[];
}

/** Not before `at`, and not before the steps above it; with `once`, as soon as that holds after both. */
export type DirectedStep = { readonly at: number; readonly once?: Condition } & DirectedAction;

/** Types of messages that can be lost alone, and how a link tells them (`message-codec.ts` of raft). */
export const losableTypes = {
  "pre-vote-request": 1,
  "pre-vote-response": 2,
  "vote-request": 3,
  "vote-response": 4,
  append: 5,
  "append-accepted": 6,
  "append-rejected": 7,
  heartbeat: 8,
  "heartbeat-response": 9,
  "timeout-now": 12,
} as const;
export type LosableType = keyof typeof losableTypes;

export type DirectedAction =
  | Action
  /** Messages of these types are lost on these links, in this direction; no types for none. */
  | { readonly do: "drop"; readonly links: RoleLinks; readonly types: readonly LosableType[] }
  /** From now on these members' timers are not drawn: each time this share of the window, from 0 to 1. */
  | { readonly do: "patience"; readonly who: readonly Role[]; readonly share: number }
  /** All in one go. */
  | { readonly do: "propose"; readonly to: Role; readonly count: number }
  | { readonly do: "read"; readonly from: Role }
  /** By the clock, where the member leads and holds a lease. */
  | { readonly do: "read-by-clock"; readonly from: Role }
  /** What is not named stays; addresses are known. */
  | {
      readonly do: "members";
      readonly by: Role;
      readonly voters?: readonly Role[];
      readonly learners?: readonly Role[];
      readonly promotable?: readonly Role[];
    }
  | { readonly do: "abandon"; readonly by: Role }
  /** The leadership is to go to another member. */
  | { readonly do: "hand-over"; readonly from: Role; readonly to: Role }
  /** Its checkpoint is made now, and its log begins behind it. */
  | { readonly do: "prune"; readonly who: readonly Role[] };

/** What a step waits for. `more` counts entries beyond those that all members had when the scenario began. */
export type Condition =
  | { readonly leads: Role }
  | { readonly votes: Role; readonly for: Role }
  /** Its term is later than the other's. */
  | { readonly ahead: Role; readonly of: Role }
  | { readonly holds: Role; readonly more: number }
  | { readonly stores: Role; readonly more: number }
  | { readonly commits: Role; readonly more: number }
  /** It goes by these voters, out of a joint configuration or never in one. */
  | { readonly counts: Role; readonly voters: readonly Role[] }
  /** It goes by a joint configuration; `committed` asks whether it knows that it is committed. */
  | { readonly joint: Role; readonly committed: boolean }
  /** All of a state has arrived there. */
  | { readonly takes: Role }
  /** How much of the log its state holds beyond what all members had when the scenario began. */
  | { readonly applies: Role; readonly more: number }
  /** So many election timeouts since the step before. */
  | { readonly passed: number };

/** What the cluster is like. */
export interface Setting {
  /** 100 unless given, in ms. New connections take up to 100 ms, whatever this is. */
  readonly electionTimeoutMs?: number;
  /** Perfect datagrams unless said otherwise; times are in ms. */
  readonly link?: Partial<LinkSettings>;
  readonly limits?: Partial<Limits>;
  /** From when on every member is asked for a command and a read twenty times in an election timeout; 0 unless given. */
  readonly asksFrom?: number;
  /** How fast the monotonic clocks of the voters run, by id; all alike unless given. */
  readonly clockRates?: readonly number[];
  /** What the configuration says of how much clocks may differ, in parts per million; 0 unless given. */
  readonly clockDriftPpm?: number;
  /** So many members more, which are in no configuration at first; they have the roles behind those of the voters. */
  readonly spares?: number;
  /** Whether peers remember a member's starts, and do not listen to a wiped disk, as whole members do; not unless given. */
  readonly knowsStarts?: boolean;
  /** How logs are pruned and states sent; logs keep everything unless given. */
  readonly states?: StatePlan;
  /** What share of the window election timers are drawn from once the scenario has begun, from 0 to 1; 1 unless given. */
  readonly timerSpread?: number;
  /** Whether members know then how long a round trip takes; they do unless it is false. */
  readonly knowsRoundTrip?: boolean;
  /** What members have in their logs at first, `leader` being the one that is to lead. */
  readonly logs?: Readonly<Partial<Record<Role, readonly TermCount[]>>>;
}

/** So many entries of one term. */
export interface TermCount {
  readonly term: number;
  readonly count: number;
}

export interface DirectedOutcome extends Outcome {
  /** Appends that were refused because what they should follow was not there, from the start of the members on. */
  readonly rejections: number;
}

export interface DirectedExpectation extends Expectation {
  readonly rejections?: Bounds;
}

/** What is broken, or set otherwise; only what a user relies on is watched then (`figure3Checkers`). */
export interface DirectedVariant extends Omit<BrokenVariant, "rules" | "expects"> {
  readonly rules?: BrokenVariant["rules"];
  readonly distort?: Distortion;
  readonly createCore?: CoreFactory;
  readonly deviceBugs?: DeviceBugs;
  readonly setting?: Setting;
  readonly expects: DirectedExpectation;
}

/** All variants of a scenario, however many it names. */
export function directedVariants({ broken }: Pick<DirectedScenario, "broken">): readonly DirectedVariant[] {
  if (broken === undefined) return [];
  return "what" in broken ? [broken] : broken;
}
