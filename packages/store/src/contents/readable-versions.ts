import type { EngineRecord } from "../engine.ts";
import { pointOf } from "../engine-pages.ts";
import type { KeyText } from "../key-text.ts";

/** One version as the engine names it, and what its record takes, key included. */
export interface SizedVersion {
  readonly engineKey: Uint8Array;
  readonly bytes: number;
}

export interface StoredVersion extends SizedVersion {
  readonly revision: number;
}

/** Of all versions, in the order of keys and revisions, those that can be read still, however far their removal has come. */
export class ReadableVersions {
  readonly #compactedRevision: number;
  /** The newest version up to the compacted revision of the key that is being looked at. */
  #held: (StoredVersion & { readonly key: KeyText; readonly isPut: boolean }) | undefined;

  constructor(compactedRevision: number) {
    this.#compactedRevision = compactedRevision;
  }

  /** No records at all say that those before were the last. Throws `DamagedRecordError`. */
  take(records: readonly EngineRecord[]): StoredVersion[] {
    const readable: StoredVersion[] = [];
    for (const { key: engineKey, value } of records) {
      const bytes = engineKey.length + value.length;
      const { key, revision, isPut } = pointOf(engineKey);
      const isOld = revision <= this.#compactedRevision;
      // An older one of the same key is forgotten for this one.
      if (!isOld || this.#held?.key !== key) this.#letGo(readable);
      if (isOld) this.#held = { key, revision, isPut, engineKey, bytes };
      else readable.push({ revision, engineKey, bytes });
    }
    if (records.length === 0) this.#letGo(readable);
    return readable;
  }

  #letGo(readable: StoredVersion[]): void {
    const held = this.#held;
    this.#held = undefined;
    if (held?.isPut !== true) return;
    const { revision, engineKey, bytes } = held;
    readable.push({ revision, engineKey, bytes });
  }
}
