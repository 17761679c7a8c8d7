import { bytesOf, type KeyText } from "../key-text.ts";
import type { KeyValue } from "../operations.ts";
import type { Version } from "../version.ts";

const overheadBytes = 200;
const noValue = new Uint8Array(0);

/**
 * What one revision made of one key. One such object is shared by all who watch the key, so it is never changed, but for what was
 * there before, which is filled in for those who want it.
 */
export class WatchEvent {
  readonly keyText: KeyText;
  readonly revision: number;
  readonly isPut: boolean;
  /** The key after the change; of a deletion only the key and the revision. */
  readonly item: KeyValue;
  /** Memory that it holds, about. */
  readonly bytes: number;
  /** The revision of the version before: 0 for none, undefined when it is not known. */
  readonly previousRevision: number | undefined;
  /** The key before the change; undefined when there was none, when it was compacted, and when nobody asked. */
  previous: KeyValue | undefined;
  /** Whether `previous` was looked for. */
  isPreviousKnown: boolean;

  constructor(keyText: KeyText, after: Version, previousRevision: number | undefined) {
    const { revision, alive } = after;
    this.keyText = keyText;
    this.revision = revision;
    this.isPut = alive;
    this.item = {
      key: bytesOf(keyText),
      value: after.value ?? noValue,
      createRevision: after.createRevision,
      modRevision: revision,
      version: after.version,
      lease: after.lease,
    };
    this.bytes = overheadBytes + 2 * keyText.length + this.item.value.length;
    // What a transaction has written itself, and written over, is in no record.
    this.previousRevision = previousRevision === revision ? undefined : previousRevision;
    this.previous = undefined;
    this.isPreviousKnown = previousRevision === 0 || (alive && after.createRevision === revision);
  }
}
