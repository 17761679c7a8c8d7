import { HostError, type Callback, type Done } from "@quorate/host";
import { WalError } from "./errors.ts";

/**
 * Work of many disk operations, one after the other, written as a generator: opening, rolling, pruning, reading. Each
 * `yield*` is one operation of the disk. Nothing here is on the path of a write.
 */
export type Steps<T> = Generator<StartOperation, T, unknown>;

type StartOperation = (done: (error: HostError | undefined, value: unknown) => void) => void;

/** One operation; its error is thrown where it was asked for. */
export function* perform<T>(start: (done: Callback<T>) => void): Steps<T> {
  return (yield start) as T;
}

/** One operation without a value. */
export function* carryOut(start: (done: Done) => void): Steps<void> {
  yield (done) => start((error) => done(error, undefined));
}

/**
 * Runs the steps. The first operation starts at once, and `done` is called when the last has completed. Errors of the
 * disk and of the log come out through `done`; anything else is a bug and is thrown.
 */
export function runSteps<T>(steps: Steps<T>, done: (error: HostError | WalError | undefined, value: T) => void): void {
  const advance = (resume: () => IteratorResult<StartOperation, T>): void => {
    let next: IteratorResult<StartOperation, T>;
    try {
      next = resume();
    } catch (error) {
      if (!(error instanceof HostError) && !(error instanceof WalError)) throw error;
      return done(error, undefined as never);
    }
    if (next.done === true) return done(undefined, next.value);
    next.value((error, value) => advance(() => (error === undefined ? steps.next(value) : steps.throw(error))));
  };
  advance(() => steps.next());
}
