import type { ByteReader } from "./byte-reader.ts";
import { FormatError } from "./errors.ts";
import { stateKey } from "./key-space.ts";
import { seal, unseal } from "./records.ts";

/** A position in the log: structurally the `LogPosition` of `@quorate/raft`. */
export interface AppliedPosition {
  readonly index: number;
  readonly term: number;
}

/** What a checkpoint says of the state as a whole. */
export interface StateRecord {
  readonly position: AppliedPosition;
  readonly revision: number;
  readonly compactedRevision: number;
  /** Bytes of history and journal records, as written. */
  readonly historyBytes: number;
}

/** The form of everything in the engine. An unknown one is refused at open. */
const formatVersion = 1;

/** An empty store: revision 1, nothing applied. */
export const emptyState: StateRecord = {
  position: { index: 0, term: 0 },
  revision: 1,
  compactedRevision: 0,
  historyBytes: 0,
};

export function sealState(state: StateRecord): Uint8Array {
  return seal(stateKey, (into) => {
    into.varint(formatVersion);
    into.varint(state.position.index);
    into.varint(state.position.term);
    into.varint(state.revision);
    into.varint(state.compactedRevision);
    into.varint(state.historyBytes);
  });
}

/** Throws `DamagedRecordError`. */
export function unsealState(sealed: Uint8Array | undefined): StateRecord {
  return sealed === undefined ? emptyState : unseal("state", stateKey, sealed, readState);
}

function readState(reader: ByteReader): StateRecord {
  const version = reader.varint();
  if (version !== formatVersion) throw new FormatError(`its format ${version} is unknown: written by a newer version?`);
  return {
    position: { index: reader.varint(), term: reader.varint() },
    revision: reader.varint(),
    compactedRevision: reader.varint(),
    historyBytes: reader.varint(),
  };
}
