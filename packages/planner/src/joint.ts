import { requireInteger } from "./planner-error.ts";
import { majority, mostMembers } from "./quorum.ts";

/** A change of the voters: how many are in the old set, the new one, and both. */
export interface JointChange {
  readonly old: number;
  readonly new: number;
  readonly both: number;
}

/** What holds while both configurations are in force: every decision needs a majority of each (Raft §6). */
export interface JointFacts extends JointChange {
  readonly oldQuorum: number;
  readonly newQuorum: number;
  /** Voters of either set. */
  readonly voters: number;
  /** The fewest members that can decide. */
  readonly smallestQuorum: number;
  /** How many may stop, whichever they are: the smaller of the two sets' tolerances. */
  readonly tolerates: number;
  /** How many may stop when they are the right ones: all but a smallest quorum. */
  readonly toleratesAtBest: number;
}

/**
 * A member of both sets counts in both, so a smallest quorum takes as many of those as either majority can use, and the
 * rest from the one set or the other. Throws `PlannerError` when more are in both than in either.
 */
export function jointFacts(change: JointChange): JointFacts {
  requireInteger("The number of voters before the change", change.old, 1, mostMembers);
  requireInteger("The number of voters after the change", change.new, 1, mostMembers);
  requireInteger("The number of voters that stay", change.both, 0, Math.min(change.old, change.new));
  const oldQuorum = majority(change.old);
  const newQuorum = majority(change.new);
  const voters = change.old + change.new - change.both;
  const shared = Math.min(change.both, Math.max(oldQuorum, newQuorum));
  const smallestQuorum = shared + Math.max(0, oldQuorum - shared) + Math.max(0, newQuorum - shared);
  return {
    ...change,
    oldQuorum,
    newQuorum,
    voters,
    smallestQuorum,
    tolerates: Math.min(change.old - oldQuorum, change.new - newQuorum),
    toleratesAtBest: voters - smallestQuorum,
  };
}
