import type { MemberId } from "./types.ts";

/**
 * Who decides. While `outgoing` is empty, a majority of `voters` decides; while it is not, the configuration is joint
 * and every decision needs a majority of `voters` *and* a majority of `outgoing` (Raft §6).
 */
export interface Configuration {
  /** Ascending, without repetition; at least one. */
  readonly voters: readonly MemberId[];
  /** The old voters while joint, ascending; otherwise empty. */
  readonly outgoing: readonly MemberId[];
  /**
   * Members that receive the log and never count (dissertation §4.2.1), ascending, none of them in `voters`. One that is in
   * `outgoing` is a voter until the joint state is left, and a learner from then on.
   */
  readonly learners: readonly MemberId[];
  /** The learners that become voters by themselves once they are caught up, ascending. */
  readonly promotable: readonly MemberId[];
  /**
   * Ids that were members and may never come back, oldest first: at most `maxRemoved`. Ids are drawn at random from 53
   * bits, so that one that has fallen off the end is not drawn again either.
   */
  readonly removed: readonly MemberId[];
  /**
   * How to reach every member named above, and those that left with the last change, which are still told that they did
   * (`recipients` are the members). Ascending by id.
   */
  readonly members: readonly MemberAddress[];
  readonly timing: Timing;
}

export interface MemberAddress {
  readonly id: MemberId;
  /** For people; unique in a cluster. */
  readonly name: string;
  /** Where peers reach it: URLs such as "http://127.0.0.1:2380". The core never reads them. */
  readonly peerUrls: readonly string[];
  /** Which voter a leader that steps aside prefers, from 0 (as when it is missing) to 100, the most preferred. */
  readonly priority?: number;
}

/** How many ids of former members a configuration remembers. */
export const maxRemoved = 1000;

/** Promises about time that members make to each other, therefore part of the replicated configuration (DESIGN §3). */
export interface Timing {
  /** T, the base election timeout in ms, an integer from 10 to 50,000. */
  readonly electionTimeoutMs: number;
  /** The largest difference in rate between two members' clocks, in parts per million, 0 to 500,000. */
  readonly clockDriftPpm: number;
}

export const defaultTiming: Timing = { electionTimeoutMs: 1000, clockDriftPpm: 10_000 };

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0;
}

export function isVoter(configuration: Configuration, id: MemberId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id);
}

export function isMember(configuration: Configuration, id: MemberId): boolean {
  return isVoter(configuration, id) || configuration.learners.includes(id);
}

/** Every member, voter or learner, ascending: those that receive the log. */
export function recipients(configuration: Configuration): MemberId[] {
  const ids = new Set([...configuration.voters, ...configuration.outgoing, ...configuration.learners]);
  return [...ids].sort((a, b) => a - b);
}
