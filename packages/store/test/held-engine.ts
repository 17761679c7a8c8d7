import type { Callback, Done } from "@quorate/host";
import type { MemoryEngine, Engine, EngineSnapshot, EngineWrite, MemoryRecords } from "@quorate/store";

/** Where a held write waits: before the engine has it, or after that and before anybody is told. */
export type HoldingPoint = "before" | "after";

/** An engine in memory whose writes take as long as a test wants. */
export class HeldEngine implements Engine {
  readonly #engine: MemoryEngine;
  #holding: HoldingPoint | undefined;
  #held: (() => void)[] = [];

  constructor(engine: MemoryEngine) {
    this.#engine = engine;
  }

  /** Writes wait until `release` from now on. */
  hold(point: HoldingPoint): void {
    this.#holding = point;
  }

  get isHolding(): boolean {
    return this.#holding !== undefined;
  }

  release(): void {
    this.#holding = undefined;
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }

  durableCopy(): MemoryRecords {
    return this.#engine.durableCopy();
  }

  write(batch: readonly EngineWrite[], done: Done): void {
    const write = (completed: Done): void => this.#engine.write(batch, completed);
    if (this.#holding === "before") this.#held.push(() => write(done));
    else if (this.#holding === "after") {
      write((error) => {
        if (this.#holding === undefined) done(error);
        else this.#held.push(() => done(error));
      });
    } else write(done);
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
