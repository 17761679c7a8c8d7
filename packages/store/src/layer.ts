import type { KeyText } from "./key-text.ts";
import { SortedKeys } from "./sorted-keys.ts";
import type { Version } from "./version.ts";

/** What one version costs in memory beside its key and its value, roughly, in bytes. */
const versionOverheadBytes = 240;
/** What the record of a version takes in the engine beside key and value: kind, revision, terminator, checksum and counts, about, in bytes. */
const deletionRecordBytes = 16;
const putRecordBytes = 20;
const leaseBytes = 8;
/** What a change takes in the journal beside its key, about, in bytes. */
const journalChangeBytes = 2;

/**
 * The versions that were applied since some checkpoint and are in no engine yet (DESIGN §5: applied but unflushed writes
 * live in a bounded overlay). A reader of revision R ignores what is newer, so a layer may grow while it is read.
 */
export class Layer {
  readonly keys = new SortedKeys();
  /** Every change in order, for the journal; `changes[i]` is the version that `changedKeys[i]` got. */
  readonly changedKeys: KeyText[] = [];
  readonly changes: Version[] = [];
  /** The revision of the key's version before each change, 0 where there was none: for those who watch keys. */
  readonly previousRevisions: (number | undefined)[] = [];
  readonly #newest = new Map<KeyText, Version>();
  readonly #superseded = new Set<Version>();
  #bytes = 0;
  #engineBytes = 0;

  /** In memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What history and journal grow by when it is written to the engine, about. */
  get engineBytes(): number {
    return this.#engineBytes;
  }

  newest(key: KeyText): Version | undefined {
    return this.#newest.get(key);
  }

  /** The newest version here that is not newer than `revision`. */
  at(key: KeyText, revision: number): Version | undefined {
    let version = this.#newest.get(key);
    while (version !== undefined && version.revision > revision) version = version.older;
    return version;
  }

  /** Whether a later change of the same revision took this version's place: then only the journal knows it. */
  isSuperseded(version: Version): boolean {
    return this.#superseded.size > 0 && this.#superseded.has(version);
  }

  /** Adds the key's newest version; `previousRevision` is that of the live version before it, 0 for none, undefined when not known. */
  add(key: KeyText, version: Version, previousRevision: number | undefined): void {
    const previous = this.#newest.get(key);
    if (previous === undefined) this.keys.insert(key);
    if (previous?.revision === version.revision) {
      this.#superseded.add(previous);
      this.#engineBytes -= historyBytes(key, previous);
      version.older = previous.older;
    } else {
      version.older = previous;
    }
    this.#newest.set(key, version);
    this.changedKeys.push(key);
    this.changes.push(version);
    this.previousRevisions.push(previousRevision);
    this.#bytes += versionOverheadBytes + 3 * key.length + version.valueLength;
    this.#engineBytes += historyBytes(key, version) + journalChangeBytes + key.length;
  }
}

function historyBytes(key: KeyText, { alive, lease, valueLength }: Version): number {
  if (!alive) return deletionRecordBytes + key.length;
  return putRecordBytes + key.length + (lease === 0n ? 0 : leaseBytes) + valueLength;
}
