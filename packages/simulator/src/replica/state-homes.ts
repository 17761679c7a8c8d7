import type { Host } from "@quorate/host";
import type { MemberId } from "@quorate/raft";
import { MemoryHome, type MemoryHomeContents, type MemoryRecords } from "@quorate/store";
import type { DiskDamage } from "../disk-damage.ts";
import type { StatesBesideDisks } from "./replicated.ts";

/** What a write to the state's engine takes, in ms; until then a crash takes it. */
const engineWriteMs = 1;

/**
 * Where members' stores lie: in memory, beside their simulated disks, and done to as these are. What completed writes have made
 * outlives a crash; a disk that is wiped, copied or exchanged for its copy takes the state along; and records may be damaged.
 */
export class StateHomes implements StatesBesideDisks {
  /** Of each member's last start. */
  readonly #homes = new Map<MemberId, MemoryHome>();
  /** What took the place of that behind the member's back, until it starts again; undefined for nothing. */
  readonly #exchanged = new Map<MemberId, MemoryHomeContents | undefined>();
  readonly #copies = new Map<MemberId, MemoryHomeContents>();

  /** The home of a new start, in its host's time. */
  begin(member: MemberId, { timers }: Host): MemoryHome {
    const schedule = (callback: () => void): unknown => timers.endOfTurn(callback);
    const scheduleWrite = (callback: () => void): unknown => timers.after(engineWriteMs, callback);
    const home = new MemoryHome({ schedule, scheduleWrite }, this.#contents(member));
    this.#exchanged.delete(member);
    this.#homes.set(member, home);
    return home;
  }

  /** Of every member that has ever started. */
  all(): Iterable<readonly [MemberId, MemoryHome]> {
    return this.#homes;
  }

  wipe(member: MemberId): void {
    this.#exchanged.set(member, undefined);
  }

  copy(member: MemberId): void {
    const contents = this.#contents(member);
    if (contents === undefined) this.#copies.delete(member);
    else this.#copies.set(member, contents);
  }

  restore(member: MemberId): void {
    this.#exchanged.set(member, this.#copies.get(member));
  }

  /** One record that is durable is no more what was written, or the whole state is gone. */
  damage(member: MemberId, { kind, place, bytes }: DiskDamage): string | undefined {
    const contents = this.#contents(member);
    const records = contents?.inUse.flat() ?? [];
    const at = Math.floor(place * records.length);
    const record = records[at];
    if (contents === undefined || record === undefined) return undefined;
    if (kind === "file missing") {
      this.wipe(member);
      return `${kind}: all ${records.length} records of the state`;
    }
    const value = record.value.slice();
    const byte = Math.floor(bytes * value.length);
    switch (kind) {
      case "bit flip":
        value.fill((value[byte] ?? 0) ^ 0x10, byte, byte + 1);
        break;
      case "block of zeros":
        value.fill(0);
        break;
      case "garbage":
        value.fill(0xa5, byte);
        break;
      case "file cut short":
        return this.#exchange(member, contents, record, value.subarray(0, byte), kind);
      case "lost write":
        // An engine's write is whole or not there at all: what is older than the rest is a matter of its own files.
        return undefined;
      case "misdirected write":
        return this.#exchange(member, contents, record, records[(at + 1) % records.length]?.value ?? value, kind);
    }
    return this.#exchange(member, contents, record, value, kind);
  }

  #exchange(
    member: MemberId,
    { inUse, staged }: MemoryHomeContents,
    record: MemoryRecords[number][number],
    value: Uint8Array,
    kind: string,
  ): string | undefined {
    if (isSame(record.value, value)) return undefined;
    const damaged = inUse.map((chunk) => chunk.map((each) => (each === record ? { ...each, value } : each)));
    this.#exchanged.set(member, { inUse: damaged, staged });
    return `${kind}: a record of ${record.value.length} bytes of the state`;
  }

  #contents(member: MemberId): MemoryHomeContents | undefined {
    if (this.#exchanged.has(member)) return this.#exchanged.get(member);
    return this.#homes.get(member)?.durableCopy();
  }
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}
