import type { Rules } from "@quorate/raft";
import type { CoreFactory, Distortion } from "../core/core-member-options.ts";
import type { DeviceBugs } from "../core/log-device.ts";
import type { DriveSettings } from "../drive.ts";
import type { BrokenMember } from "../replica/broken-member.ts";
import type { SwarmOptions } from "../swarm.ts";

/**
 * Bugs that real implementations shipped, planted in one rule or one component each. A checker that has never caught one
 * proves nothing; a simulation that does not catch one of these within its budget does not look where it hides.
 */
export interface PlantedBug {
  readonly name: string;
  /** The rule or component that is broken. */
  readonly breaks:
    | keyof Rules
    | "durable log"
    | "messages"
    | "core"
    | "limits"
    | "state machine"
    | "disk"
    | "transport"
    | "replica";
  /** Where it is planted: cores on modelled logs unless given. */
  readonly world?: "core" | "replica";
  readonly rules?: Rules;
  /** Makes the core, in both worlds. */
  readonly createCore?: CoreFactory;
  /** Of cores only. */
  readonly deviceBugs?: DeviceBugs;
  readonly distort?: Distortion;
  /** Of production members only. */
  readonly member?: BrokenMember;
  readonly drive?: Partial<DriveSettings>;
  /** The faults that it needs more of than a run draws on average. */
  readonly adjust?: (swarm: SwarmOptions) => SwarmOptions;
  /** It shows at the end only, or does no harm but that nothing goes on: the liveness phase is needed to see it. */
  readonly stalls?: true;
  /** Each seed is run twice, and the two runs compared (`checkReplay`). */
  readonly replayed?: true;
  /**
   * What may fall first, the most likely first: names of properties (`properties`), "invariant" where the core itself
   * notices.
   */
  readonly caughtBy: readonly string[];
  /** It is caught within this many seeds, counted from 1. */
  readonly seeds: number;
}
