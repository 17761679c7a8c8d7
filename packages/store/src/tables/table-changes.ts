import type { EngineWrite } from "../engine.ts";

/** What a changed record costs in memory and in the engine beside its contents, in bytes, about. */
const recordOverheadBytes = 100;

/**
 * What of a table has changed since the last checkpoint: the newest value of each changed record, `undefined` where it was
 * removed. Values must not be changed afterwards, since a checkpoint encodes them later.
 */
export class TableChanges<Key, Value> {
  readonly #encode: (key: Key, value: Value | undefined) => EngineWrite;
  #changed = new Map<Key, Value | undefined>();

  constructor(encode: (key: Key, value: Value | undefined) => EngineWrite) {
    this.#encode = encode;
  }

  get bytes(): number {
    return recordOverheadBytes * this.#changed.size;
  }

  set(key: Key, value: Value | undefined): void {
    this.#changed.set(key, value);
  }

  take(): Iterable<EngineWrite> {
    const changed = this.#changed;
    this.#changed = new Map();
    return this.#writes(changed);
  }

  *#writes(changed: ReadonlyMap<Key, Value | undefined>): Iterable<EngineWrite> {
    for (const [key, value] of changed) yield this.#encode(key, value);
  }
}
