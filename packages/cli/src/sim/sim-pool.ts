import { Worker } from "node:worker_threads";
import type { SimChunk, SimChunkResult, SimWorkerData } from "./sim-request.ts";

/** The worker beside this module: TypeScript source or built JavaScript, whichever this is. */
const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./sim-worker.ts" : "./sim-worker.js", import.meta.url);

/** Runs chunks of seeds in several workers, until `next` gives none any more. `done` is called for each chunk. */
export async function runInPool(
  workers: number,
  data: SimWorkerData,
  next: () => SimChunk | undefined,
  done: (result: SimChunkResult) => void,
): Promise<void> {
  // The program's own flags do not concern the worker, but for where it finds its packages.
  const execArgv = process.execArgv.filter(
    (flag) => flag.startsWith("--conditions=") || flag.startsWith("--disable-warning"),
  );
  const pool = Array.from(
    { length: workers },
    (_, at) => new Worker(workerUrl, { name: `quorate-sim-${at + 1}`, workerData: data, execArgv }),
  );
  try {
    await Promise.all(pool.map((worker) => feed(worker, next, done)));
  } finally {
    await Promise.all(pool.map((worker) => worker.terminate()));
  }
}

function feed(worker: Worker, next: () => SimChunk | undefined, done: (result: SimChunkResult) => void): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const give = (): void => {
    const chunk = next();
    if (chunk === undefined) resolve();
    else worker.postMessage(chunk);
  };
  worker.on("message", (result: SimChunkResult) => {
    try {
      done(result);
      give();
    } catch (error) {
      reject(error as Error);
    }
  });
  worker.on("error", reject);
  worker.on("exit", (code) => reject(new Error(`a worker of the simulation ended early, with code ${code}`)));
  give();
  return promise;
}
