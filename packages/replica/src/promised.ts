import type { Outcome } from "./interface.ts";

/** What completes with an outcome, as a promise. */
export function promised<T>(start: (outcome: Outcome<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}
