import type { Timers } from "@quorate/host";
import type { ReplicaError } from "./errors.ts";
import type { Outcome } from "./interface.ts";

/** Tells callers what became of what they asked. */
export class Outcomes {
  readonly #timers: Timers;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  succeed<T>(outcome: Outcome<T>, value: T): void {
    this.#call(outcome, undefined, value);
  }

  fail<T>(outcome: Outcome<T>, error: ReplicaError): void {
    this.#call(outcome, error, undefined as T);
  }

  failAll<T>(outcomes: Iterable<Outcome<T>>, error: ReplicaError): void {
    for (const outcome of outcomes) this.fail(outcome, error);
  }

  #call<T>(outcome: Outcome<T>, error: ReplicaError | undefined, value: T): void {
    try {
      outcome(error, value);
    } catch (thrown) {
      throwLater(this.#timers, thrown);
    }
  }
}

/** Calls a function of the program that embeds this member. */
export function callForeign(timers: Timers, call: () => void): void {
  try {
    call();
  } catch (thrown) {
    throwLater(timers, thrown);
  }
}

/**
 * The program's own mistake must not stop the member half-way through a turn, nor go unseen: it is thrown again from a turn
 * of its own, where the program's usual handling of uncaught errors meets it.
 */
function throwLater(timers: Timers, thrown: unknown): void {
  timers.after(0, () => {
    throw thrown;
  });
}
