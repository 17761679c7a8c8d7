import {
  electionTime,
  majority,
  PlannerError,
  splitVoteProbability,
  suggestTiming,
  windowForSplitVote,
  windowOf,
  type ElectionTime,
  type Timing,
} from "@quorate/planner";
import type { PlanInput } from "./plan-input.ts";

/** What is planned for the loss of a leader. Times in ms. */
export interface ElectionPlan {
  /** Between the two voters that are farthest apart: the median. */
  readonly roundTripMs: number;
  readonly syncMs: number;
  readonly suggested: Timing;
  /** What the rest is computed for: what was asked for, else what is suggested. */
  readonly timeoutMs: number;
  readonly windowMs: number;
  /** Voters that are left once the leader is lost; undefined where they cannot elect another. */
  readonly time: ElectionTime | undefined;
  /** The smallest window in which a split vote is at most as likely as 1 %. */
  readonly windowForOnePercent: number | undefined;
  /** Other windows, for comparison. */
  readonly windows: readonly WindowPlan[];
}

export interface WindowPlan {
  readonly windowMs: number;
  readonly splitProbability: number;
  /** Undefined where most rounds would be split. */
  readonly meanMs: number | undefined;
  readonly p99Ms: number | undefined;
}

/** Undefined without round trips. */
export function planElection({
  voters,
  times,
  timeoutMs: wantedT,
  windowMs: wantedW,
}: PlanInput): ElectionPlan | undefined {
  if (times === undefined) return undefined;
  const pairs = times.roundTrips.flatMap((row, from) => row.filter((_, to) => from !== to));
  const farthest = (p: number): number => Math.max(0, ...pairs.map(({ quantile }) => quantile(p)));
  const slowest = (p: number): number => Math.max(...times.syncs.map(({ quantile }) => quantile(p)));
  const roundTripMs = farthest(0.5);
  const syncMs = slowest(0.5);
  const suggested = suggestTiming({ roundTripMs, tailMs: farthest(0.999) + slowest(0.999) });
  const timeoutMs = wantedT ?? suggested.timeoutMs;
  const windowMs = wantedW ?? windowOf(timeoutMs, roundTripMs);
  const n = voters.length;
  const electorate = { voters: n, live: n - 1, oneWayMs: roundTripMs / 2, syncMs, preVote: true };
  const base = { roundTripMs, syncMs, suggested, timeoutMs, windowMs };
  if (n - 1 < majority(n)) return { ...base, time: undefined, windowForOnePercent: undefined, windows: [] };
  const timeFor = (window: number): ElectionTime | undefined => {
    try {
      return electionTime({ ...electorate, windowMs: window, timeoutMs, heartbeatMs: timeoutMs / 10 });
    } catch (error) {
      if (error instanceof PlannerError) return undefined;
      throw error;
    }
  };
  const others = [windowMs / 4, windowMs / 2, windowMs, windowMs * 2].map((window) => Math.max(1, Math.round(window)));
  return {
    ...base,
    time: timeFor(windowMs),
    windowForOnePercent: windowForSplitVote(electorate, 0.01),
    windows: [...new Set(others)].map((window) => {
      const time = timeFor(window);
      const splitProbability = splitVoteProbability({ ...electorate, windowMs: window });
      return { windowMs: window, splitProbability, meanMs: time?.meanMs, p99Ms: time?.p99Ms };
    }),
  };
}
