import { HostError, type Done } from "@quorate/host";

/** Lets the world go on before `next` runs: heartbeats must not wait for a long range (DESIGN §5). */
export type Pause = (next: () => void) => void;

/**
 * Repeats `step` until it completes with `true`, or with an error. Completions from inside of a step are taken in a loop,
 * so any number of them nests no deeper than one.
 */
export function untilFinished(
  step: (done: (error: HostError | undefined, isFinished: boolean) => void) => void,
  done: Done,
): void {
  let isFinished = false;
  let isLooping = false;
  let isReady = true;
  const run = (): void => {
    if (isLooping) return;
    isLooping = true;
    while (isReady) {
      isReady = false;
      if (isFinished) {
        isLooping = false;
        return done(undefined);
      }
      step((error, isLast) => {
        if (error !== undefined) return done(error);
        isFinished = isLast;
        isReady = true;
        run();
      });
    }
    isLooping = false;
  };
  run();
}

/** Runs `step` for 0, 1 ... `count - 1`, each once the one before it has completed; stops at the first error. */
export function inTurn(count: number, step: (index: number, done: Done) => void, done: Done): void {
  let index = 0;
  untilFinished((next) => {
    if (index >= count) return next(undefined, true);
    step(index++, (error) => next(error, false));
  }, done);
}

/** What `compute` gives, or the error of the outside world (a damaged record among them) that it met. */
export type Attempt<T> = { readonly error: HostError } | { readonly error: undefined; readonly value: T };

export function attempt<T>(compute: () => T): Attempt<T> {
  try {
    return { error: undefined, value: compute() };
  } catch (error) {
    if (error instanceof HostError) return { error };
    throw error;
  }
}
