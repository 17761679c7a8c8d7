import type { Callback } from "@quorate/host";

/** The outcome of an operation of the host as a promise. */
export function settled<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}
