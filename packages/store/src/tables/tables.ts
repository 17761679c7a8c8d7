import type { EngineRecord } from "../engine.ts";
import { DamagedRecordError } from "../errors.ts";
import { alarmKind, Alarms } from "./alarms.ts";
import { authKind, AuthTable } from "./auth-table.ts";
import { leaseKind, Leases } from "./leases.ts";
import { memberKind, Members } from "./members.ts";
import type { Table, TableKind } from "./table.ts";

/** Every table's records, in the order in which they are sent. */
export const tableKinds: readonly TableKind[] = [alarmKind, leaseKind, memberKind, authKind];

/** The tables of one state. */
export class Tables {
  readonly alarms = new Alarms();
  readonly leases = new Leases();
  readonly members = new Members();
  readonly auth = new AuthTable();
  readonly all: readonly Table[] = [this.alarms, this.leases, this.members, this.auth];

  /** What the next checkpoint has to write of them, in bytes, about. */
  get changedBytes(): number {
    return this.all.reduce((sum, { changedBytes }) => sum + changedBytes, 0);
  }
}

/** Throws `DamagedRecordError` for a record that is in no table, or not what was written. */
export function checkTableRecord(record: EngineRecord): void {
  const kind = tableKinds.find(({ prefix }) => prefix === record.key[0]);
  if (kind === undefined) throw new DamagedRecordError("state", record.key, "no table has such a key");
  kind.check(record);
}
