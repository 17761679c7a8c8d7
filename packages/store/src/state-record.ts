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
  /** The journal has every change that is newer than this revision. */
  readonly journalFloor: number;
  /** Bytes of journal records alone. */
  readonly journalBytes: number;
}

/** The form of everything in the engine. An unknown one is refused at open. */
const formatVersion = 3;
/** Without leases, and whatever tables came with them: a program that does not know these would lose them. */
const formatWithoutLeases = 2;
/** Without the journal's floor, which was the first revision, and without its bytes: those of then are never counted. */
const formatWithoutFloor = 1;
/** The revision of an empty store: the first change makes the next. */
export const emptyRevision = 1;

/** An empty store: revision 1, nothing applied. */
export const emptyState: StateRecord = {
  position: { index: 0, term: 0 },
  revision: emptyRevision,
  compactedRevision: 0,
  historyBytes: 0,
  journalFloor: emptyRevision,
  journalBytes: 0,
};

export function sealState(state: StateRecord): Uint8Array {
  return seal(stateKey, (into) => {
    into.varint(formatVersion);
    into.varint(state.position.index);
    into.varint(state.position.term);
    into.varint(state.revision);
    into.varint(state.compactedRevision);
    into.varint(state.historyBytes);
    into.varint(state.journalFloor);
    into.varint(state.journalBytes);
  });
}

/** Throws `DamagedRecordError`. */
export function unsealState(sealed: Uint8Array | undefined): StateRecord {
  return sealed === undefined ? emptyState : unseal("state", stateKey, sealed, readState);
}

function readState(reader: ByteReader): StateRecord {
  const version = reader.varint();
  const isKnown = [formatVersion, formatWithoutLeases, formatWithoutFloor].includes(version);
  if (!isKnown) throw new FormatError(`its format ${version} is unknown: written by a newer version?`);
  return {
    position: { index: reader.varint(), term: reader.varint() },
    revision: reader.varint(),
    compactedRevision: reader.varint(),
    historyBytes: reader.varint(),
    journalFloor: version === formatWithoutFloor ? emptyRevision : reader.varint(),
    journalBytes: version === formatWithoutFloor ? 0 : reader.varint(),
  };
}
