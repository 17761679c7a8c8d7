import { crc32c } from "../crc32c.ts";
import { DamagedRecordError } from "../errors.ts";
import { historyKey, prefixes } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";

const groups = 256;

interface Fingerprint {
  count: number;
  /** Of the checksums of all members of the set, modulo 2^32: the same in whatever order they come. */
  sum: number;
}

/**
 * Compares two sets that lie in different orders without holding either: what the journal says was changed, by revision,
 * and the versions of the history, by key. Each is folded into counts and sums for groups of adjacent revisions.
 */
export class ChangeFingerprints {
  readonly #after: number;
  readonly #revision: number;
  readonly #history: readonly Fingerprint[] = emptyGroups();
  readonly #journal: readonly Fingerprint[] = emptyGroups();

  /** Changes up to `after` are left out: the journal has forgotten them, or compaction has. */
  constructor(revision: number, after: number) {
    this.#revision = revision;
    this.#after = after;
  }

  /** A version that the history holds. */
  addVersion(revision: number, engineKey: Uint8Array): void {
    this.#add(this.#history, revision, engineKey);
  }

  /** What the journal says is the last change of a key in one revision. */
  addChange(revision: number, key: KeyText, isPut: boolean): void {
    this.#add(this.#journal, revision, historyKey(key, revision, isPut));
  }

  /** Throws `DamagedRecordError`. */
  compare(): void {
    for (let group = 0; group < groups; group++) {
      const history = this.#history[group] as Fingerprint;
      const journal = this.#journal[group] as Fingerprint;
      if (history.count === journal.count && history.sum === journal.sum) continue;
      const first = Math.max(2, Math.ceil((group * (this.#revision + 1)) / groups));
      const last = Math.ceil(((group + 1) * (this.#revision + 1)) / groups) - 1;
      const what =
        `from revision ${first} to ${last} the history holds ${history.count} versions, ` +
        `and the journal names ${journal.count}${history.count === journal.count ? " others" : ""}`;
      throw new DamagedRecordError("version", Uint8Array.of(prefixes.history), what);
    }
  }

  #add(side: readonly Fingerprint[], revision: number, engineKey: Uint8Array): void {
    if (revision <= this.#after) return;
    const fingerprint = side[Math.floor((revision * groups) / (this.#revision + 1))] as Fingerprint;
    fingerprint.count++;
    fingerprint.sum = (fingerprint.sum + crc32c(engineKey)) >>> 0;
  }
}

function emptyGroups(): Fingerprint[] {
  return Array.from({ length: groups }, () => ({ count: 0, sum: 0 }));
}
