import type { EngineRecord } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { prefixes } from "../key-space.ts";
import { unseal } from "../records.ts";

/** The kinds of records that have no revisions: they always go whole (DESIGN §5). */
export const unversionedPrefixes: readonly number[] = [prefixes.member];

/** Throws `DamagedRecordError` for a record that is none of these, or not what was written. */
export function checkUnversioned({ key, value }: EngineRecord): void {
  if (!unversionedPrefixes.includes(key[0] ?? -1)) {
    throw new DamagedRecordError("member", key, "no record without revisions has such a key");
  }
  unseal("member", key, value, (reader) => reader.rest());
}
