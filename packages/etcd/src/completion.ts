import type { Callback, HostError } from "@quorate/host";

/** A callback's outcome as a promise. */
export function completion<T>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error: HostError | undefined, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}
