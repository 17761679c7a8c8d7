import { requireProbability, requireWithin } from "./planner-error.ts";

/**
 * Something that fails and is repaired, over and over: a member, or a zone with all its members. Times are in hours; only
 * their means matter to what is computed here (alternating renewal process: Barlow and Proschan 1975, chapter 7).
 */
export interface Repairable {
  /** Mean time from a repair to the next failure; Infinity for what never fails. */
  readonly failsEveryHours: number;
  /** Mean time that a failure lasts. */
  readonly repairHours: number;
}

export const neverFails: Repairable = { failsEveryHours: Number.POSITIVE_INFINITY, repairHours: 0 };

/** The part of the time that it is down: repair / (failsEvery + repair). */
export function unavailability({ failsEveryHours, repairHours }: Repairable): number {
  return failsEveryHours === Number.POSITIVE_INFINITY ? 0 : repairHours / (failsEveryHours + repairHours);
}

/** How often it fails, in the long run: once in failsEvery + repair. Per hour. */
export function failureFrequency({ failsEveryHours, repairHours }: Repairable): number {
  return 1 / (failsEveryHours + repairHours);
}

/** What is up for a given part of the time, where a failure lasts `repairHours`. */
export function withAvailability(availability: number, repairHours: number): Repairable {
  requireProbability("An availability", availability);
  requireWithin("A repair time", repairHours, 1e-9, Number.MAX_VALUE);
  if (availability === 1) return { ...neverFails, repairHours };
  return { failsEveryHours: (repairHours * availability) / (1 - availability), repairHours };
}

/** Throws `PlannerError` unless both times are possible. */
export function requireRepairable(what: string, { failsEveryHours, repairHours }: Repairable): void {
  if (failsEveryHours !== Number.POSITIVE_INFINITY) {
    requireWithin(`The time between two failures of ${what}, in hours,`, failsEveryHours, 0, Number.MAX_VALUE);
    requireWithin(`The repair time of ${what}, in hours,`, repairHours, 1e-9, Number.MAX_VALUE);
  }
}
