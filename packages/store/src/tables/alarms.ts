import { alarmKinds, maxAlarms, readAlarm, writeAlarm, type Alarm, type AlarmKind } from "../alarm-operations.ts";
import type { EngineRecord, EngineWrite } from "../engine.ts";
import { alarmKey, prefixes } from "../key-space.ts";
import { seal, unseal } from "../records.ts";
import { TableChanges } from "./table-changes.ts";
import type { Table, TableKind } from "./table.ts";

export const alarmKind: TableKind = {
  name: "alarm",
  prefix: prefixes.alarm,
  check: (record) => void unsealAlarm(record),
};

/** The alarms that are raised. */
export class Alarms implements Table {
  readonly kind = alarmKind;
  readonly #raised = new Map<string, Alarm>();
  readonly #changes = new TableChanges<string, AlarmChange>((_, change) => alarmWrite(change as AlarmChange));

  /** By kind, then by member. */
  get raised(): readonly Alarm[] {
    return [...this.#raised.values()].sort(
      (left, right) =>
        alarmKinds.indexOf(left.kind) - alarmKinds.indexOf(right.kind) || (left.member < right.member ? -1 : 1),
    );
  }

  get changedBytes(): number {
    return this.#changes.bytes;
  }

  /** Whether none is raised. */
  get isQuiet(): boolean {
    return this.#raised.size === 0;
  }

  isRaised(kind: AlarmKind): boolean {
    for (const alarm of this.#raised.values()) if (alarm.kind === kind) return true;
    return false;
  }

  has(alarm: Alarm): boolean {
    return this.#raised.has(nameOf(alarm));
  }

  /** Whether it is raised now: no more than `maxAlarms` are. */
  raise(alarm: Alarm): boolean {
    const name = nameOf(alarm);
    if (this.#raised.has(name)) return true;
    if (this.#raised.size >= maxAlarms) return false;
    this.#raised.set(name, alarm);
    this.#changes.set(name, { alarm, isRaised: true });
    return true;
  }

  /** Whether it was raised. */
  disarm(alarm: Alarm): boolean {
    const name = nameOf(alarm);
    if (!this.#raised.delete(name)) return false;
    this.#changes.set(name, { alarm, isRaised: false });
    return true;
  }

  load(record: EngineRecord): void {
    const alarm = unsealAlarm(record);
    this.#raised.set(nameOf(alarm), alarm);
  }

  takeChanged(): Iterable<EngineWrite> {
    return this.#changes.take();
  }
}

interface AlarmChange {
  readonly alarm: Alarm;
  readonly isRaised: boolean;
}

function nameOf({ member, kind }: Alarm): string {
  return `${kind} ${member}`;
}

function alarmWrite({ alarm, isRaised }: AlarmChange): EngineWrite {
  const key = alarmKey(alarm.member, alarmKinds.indexOf(alarm.kind));
  return { key, value: isRaised ? seal(key, (into) => writeAlarm(into, alarm)) : undefined };
}

/** Throws `DamagedRecordError`. */
function unsealAlarm({ key, value }: EngineRecord): Alarm {
  return unseal("alarm", key, value, readAlarm);
}
