import { compactionKey } from "../key-space.ts";
import { seal, unseal } from "../records.ts";

/**
 * How far the engine has got with removing versions that compaction gave up. It is this member's own: others may be at another
 * place, which neither reads nor hashes show.
 */
export interface RemovalRecord {
  /** Of everything up to this revision only what can still be read is left. */
  readonly complete: number;
  /** The revision of the pass under way; `complete` when there is none. */
  readonly target: number;
  /** The engine key where that pass goes on: in the history or in the journal. Empty for the beginning. */
  readonly from: Uint8Array;
  /** Bytes of versions that were ever removed from this engine, keys included. */
  readonly removedBytes: number;
}

export const nothingRemoved: RemovalRecord = { complete: 0, target: 0, from: new Uint8Array(0), removedBytes: 0 };

export function sealRemoval({ complete, target, from, removedBytes }: RemovalRecord): Uint8Array {
  return seal(compactionKey, (into) => {
    into.varint(complete);
    into.varint(target);
    into.varint(removedBytes);
    into.bytes(from);
  });
}

/** Throws `DamagedRecordError`. */
export function unsealRemoval(sealed: Uint8Array | undefined): RemovalRecord {
  if (sealed === undefined) return nothingRemoved;
  return unseal("compaction", compactionKey, sealed, (reader) => ({
    complete: reader.varint(),
    target: reader.varint(),
    removedBytes: reader.varint(),
    from: reader.rest().slice(),
  }));
}
