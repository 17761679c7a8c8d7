/** Aborted by SIGINT or SIGTERM, once; a second one ends the process as usual, however long its last work takes. */
export function untilStopped(): { readonly signal: AbortSignal; readonly done: () => void } {
  const controller = new AbortController();
  const stop = () => {
    done();
    controller.abort();
  };
  const done = () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return { signal: controller.signal, done };
}
