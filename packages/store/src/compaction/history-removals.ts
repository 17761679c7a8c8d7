import type { Callback } from "@quorate/host";
import type { EngineIterator, EngineRecord, EngineSnapshot } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import { prefixes, prefixSpan, type HistoryPoint } from "../key-space.ts";
import { attempt } from "../steps.ts";
import type { RemovalStep, RemovalWalk } from "./removal-walk.ts";

const versionsPerStep = 256;

/** Looks at every version of every key, in the order of keys: the cost follows the size of the history. */
export class HistoryRemovals implements RemovalWalk {
  readonly #iterator: EngineIterator;
  readonly #target: number;
  /** The newest version up to the target of the key that is being looked at, as far as that is known. */
  #held: (HistoryPoint & { readonly engineKey: Uint8Array }) | undefined;

  constructor(snapshot: EngineSnapshot, target: number, from: Uint8Array) {
    const all = prefixSpan(prefixes.history);
    this.#iterator = snapshot.iterate({ from: from.length === 0 ? all.from : from, to: all.to, keysOnly: true });
    this.#target = target;
  }

  next(done: Callback<RemovalStep>): void {
    this.#iterator.next(versionsPerStep, (error, records) => {
      if (error !== undefined) return done(error, { versions: [], from: undefined });
      const taken = attempt(() => this.#take(records));
      if (taken.error !== undefined) return done(taken.error, { versions: [], from: undefined });
      done(undefined, taken.value);
    });
  }

  close(): void {
    this.#iterator.close();
  }

  #take(records: readonly EngineRecord[]): RemovalStep {
    const versions: Uint8Array[] = [];
    for (const { key: engineKey } of records) {
      const point = pointOf(engineKey);
      if (this.#held !== undefined && this.#held.key !== point.key) this.#letGo(versions);
      if (point.revision > this.#target) continue;
      if (this.#held !== undefined) versions.push(this.#held.engineKey);
      this.#held = { ...point, engineKey };
    }
    const last = records.at(-1);
    if (last === undefined) this.#letGo(versions);
    return { versions, from: last === undefined ? undefined : (this.#held?.engineKey ?? last.key) };
  }

  /** The key's last version that the compaction is about: a deletion says nothing any more. */
  #letGo(versions: Uint8Array[]): void {
    if (this.#held?.isPut === false) versions.push(this.#held.engineKey);
    this.#held = undefined;
  }
}
