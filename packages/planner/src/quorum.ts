import { requireInteger } from "./planner-error.ts";

/** More voters than anybody runs; it bounds tables and exact counts. */
export const mostMembers = 1000;

/**
 * The smallest q such that any two quorums of n voters share a member: two disjoint sets of q need 2q voters, so that
 * 2q > n is necessary and enough (Gifford 1979, "Weighted voting for replicated data"; Raft §5.2 and §5.4 rest on it).
 */
export function majority(n: number): number {
  requireInteger("The number of voters", n, 1, mostMembers);
  return Math.floor(n / 2) + 1;
}

/** What a quorum size means for n voters. */
export interface QuorumFacts {
  readonly voters: number;
  readonly quorum: number;
  /** Any two quorums share a member. */
  readonly isSafe: boolean;
  /** How many members any two quorums share at least: max(0, 2q - n), by inclusion and exclusion. */
  readonly shared: number;
  /** How many voters may stop, whichever they are, while a quorum is still there: n - q. */
  readonly tolerates: number;
  /** Of how many voters nobody else's approval is needed to stop the cluster: n - q + 1. */
  readonly blocks: number;
}

/** The arithmetic of `n` voters that decide with `q` of them. Throws `PlannerError` unless 1 <= q <= n. */
export function quorumFacts(n: number, q: number = majority(n)): QuorumFacts {
  requireInteger("The number of voters", n, 1, mostMembers);
  requireInteger(`The quorum of ${n} voters`, q, 1, n);
  return {
    voters: n,
    quorum: q,
    isSafe: 2 * q > n,
    shared: Math.max(0, 2 * q - n),
    tolerates: n - q,
    blocks: n - q + 1,
  };
}
