import { CurrentCache } from "./current-cache.ts";
import type { Engine } from "./engine.ts";
import { currentKey, historyKey } from "./key-space.ts";
import type { KeyText } from "./key-text.ts";
import { Layer } from "./layer.ts";
import { unsealVersion, versionOfCurrent } from "./records.ts";
import { absent, type Version } from "./version.ts";

/**
 * What is known in memory about the newest versions of keys, over the engine: the layer that applies write to; the one
 * that a checkpoint is writing; the one that the last checkpoint wrote (its versions are in the engine, and hot); and a
 * cache of what was read. Each is asked in this order, so a stale one below is never seen.
 */
export class Overlay {
  readonly #engine: Engine;
  readonly #cache: CurrentCache;
  readonly #maxKeptBytes: number;
  #active = new Layer();
  #frozen: Layer | undefined;
  #kept: Layer | undefined;

  constructor(engine: Engine, cacheBytes: number) {
    this.#engine = engine;
    this.#cache = new CurrentCache(cacheBytes);
    this.#maxKeptBytes = cacheBytes;
  }

  get active(): Layer {
    return this.#active;
  }

  /** The layers that are not in the engine for sure, the newest first. */
  get layers(): readonly Layer[] {
    return this.#frozen === undefined ? [this.#active] : [this.#active, this.#frozen];
  }

  /** What checkpoints have still to write of history and journal, about, in bytes of the engine. */
  get unwrittenBytes(): number {
    return this.#active.engineBytes + (this.#frozen?.engineBytes ?? 0);
  }

  /** A checkpoint begins: what it writes stays readable, and what is applied from now on is apart from it. */
  freeze(): Layer {
    this.#frozen = this.#active;
    this.#active = new Layer();
    return this.#frozen;
  }

  /** The frozen layer is durable. */
  release(): void {
    const frozen = this.#frozen;
    // An empty or huge layer makes no good cache; the versions kept from before may then be stale, so they go too,
    // except when nothing was written at all.
    if (frozen !== undefined && frozen.keys.size > 0)
      this.#kept = frozen.bytes <= this.#maxKeptBytes ? frozen : undefined;
    this.#frozen = undefined;
  }

  /** The newest version as far as memory knows. */
  peek(key: KeyText): Version | undefined {
    return this.#inLayers(key) ?? this.#cache.get(key);
  }

  /** The newest version, `absent` when there never was one. The value may be missing. Throws `HostError`. */
  newest(key: KeyText): Version {
    return this.peek(key) ?? this.#fromEngine(key);
  }

  /** The newest version that is not newer than `revision`, which must not be older than the last checkpoint. */
  at(key: KeyText, revision: number): Version {
    const newest = this.newest(key);
    if (newest.revision <= revision) return newest;
    return this.#active.at(key, revision) ?? this.#frozen?.at(key, revision) ?? this.#fromEngine(key);
  }

  /** The same version with its value. Throws `HostError`. */
  withValue(key: KeyText, version: Version): Version {
    if (!version.alive || version.value !== undefined) return version;
    const stored = this.#engine.getSync(historyKey(key, version.revision, true));
    return this.remember(key, unsealVersion(key, version.revision, true, stored));
  }

  /** Takes note of a newest version that was read from the engine. */
  remember(key: KeyText, version: Version): Version {
    if (this.#inLayers(key) === undefined) this.#cache.set(key, version);
    return version;
  }

  /** Adds the key's newest version; `previousRevision` is that of the live version before it, 0 for none, undefined when not known. */
  add(key: KeyText, version: Version, previousRevision: number | undefined): void {
    this.#active.add(key, version, previousRevision);
    this.#cache.delete(key);
  }

  #inLayers(key: KeyText): Version | undefined {
    return this.#active.newest(key) ?? this.#frozen?.newest(key) ?? this.#kept?.newest(key);
  }

  #fromEngine(key: KeyText): Version {
    return this.remember(key, versionOfCurrent(key, this.#engine.getSync(currentKey(key))) ?? absent);
  }
}
