import type { Engine } from "../engine.ts";
import { DamagedRecordError, FormatError } from "../errors.ts";
import { writeUint32 } from "../key-space.ts";
import { seal, unseal } from "../records.ts";
import { readToken, writeToken, type TransferToken } from "./transfer-codec.ts";

/** What a staging engine says of what lies in it. It changes with it, in the same batches. */
export interface StagingRecord {
  /** `StoreOptions.lineage` of the sender. */
  readonly lineage: number;
  /** What an increment begins after; undefined for a whole state. */
  readonly since: number | undefined;
  /** Undefined while no key is complete. */
  readonly held: TransferToken | undefined;
  /** Of an increment: the items of revisions that are complete. */
  readonly items: number;
  /** Of a whole state, as in its record. */
  readonly historyBytes: number;
  readonly journalBytes: number;
}

/** No record of a state has this key. */
export const stagingKey = Uint8Array.of(0x70);

const itemPrefix = 0x69;

/** Where an increment's item lies, by its number. */
export function stagedItemKey(number: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = itemPrefix;
  writeUint32(bytes, 1, Math.floor(number / 0x100000000));
  writeUint32(bytes, 5, number);
  return bytes;
}

export function sealStaging(record: StagingRecord): Uint8Array {
  return seal(stagingKey, (into) => {
    into.varint(record.lineage);
    into.varint(record.since ?? 0);
    into.varint(record.items);
    into.varint(record.historyBytes);
    into.varint(record.journalBytes);
    into.byte(record.held === undefined ? 0 : 1);
    if (record.held !== undefined) writeToken(into, record.held);
  });
}

/** Undefined when nothing of use is there. Throws `HostError` when the engine cannot be read. */
export function readStaging(engine: Engine): StagingRecord | undefined {
  const sealed = engine.getSync(stagingKey);
  try {
    return sealed === undefined ? undefined : unsealStaging(sealed);
  } catch (error) {
    if (error instanceof DamagedRecordError || error instanceof FormatError) return undefined;
    throw error;
  }
}

function unsealStaging(sealed: Uint8Array): StagingRecord {
  return unseal("state", stagingKey, sealed, (reader) => {
    const lineage = reader.varint();
    const since = reader.varint();
    const record = {
      lineage,
      since: since === 0 ? undefined : since,
      items: reader.varint(),
      historyBytes: reader.varint(),
      journalBytes: reader.varint(),
    };
    return { ...record, held: reader.byte() === 1 ? readToken(reader) : undefined };
  });
}

/** An increment was being installed, and nothing says where it is. */
export function whatCannotBeFinished(): DamagedRecordError {
  return new DamagedRecordError(
    "state",
    stagingKey,
    "an increment is half installed, and the store was opened without a home",
  );
}
