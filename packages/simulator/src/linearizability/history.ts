/**
 * One operation of a client. Times are in any unit, on one clock for the whole history, and closed: an operation that is
 * called at the very time at which another returns is concurrent with it.
 *
 * An operation that certainly never happened is left out of the history.
 */
export interface Operation<Input, Output> {
  /** Who called, for people. */
  readonly process: number | string;
  readonly call: number;
  /** Undefined: its outcome was never learned. It happens at some time after the call, or never. */
  readonly return: number | undefined;
  readonly input: Input;
  /** Undefined: the operation has none, or it was not learned. What is open (no return) has no known output. */
  readonly output: Output | undefined;
}

export type History<Input, Output> = readonly Operation<Input, Output>[];

/** A history that cannot be checked: times that are no numbers, or a return before its call. */
export class HistoryError extends Error {
  override readonly name = "HistoryError";
}

/** Throws a HistoryError that names the first operation whose times make no sense. */
export function requireSoundTimes(history: History<unknown, unknown>): void {
  for (let at = 0; at < history.length; at++) {
    const { call, return: end, output } = history[at] as Operation<unknown, unknown>;
    if (!Number.isFinite(call)) throw new HistoryError(`Operation ${at} has no call time that is a finite number.`);
    if (end === undefined) {
      if (output !== undefined) throw new HistoryError(`Operation ${at} has an output but never returned.`);
    } else if (!Number.isFinite(end) || end < call) {
      throw new HistoryError(`Operation ${at} was called at ${call} and returns at ${end}, which is not after it.`);
    }
  }
}
