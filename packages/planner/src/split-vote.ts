import { binomialTail } from "./counting.ts";
import { PlannerError, requireInteger, requireWithin } from "./planner-error.ts";
import { majority, mostMembers } from "./quorum.ts";

/** Voters that are about to elect a leader, since they lost theirs. Times are in ms. */
export interface Electorate {
  readonly voters: number;
  /** Those that are up and may stand: usually all but the leader that was lost. */
  readonly live: number;
  /** W: timers are drawn evenly from [T, T + W). */
  readonly windowMs: number;
  /** One way from any member to any other. */
  readonly oneWayMs: number;
  /** A candidate's own vote is on its disk before it asks for others (Raft §5.2, Figure 2: persistent state). */
  readonly syncMs: number;
  /** Members ask first whether they could win. Quorate's always do. */
  readonly preVote: boolean;
}

/**
 * How long after the first member's timer another's may still fire and make it a rival: until the first one's request for
 * votes has come. With Pre-Vote both spend the same round trip before they stand, so that it is as long.
 */
export function rivalMs({ oneWayMs, syncMs }: Pick<Electorate, "oneWayMs" | "syncMs">): number {
  return oneWayMs + syncMs;
}

/**
 * The probability that one round of an election ends without a leader, where every message takes the same time.
 *
 * Of m timers drawn evenly from a window of W, all but those that fire within r = rivalMs of the first vote for the first:
 * it gets m - c votes when c others have become candidates. It loses when m - c < majority, that is c >= k with
 * k = m - majority + 1. The time from the first to the (k + 1)-th of m even draws is a sum of k of the m + 1 equal
 * spacings that they leave, which is W * Beta(k, m - k + 1) (David and Nagaraja 2003, §6.4), and
 *   P(Beta(k, m - k + 1) <= x) = I_x(k, m - k + 1) = P(Binomial(m, x) >= k), with x = r / W.
 * For three voters, one of them lost: 1 - (1 - x)^2.
 *
 * With Pre-Vote (Ongaro 2014, §9.6) the last of those k rivals needs a pre-vote of one of the others that stand: the rest are
 * one too few. So its question must reach the one before it while that only asks itself, within one way of its timer: the k-th
 * spacing must be below y = oneWay / W as well. Given that it is not, what remains of it is again a spacing, in 1 - y, so
 *   P = P(Binomial(m, x) >= k) - (1 - y)^m P(Binomial(m, (x - y) / (1 - y)) >= k),
 * which is 1 - (1 - y)^m for k = 1, and the same as without Pre-Vote where syncs take no time. Otherwise it is a bound from
 * above: a rival that hears a refusal of somebody who stands already before it has its pre-votes gives up, which
 * depends on the order of messages that come at the same time. P(Binomial(m, y) >= k) is one from below.
 * Throws `PlannerError` when the live ones are no majority.
 */
export function splitVoteProbability(electorate: Electorate): number {
  const rivals = rivalsToSplit(electorate);
  return splitAmong(electorate.live, rivals, electorate, electorate.windowMs);
}

/** The same for `timers` even draws from `windowMs`, the first of which may be known to be at its beginning. */
export function splitAmong(
  timers: number,
  rivals: number,
  { oneWayMs, syncMs, preVote, live }: Omit<Electorate, "windowMs">,
  windowMs: number,
): number {
  if (rivals >= live) return 0;
  const x = Math.min(1, (oneWayMs + syncMs) / windowMs);
  const all = binomialTail(timers, x, rivals);
  const y = oneWayMs / windowMs;
  if (!preVote || y >= 1) return all;
  return Math.max(0, all - (1 - y) ** timers * binomialTail(timers, (x - y) / (1 - y), rivals));
}

/**
 * The probability that anybody else stands as well, which need not keep the first from winning: 1 - (1 - r/W)^m. It bounds
 * the probability of a split vote from above for any delays of at most `oneWayMs`, equal or not.
 */
export function rivalProbability(electorate: Electorate): number {
  requireElectorate(electorate);
  const { live, windowMs } = electorate;
  return live < 2 ? 0 : binomialTail(live, Math.min(1, rivalMs(electorate) / windowMs), 1);
}

/** k: with so many rivals the first candidate is left without a majority. */
export function rivalsToSplit(electorate: Electorate): number {
  requireElectorate(electorate);
  return electorate.live - majority(electorate.voters) + 1;
}

/** The smallest window in whole ms for which a split vote is at most so likely. Throws `PlannerError` unless 0 < p < 1. */
export function windowForSplitVote(electorate: Omit<Electorate, "windowMs">, probability: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new PlannerError(`A split vote can be made as rare as any p between 0 and 1, but not ${probability}.`);
  }
  const splits = (windowMs: number): boolean => splitVoteProbability({ ...electorate, windowMs }) > probability;
  let high = 1;
  while (splits(high)) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (splits(middle)) low = middle;
    else high = middle;
  }
  return high;
}

export function requireElectorate({ voters, live, windowMs, oneWayMs, syncMs }: Electorate): void {
  requireInteger("The number of voters", voters, 1, mostMembers);
  requireInteger("The number of voters that are up", live, 1, voters);
  if (live < majority(voters)) {
    throw new PlannerError(`${live} of ${voters} voters are up, but ${majority(voters)} must vote for a leader.`);
  }
  requireWithin("The election window in ms", windowMs, 1e-6, Number.MAX_VALUE);
  requireWithin("A message's time in ms", oneWayMs, 0, Number.MAX_VALUE);
  requireWithin("A sync's time in ms", syncMs, 0, Number.MAX_VALUE);
}
