import type { Configuration } from "./configuration.ts";
import type { MemberId } from "./types.ts";

/** How an election stands: decided either way, or still open. */
export type ElectionOutcome = "won" | "lost" | "pending";

/** The voter sets that must each agree: one, or two while joint (Raft §6). */
export type VoterSets = Pick<Configuration, "voters" | "outgoing">;

/** The smallest number of members such that any two groups of that size share one: more than half. */
export function majority(voters: number): number {
  return Math.floor(voters / 2) + 1;
}

/**
 * The largest value that a majority of `voters` has reached: for match indexes, the index that is on a majority; for
 * acknowledged rounds, the newest round that a majority answered; for times of contact, since when a majority is heard.
 * Infinity without voters, so that an empty set never holds the other one back.
 */
export function majorityValue(voters: readonly MemberId[], valueOf: (id: MemberId) => number): number {
  if (voters.length === 0) return Number.POSITIVE_INFINITY;
  const values = voters.map(valueOf).sort((a, b) => b - a);
  return values[majority(voters.length) - 1] as number;
}

/** `majorityValue` of every configuration in force: while joint the smaller of the two (Raft §6). */
export function decidedValue(sets: VoterSets, valueOf: (id: MemberId) => number): number {
  const incoming = majorityValue(sets.voters, valueOf);
  if (sets.outgoing.length === 0) return incoming;
  return Math.min(incoming, majorityValue(sets.outgoing, valueOf));
}

/** How a vote among `voters` stands: true for yes, false for no, undefined for no answer. */
export function majorityOutcome(
  voters: readonly MemberId[],
  voteOf: (id: MemberId) => boolean | undefined,
): ElectionOutcome {
  if (voters.length === 0) return "won";
  let yes = 0;
  let open = 0;
  for (const id of voters) {
    const vote = voteOf(id);
    if (vote === undefined) open++;
    else if (vote) yes++;
  }
  const needed = majority(voters.length);
  if (yes >= needed) return "won";
  return yes + open >= needed ? "pending" : "lost";
}

/** `majorityOutcome` in every configuration in force: won when won in both, lost when lost in either (Raft §6). */
export function electionOutcome(sets: VoterSets, voteOf: (id: MemberId) => boolean | undefined): ElectionOutcome {
  const incoming = majorityOutcome(sets.voters, voteOf);
  if (sets.outgoing.length === 0) return incoming;
  const outgoing = majorityOutcome(sets.outgoing, voteOf);
  if (incoming === outgoing) return incoming;
  return incoming === "lost" || outgoing === "lost" ? "lost" : "pending";
}
