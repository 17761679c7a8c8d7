import type { Rules } from "@quorate/raft";
import type { Distortion } from "../core/core-member.ts";
import type { DeviceBugs } from "../core/log-device.ts";
import type { SwarmOptions } from "../swarm.ts";

/**
 * Bugs that real implementations shipped, planted in one rule or one component each. A checker that has never caught one
 * proves nothing; a simulation that does not catch one of these within its budget does not look where it hides.
 */
export interface PlantedBug {
  readonly name: string;
  /** The rule or component that is broken. */
  readonly breaks: keyof Rules | "durable log" | "messages";
  readonly rules?: Rules;
  readonly deviceBugs?: DeviceBugs;
  readonly distort?: Distortion;
  /** The faults that it needs more of than a run draws on average. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** It does no harm but that nothing goes on: the liveness phase is needed to see it. */
  readonly stalls?: true;
  /** What may fall first: names of checkers, or "invariant" where the core itself notices. */
  readonly caughtBy: readonly string[];
  /** It is caught within this many seeds, counted from 1. */
  readonly seeds: number;
}
