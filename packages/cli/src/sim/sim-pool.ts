import { Worker } from "node:worker_threads";
import type { SimChunk, SimChunkResult, SimFailure, SimWorkerData, SimWorkerMessage } from "./sim-request.ts";

/** The worker beside this module: TypeScript source or built JavaScript, whichever this is. */
const workerUrl = new URL(import.meta.url.endsWith(".ts") ? "./sim-worker.ts" : "./sim-worker.js", import.meta.url);

/**
 * A run has a bound on its events, and takes seconds at most. One that takes longer than this goes round in circles inside
 * one event, where no bound of the simulation reaches it.
 */
const mostSecondsOfARun = 60;

export interface SimPoolOptions {
  readonly workers: number;
  readonly data: SimWorkerData;
  /** Undefined when there is no more to do. */
  readonly next: () => SimChunk | undefined;
  /** Called for each chunk. */
  readonly done: (result: SimChunkResult) => void;
  /** What a worker runs; the simulator's own unless given. */
  readonly module?: URL;
  /** 60 unless given. */
  readonly mostSeconds?: number;
}

/** Runs chunks of seeds in several workers, until `next` gives none any more. A worker that is stuck is ended, and its seed named. */
export async function runInPool(options: SimPoolOptions): Promise<void> {
  const seats = Array.from({ length: options.workers }, (_, at) => new Seat(at + 1, options));
  try {
    await Promise.all(seats.map((seat) => seat.work()));
  } finally {
    await Promise.all(seats.map((seat) => seat.close()));
  }
}

type Run = Pick<SimFailure, "world" | "seed">;

/** One worker, and whoever takes its place when it is stuck. */
class Seat {
  readonly #number: number;
  readonly #options: SimPoolOptions;
  readonly #mostSeconds: number;
  #worker: Worker | undefined;
  /** What is left of a chunk whose worker was stuck. */
  #left: SimChunk[] = [];
  #chunk: SimChunk | undefined;
  #run: Run | undefined;
  /** Counted here, one by one: a machine that slept has not run anything meanwhile. */
  #seconds = 0;
  #clock: NodeJS.Timeout | undefined;
  readonly #finished = Promise.withResolvers<void>();

  constructor(number: number, options: SimPoolOptions) {
    this.#number = number;
    this.#options = options;
    this.#mostSeconds = options.mostSeconds ?? mostSecondsOfARun;
  }

  work(): Promise<void> {
    this.#begin();
    this.#clock = setInterval(() => this.#tick(), 1000);
    return this.#finished.promise;
  }

  async close(): Promise<void> {
    clearInterval(this.#clock);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #begin(): void {
    const { data, module = workerUrl } = this.#options;
    // The program's own flags do not concern the worker, but for where it finds its packages.
    const execArgv = process.execArgv.filter(
      (flag) => flag.startsWith("--conditions=") || flag.startsWith("--disable-warning"),
    );
    const worker = new Worker(module, { name: `quorate-sim-${this.#number}`, workerData: data, execArgv });
    this.#worker = worker;
    const unlessReplaced = (action: () => void): void => {
      if (this.#worker === worker) action();
    };
    worker.on("message", (message: SimWorkerMessage) => unlessReplaced(() => this.#heard(message)));
    worker.on("error", (error) => unlessReplaced(() => this.#finished.reject(error)));
    worker.on("exit", (code) => {
      const error = new Error(`a worker of the simulation ended early, with code ${code}`);
      unlessReplaced(() => this.#finished.reject(error));
    });
    this.#give();
  }

  #give(): void {
    this.#run = undefined;
    this.#chunk = this.#left.shift() ?? this.#options.next();
    if (this.#chunk === undefined) this.#finished.resolve();
    else this.#worker?.postMessage(this.#chunk);
  }

  #heard(message: SimWorkerMessage): void {
    this.#seconds = 0;
    if (message.kind === "begins") {
      this.#run = { world: message.world, seed: message.seed };
      return;
    }
    this.#tell(message.result);
    this.#give();
  }

  #tell(result: SimChunkResult): void {
    try {
      this.#options.done(result);
    } catch (error) {
      this.#finished.reject(error as Error);
    }
  }

  #tick(): void {
    if (this.#run === undefined || ++this.#seconds < this.#mostSeconds) return;
    const { world, seed } = this.#run;
    const { from, count } = this.#chunk as SimChunk;
    const stuck = this.#worker as Worker;
    this.#worker = undefined;
    void stuck.terminate();
    this.#seconds = 0;
    const failure = {
      world,
      seed,
      property: "stuck",
      message: `stuck: the run had not ended after ${this.#mostSeconds} s`,
      file: undefined,
      why: "its worker was ended; the last line of its trace comes just before the event that never ends",
    };
    const nothing = { runs: 1, events: 0, virtualMs: 0, elections: 0 };
    this.#tell({ from: seed, seeds: 1, ...nothing, failures: [failure] });
    // What came before it in the chunk was clean or failed, which the worker had not told yet: it is run again.
    const rest = [
      { from, count: seed - from },
      { from: seed + 1, count: from + count - seed - 1 },
    ];
    this.#left = this.#options.data.stopAtFirst ? [] : rest.filter((chunk) => chunk.count > 0);
    this.#begin();
  }
}
