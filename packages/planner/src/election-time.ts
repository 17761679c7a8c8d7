import { PlannerError, requireWithin } from "./planner-error.ts";
import { requireElectorate, rivalMs, rivalsToSplit, splitAmong, type Electorate } from "./split-vote.ts";

/** An electorate with its timers. */
export interface Election extends Electorate {
  /** T: timers fire between T and T + W after the leader was last heard. */
  readonly timeoutMs: number;
  /** From one heartbeat to the next. */
  readonly heartbeatMs: number;
}

/** From the moment that a leader stops until another leads, in ms. */
export interface ElectionTime {
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the first round. */
  readonly splitProbability: number;
  readonly meanRounds: number;
}

/** Cells of the window; the results are off by at most half of one, W / 1,600, per round. */
const cells = 800;
/** Rounds beyond this are left out once what is left weighs less. */
const negligible = 1e-7;
const mostRounds = 60;
/** Where most rounds are split, the model of the rounds after the first is too rough, and the answer the same anyway. */
const mostSplit = 0.7;

/**
 * How long a cluster is without a leader after losing one.
 *
 * A round lasts T + W M, M being the first of m timers drawn evenly from [0, 1]: density m (1 - u)^(m - 1), mean 1 / (m + 1).
 * Given the first at u, the other m - 1 are even in [u, 1], and the round is split with the probability p(u) that
 * `splitVoteProbability` has for m - 1 timers in a window of (1 - u) W; its mean over u is that for m timers in W. The first round is shorter by the age of the last heartbeat, even in
 * [0, heartbeat], less the way it took. A round that is won ends after a round trip for Pre-Vote, the candidate's sync, a
 * round trip for the votes and the voters' sync. After one that is split, timers are drawn anew: the candidates' as they
 * stand, the voters' as they vote, and again those of candidates that see that they have lost; all are taken to restart r after the first stood.
 * The distribution of the whole is the sum over j of (split rounds)^j * (one that is won), convolved on a grid of W / 800.
 *
 * Every message takes the same time, and nobody else fails. Throws `PlannerError` when the live ones are no majority, or 7 rounds of 10 are split.
 */
export function electionTime(election: Election): ElectionTime {
  requireElection(election);
  const { timeoutMs, windowMs, heartbeatMs, oneWayMs, syncMs, preVote } = election;
  const cellMs = windowMs / cells;
  const { won, split } = firstTimers(election);
  const splitProbability = sum(split);
  if (splitProbability > mostSplit) {
    throw new PlannerError(
      `With a window of ${windowMs} ms and ${rivalMs(election)} ms until a candidate is heard, most elections end without a ` +
        `leader. Widen the window.`,
    );
  }
  const askMs = preVote ? 2 * oneWayMs : 0;
  const winMs = askMs + 2 * oneWayMs + 2 * syncMs;
  // The age of the last heartbeat when the leader stops, spread over the cells that it covers.
  const ages = Math.max(1, Math.round(heartbeatMs / cellMs));
  const age = new Float64Array(ages).fill(1 / ages);
  const atoms: Atom[] = [];
  // What the timers of all split rounds so far add up to, beyond a T for each.
  let before: Float64Array = age;
  let meanRounds = 0;
  for (let round = 1; round <= mostRounds; round += 1) {
    const weight = sum(before);
    if (weight < negligible) break;
    meanRounds += weight;
    const fixedMs = oneWayMs + round * timeoutMs + (round - 1) * (askMs + rivalMs(election)) + winMs - heartbeatMs;
    for (const [at, chance] of convolve(before, won).entries()) {
      // Each of the `round` timers and the age stands at the middle of its cell.
      if (chance > 0) atoms.push({ ms: fixedMs + (at + (round + 1) / 2) * cellMs, weight: chance });
    }
    before = convolve(before, split);
  }
  atoms.sort((a, b) => a.ms - b.ms);
  const total = atoms.reduce((all, { weight }) => all + weight, 0);
  const quantile = (p: number): number => {
    let reached = 0;
    const atom = atoms.find(({ weight }) => (reached += weight) >= p * total) ?? atoms.at(-1);
    return atom?.ms ?? 0;
  };
  return {
    meanMs: atoms.reduce((all, { ms, weight }) => all + ms * weight, 0) / total,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
    splitProbability,
    meanRounds,
  };
}

interface Atom {
  readonly ms: number;
  readonly weight: number;
}

/** For each cell of the window, how likely the first timer fires in it and the round is won, and that it is split. */
function firstTimers(election: Election): { readonly won: Float64Array; readonly split: Float64Array } {
  const { live, windowMs } = election;
  const rivals = rivalsToSplit(election);
  const won = new Float64Array(cells);
  const split = new Float64Array(cells);
  for (let at = 0; at < cells; at += 1) {
    const [from, middle, to] = [at / cells, (at + 0.5) / cells, (at + 1) / cells];
    const weight = (1 - from) ** live - (1 - to) ** live;
    const lost = splitAmong(live - 1, rivals, election, (1 - middle) * windowMs);
    won[at] = weight * (1 - lost);
    split[at] = weight * lost;
  }
  return { won, split };
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}

function convolve(a: Float64Array, b: Float64Array): Float64Array {
  const result = new Float64Array(a.length + b.length - 1);
  for (const [at, value] of a.entries()) {
    if (value < 1e-15) continue;
    for (let other = 0; other < b.length; other += 1) {
      result[at + other] = (result[at + other] as number) + value * (b[other] as number);
    }
  }
  return result;
}

function requireElection(election: Election): void {
  requireElectorate(election);
  requireWithin("The election timeout in ms", election.timeoutMs, 1e-6, Number.MAX_VALUE);
  requireWithin("The time between heartbeats in ms", election.heartbeatMs, 0, election.timeoutMs);
}
