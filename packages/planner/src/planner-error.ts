/** A question that has no answer, such as a quorum of 6 in 5 members. The message says what is wrong and what is possible. */
export class PlannerError extends Error {
  override readonly name = "PlannerError";
}

/** Throws `PlannerError` unless `value` is an integer from `least` to `most`. */
export function requireInteger(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new PlannerError(`${what} is a whole number from ${least} to ${most}, not ${value}.`);
}

/** Throws `PlannerError` unless `value` is a finite number from `least` to `most`. */
export function requireWithin(what: string, value: number, least: number, most: number): void {
  if (value >= least && value <= most && Number.isFinite(value)) return;
  const range = most < Number.MAX_VALUE ? `from ${least} to ${most}` : `from ${least} on`;
  throw new PlannerError(`${what} is a number ${range}, not ${value}.`);
}

/** Throws `PlannerError` unless `value` is a probability. */
export function requireProbability(what: string, value: number): void {
  requireWithin(what, value, 0, 1);
}
