import type { Limits } from "@quorate/raft";
import type { BrokenParts } from "../replica/replica-cluster.ts";
import type { DamageKind } from "../disk-damage.ts";
import type { Action, Bounds, Expectation, Outcome, Role } from "./scenario.ts";

/** A time and what then happens to whole members; times and durations are in election timeouts. */
export type MemberStep = { readonly at: number } & MemberAction;

export type MemberAction =
  | Action
  /** The power goes: what was not synced survives block by block, by luck, and writes under way in part. */
  | { readonly do: "power-cut"; readonly who: readonly Role[] }
  /** What the disk does from now on, probabilities from 0 to 1; `heal-disk` ends it. */
  | { readonly do: "fail-disk"; readonly who: readonly Role[]; readonly faults: ScenarioDiskFaults }
  | { readonly do: "heal-disk"; readonly who: readonly Role[] }
  /** The process dies, and its disk loses something of the log that was durable; in a place that the seed chooses. */
  | { readonly do: "damage-log"; readonly who: readonly Role[]; readonly kind: DamageKind }
  /**
   * Errors of an operator: the process dies, and its disk comes back empty, or as it was when it was copied. Nothing happens
   * while somebody else does not know yet that this member has started before (docs/decisions/0008).
   */
  | { readonly do: "wipe-disk" | "copy-disk" | "restore-disk"; readonly who: readonly Role[] }
  /** An operator asks this member. */
  | { readonly do: "administer"; readonly by: Role; readonly operation: RoleOperation };

/** What an operator asks for, by role. */
export type RoleOperation =
  /** Joins as a learner, and votes once it has caught up. */
  | { readonly add: Role }
  | { readonly remove: Role }
  /** Exactly these vote; voters that are not among them leave. */
  | { readonly voters: readonly Role[] };

export interface ScenarioDiskFaults {
  readonly readErrorProbability?: number;
  readonly writeErrorProbability?: number;
  readonly syncErrorProbability?: number;
  /** The disk has room for this many bytes more. */
  readonly freeBytes?: number;
  /** How long a sync takes on average, in election timeouts. */
  readonly meanSync?: number;
}

/** What comes of a scenario of whole members, as their clients see it. Times are in election timeouts. */
export interface MemberOutcome extends Outcome {
  /** The longest time in which a client of this member got no answer to a command, by the member's role. */
  readonly longestWrite: Readonly<Partial<Record<Role, number>>>;
  /** The same for reads. */
  readonly longestRead: Readonly<Partial<Record<Role, number>>>;
  /** Commands that were acknowledged; all of them are there in the end, or there is a violation. */
  readonly acknowledged: number;
  /** How often a member stopped for an error of its disk, at work or while it started. */
  readonly stoppedByDisk: number;
  /** How often a member came up with a damaged log, and got a voice again. */
  readonly quarantined: number;
  readonly healed: number;
  /** No order was ruled out for what the clients of some registers saw. */
  readonly linearizable: boolean;
}

export interface MemberExpectation extends Expectation {
  readonly longestWrite?: Readonly<Partial<Record<Role, Bounds>>>;
  readonly longestRead?: Readonly<Partial<Record<Role, Bounds>>>;
  readonly stoppedByDisk?: Bounds;
  readonly quarantined?: Bounds;
  readonly healed?: Bounds;
}

/** A named course of events that happens to production members: their core, their log on its disk, and a state machine. */
export interface MemberScenario {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly members: 3 | 5;
  /** So many members more, which run from the beginning and are in no cluster; they have the roles behind those of the others. */
  readonly spares?: number;
  /** Logs keep nothing behind a checkpoint, and whoever lacks more is sent the state; logs keep everything unless it is true. */
  readonly prunes?: boolean;
  readonly steps: readonly MemberStep[];
  /** How long it is watched, in election timeouts. Then all is healed, and everything acknowledged must be there. */
  readonly lasts: number;
  /** Members that never get along with the others again. */
  readonly gone?: readonly Role[];
  /** Checkers that cannot know of an operator's error, and so do not look. */
  readonly unwatched?: readonly string[];
  readonly expects: MemberExpectation;
  readonly broken?: readonly BrokenMemberVariant[];
}

/** The same events with something broken, and what comes of them then. */
export interface BrokenMemberVariant {
  readonly what: string;
  readonly parts: BrokenParts;
  readonly limits?: Partial<Limits>;
  /** Checkers that would end the run for the broken part itself, before it shows what comes of it. */
  readonly unwatched?: readonly string[];
  readonly expects: MemberExpectation;
}
