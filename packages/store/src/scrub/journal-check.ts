import type { EngineRecord } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { prefixes } from "../key-space.ts";
import { readJournal, type Change } from "../journal.ts";
import type { KeyText } from "../key-text.ts";
import { emptyRevision, type StateRecord } from "../state-record.ts";
import type { ChangeFingerprints } from "./change-fingerprints.ts";

/** Checks the journal: every revision above its floor is in it, each change once and in order. */
export class JournalCheck {
  readonly #revision: number;
  readonly #fingerprints: ChangeFingerprints;
  readonly #floor: number;
  #lastRevision: number;
  /** Undefined at the floor: what is left of the revision there begins anywhere. */
  #lastNumber: number | undefined;
  /** What the last revision made of each of its keys: a later change of a revision takes an earlier one's place. */
  readonly #changed = new Map<KeyText, boolean>();

  constructor(state: StateRecord, fingerprints: ChangeFingerprints) {
    this.#revision = state.revision;
    this.#floor = state.journalFloor;
    this.#lastRevision = state.journalFloor;
    this.#fingerprints = fingerprints;
  }

  /** Throws `DamagedRecordError`, as `finish` does. */
  take(record: EngineRecord): void {
    for (const change of readJournal(record)) this.#takeChange(change, record.key);
  }

  finish(): void {
    this.#flush();
    if (this.#lastRevision === this.#revision) return;
    const what = `it ends at revision ${this.#lastRevision}, and the state at ${this.#revision}`;
    throw new DamagedRecordError("journal", Uint8Array.of(prefixes.journal), what);
  }

  #takeChange({ revision, number, key, isPut }: Change, engineKey: Uint8Array): void {
    const isNext =
      revision === this.#lastRevision
        ? number === (this.#lastNumber ?? number - 1) + 1 && number > 0 && revision > emptyRevision
        : revision === this.#lastRevision + 1 && number === 0;
    if (!isNext) {
      const what = `change ${revision}.${number} follows ${this.#lastRevision}.${this.#lastNumber ?? "any"}`;
      throw new DamagedRecordError("journal", engineKey, what);
    }
    if (revision !== this.#lastRevision) this.#flush();
    this.#lastRevision = revision;
    this.#lastNumber = number;
    this.#changed.set(key, isPut);
  }

  #flush(): void {
    const isWhole = this.#lastRevision > this.#floor;
    for (const [key, isPut] of this.#changed) {
      if (isWhole) this.#fingerprints.addChange(this.#lastRevision, key, isPut);
    }
    this.#changed.clear();
  }
}
