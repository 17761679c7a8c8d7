import type { KeyText } from "./key-text.ts";
import type { Version } from "./version.ts";

const entryOverheadBytes = 200;

/**
 * Newest versions that were read from the engine, absent keys included. Bounded in bytes by two generations: when the
 * young one is half of the bound it becomes the old one, and what was not asked for since then is forgotten.
 */
export class CurrentCache {
  readonly #halfBytes: number;
  #young = new Map<KeyText, Version>();
  #old = new Map<KeyText, Version>();
  #youngBytes = 0;

  constructor(maxBytes: number) {
    this.#halfBytes = Math.floor(maxBytes / 2);
  }

  get(key: KeyText): Version | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    if (this.#old.size === 0) return undefined;
    const old = this.#old.get(key);
    if (old !== undefined) this.set(key, old);
    return old;
  }

  set(key: KeyText, version: Version): void {
    const bytes = entryOverheadBytes + key.length + (version.value?.length ?? 0);
    if (bytes > this.#halfBytes) return;
    if (this.#youngBytes + bytes > this.#halfBytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    this.#young.set(key, version);
    this.#youngBytes += bytes;
  }

  /** The key got a newer version. */
  delete(key: KeyText): void {
    if (this.#young.size > 0) this.#young.delete(key);
    if (this.#old.size > 0) this.#old.delete(key);
  }
}
