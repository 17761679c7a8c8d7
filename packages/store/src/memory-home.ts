import type { Callback, Done } from "@quorate/host";
import type { Engine } from "./engine.ts";
import type { EngineHome } from "./engine-home.ts";
import { MemoryEngine, type MemoryEngineOptions } from "./memory-engine.ts";
import { emptyRecords, type MemoryRecords } from "./memory-records.ts";

/** What survives the crash of everything else. */
export interface MemoryHomeContents {
  readonly inUse: MemoryRecords;
  readonly staged: MemoryRecords | undefined;
}

/** A home in memory, for simulators and browsers. What its engines have written, and its exchanges, are durable when done. */
export class MemoryHome implements EngineHome {
  readonly #options: Omit<MemoryEngineOptions, "contents">;
  #inUse: MemoryEngine;
  #staged: MemoryEngine | undefined;

  constructor(options: Omit<MemoryEngineOptions, "contents">, contents?: MemoryHomeContents) {
    this.#options = options;
    this.#inUse = this.#engine(contents?.inUse ?? emptyRecords);
    this.#staged = contents?.staged === undefined ? undefined : this.#engine(contents.staged);
  }

  /** For a home after a crash at this moment. */
  durableCopy(): MemoryHomeContents {
    return { inUse: this.#inUse.durableCopy(), staged: this.#staged?.durableCopy() };
  }

  open(done: Callback<Engine>): void {
    this.#inUse = this.#engine(this.#inUse.durableCopy());
    this.#options.schedule(() => done(undefined, this.#inUse));
  }

  openStaging(done: Callback<Engine>): void {
    const engine = this.#engine(this.#staged?.durableCopy() ?? emptyRecords);
    this.#staged = engine;
    this.#options.schedule(() => done(undefined, engine));
  }

  discardStaging(done: Done): void {
    this.#change(() => {
      this.#staged = undefined;
      done(undefined);
    });
  }

  exchange(done: Done): void {
    this.#change(() => {
      this.#inUse = this.#engine(this.#staged?.durableCopy() ?? emptyRecords);
      this.#staged = undefined;
      done(undefined);
    });
  }

  #engine(contents: MemoryRecords): MemoryEngine {
    return new MemoryEngine({ ...this.#options, contents });
  }

  #change(callback: () => void): void {
    (this.#options.scheduleWrite ?? this.#options.schedule)(callback);
  }
}
