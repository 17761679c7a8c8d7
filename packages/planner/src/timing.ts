import { requireWithin } from "./planner-error.ts";

/** How far apart members are, in ms, between those two that are farthest. */
export interface Broadcast {
  /** A usual round trip: its median. */
  readonly roundTripMs: number;
  /** One in a thousand takes longer: a round trip and a sync, both at p99.9. 0 where nothing was measured. */
  readonly tailMs: number;
}

export interface Timing {
  /** T, in ms: the least silence after which a leader is given up. */
  readonly timeoutMs: number;
  /** W, in ms: timers are drawn from [T, T + W). */
  readonly windowMs: number;
  readonly heartbeatMs: number;
  /** Which of the bounds T comes from. */
  readonly because: "floor" | "round trip" | "tail";
}

/** Below it, pauses of a process or a machine are taken for deaths (Ongaro and Ousterhout 2014, §9.3: 150 to 300 ms). */
export const leastTimeoutMs = 150;

/** T is at most this in a configuration of Quorate. */
export const mostTimeoutMs = 50_000;

/**
 * T is the largest of
 *   150 ms: what the paper recommends (§9.3);
 *   10 round trips: the time of a broadcast should be an order of magnitude below the timeout (§5.6);
 *   3 times the tail: so that a delay which one message in a thousand has, even tripled, deposes nobody: our own rule;
 * rounded up to 10 ms. W is the largest of 150 ms, 10 round trips, and T, as Quorate's members draw it; heartbeats are T / 10.
 * A round trip of 10 ms gives timers from 150 to 300 ms (MISSION row 14).
 */
export function suggestTiming({ roundTripMs, tailMs }: Broadcast): Timing {
  requireWithin("A round trip in ms", roundTripMs, 0, Number.MAX_VALUE);
  requireWithin("A tail in ms", tailMs, 0, Number.MAX_VALUE);
  const bounds = [
    { because: "floor", ms: leastTimeoutMs },
    { because: "round trip", ms: 10 * roundTripMs },
    { because: "tail", ms: 3 * tailMs },
  ] as const;
  const largest = bounds.reduce((one, other) => (other.ms > one.ms ? other : one));
  const timeoutMs = Math.min(mostTimeoutMs, Math.ceil(largest.ms / 10 - 1e-9) * 10);
  return {
    timeoutMs,
    windowMs: windowOf(timeoutMs, roundTripMs),
    heartbeatMs: timeoutMs / 10,
    because: largest.because,
  };
}

/** W for a given T, as Quorate's members draw it: as wide as T at least, so that two members rarely fire together. */
export function windowOf(timeoutMs: number, roundTripMs: number): number {
  return Math.max(leastTimeoutMs, 10 * roundTripMs, timeoutMs);
}
