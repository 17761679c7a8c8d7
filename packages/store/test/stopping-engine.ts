import type { Callback, Done } from "@quorate/host";
import type { Engine, EngineSnapshot, EngineWrite, MemoryEngine, MemoryRecords } from "@quorate/store";

/** An engine that crashes: after so many writes nothing is written any more, and nobody is told. */
export class StoppingEngine implements Engine {
  readonly #engine: MemoryEngine;
  #left = Number.POSITIVE_INFINITY;
  #stop: () => void = () => {};
  /** Resolves when a write did not happen. */
  readonly stopped = new Promise<"stopped">((resolve) => {
    this.#stop = () => resolve("stopped");
  });

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  stopAfter(writes: number): void {
    this.#left = writes;
  }

  durableCopy(): MemoryRecords {
    return this.#engine.durableCopy();
  }

  write(batch: readonly EngineWrite[], done: Done): void {
    this.#left--;
    if (this.#left < 0) this.#stop();
    else this.#engine.write(batch, done);
  }

  getSync(key: Uint8Array): Uint8Array | undefined {
    return this.#engine.getSync(key);
  }

  getMany(keys: readonly Uint8Array[], done: Callback<readonly (Uint8Array | undefined)[]>): void {
    this.#engine.getMany(keys, done);
  }

  snapshot(): EngineSnapshot {
    return this.#engine.snapshot();
  }

  close(done: Done): void {
    this.#engine.close(done);
  }
}
