import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import type { Operation, PlainCommand, StoreRefusal } from "./operations.ts";

/** etcd's alarms, by their numbers there. "none" does nothing, and can be raised there all the same. */
export const alarmKinds = ["none", "no-space", "corrupt"] as const;
export type AlarmKind = (typeof alarmKinds)[number];

/** Who raised it, or for whom it was raised: any 64 bits. */
export interface Alarm {
  readonly member: bigint;
  readonly kind: AlarmKind;
}

export type AlarmCommand =
  /** Says the same when it is there already. */
  { readonly type: "alarm-raise"; readonly alarm: Alarm } | { readonly type: "alarm-disarm"; readonly alarm: Alarm };

export interface AlarmResult {
  readonly type: "alarm";
  /** The one that was raised, or that was there and is not any more. */
  readonly alarm: Alarm | undefined;
}

/** More than any cluster has members, so that nobody fills the state with them. */
export const maxAlarms = 1024;

export const alarmTags = { raise: 0x30, disarm: 0x31 } as const;

export function writeAlarmCommand(writer: ByteWriter, { type, alarm }: AlarmCommand): void {
  writer.byte(type === "alarm-raise" ? alarmTags.raise : alarmTags.disarm);
  writeAlarm(writer, alarm);
}

/** What follows the first byte; undefined when that is not of an alarm command. Throws `FormatError`. */
export function readAlarmCommand(reader: ByteReader, tag: number): AlarmCommand | undefined {
  if (tag === alarmTags.raise) return { type: "alarm-raise", alarm: readAlarm(reader) };
  return tag === alarmTags.disarm ? { type: "alarm-disarm", alarm: readAlarm(reader) } : undefined;
}

export function writeAlarm(writer: ByteWriter, { member, kind }: Alarm): void {
  writer.bits64(member);
  writer.byte(alarmKinds.indexOf(kind));
}

/** Throws `FormatError`. */
export function readAlarm(reader: ByteReader): Alarm {
  const member = BigInt.asUintN(64, reader.bits64());
  const number = reader.byte();
  const kind = alarmKinds[number];
  if (kind === undefined) throw new FormatError(`unknown alarm ${number}`);
  return { member, kind };
}

/**
 * Why a command is not applied while alarms are raised, on any member. CORRUPT ends all changing but the end of leases that have run
 * out; NOSPACE what needs space: what frees some, and what disarms the alarm, goes on.
 */
export function refusalByAlarms(
  command: PlainCommand,
  isRaised: (kind: AlarmKind) => boolean,
): StoreRefusal | undefined {
  if (endedByCorruption.has(command.type) && isRaised("corrupt")) return "corrupt";
  return takesSpace(command) && isRaised("no-space") ? "no-space" : undefined;
}

const endedByCorruption: ReadonlySet<PlainCommand["type"]> = new Set([
  "put",
  "delete-range",
  "txn",
  "compact",
  "lease-grant",
  "lease-revoke",
]);

/** Whichever branch is taken. */
function takesSpace(command: PlainCommand): boolean {
  if (command.type === "txn") return putsSomething(command);
  return command.type === "put" || command.type === "lease-grant";
}

function putsSomething(operation: Operation): boolean {
  if (operation.type !== "txn") return operation.type === "put";
  return operation.success.some(putsSomething) || operation.failure.some(putsSomething);
}
