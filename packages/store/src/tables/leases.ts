import type { EngineRecord, EngineWrite } from "../engine.ts";
import { ByteReader } from "../byte-reader.ts";
import { DamagedRecordError, FormatError } from "../errors.ts";
import { attachmentKey, keyOfAttachment, leaseKey, leaseSubjects, prefixes } from "../key-space.ts";
import { bytesOf, keyAfter, type KeyText } from "../key-text.ts";
import type { Lease } from "../lease-operations.ts";
import type { KeyRange } from "../operations.ts";
import { seal, unseal } from "../records.ts";
import { TableChanges } from "./table-changes.ts";
import type { Table, TableKind } from "./table.ts";

/** What readers see of the leases. */
export interface LeaseView {
  readonly size: number;
  /** Since this table was read: grants that were applied, and leases that went, by whomever. */
  readonly granted: number;
  readonly ended: number;
  get(id: bigint): Lease | undefined;
  /** In no order that members share. */
  all(): Iterable<Lease>;
  /** The keys that are attached to a lease, in no order. */
  keysOf(id: bigint): Iterable<Uint8Array>;
}

/** Is told of each lease that comes or goes, as commands are applied. */
export interface LeaseListener {
  granted(lease: Lease): void;
  gone(lease: Lease): void;
}

interface Entry {
  lease: Lease;
  /** Undefined while there never was one: most leases of a storm of sessions have one key or none. */
  keys: Set<KeyText> | undefined;
  /** No key is outside of these, and there may be nothing left at them. */
  least: KeyText;
  greatest: KeyText;
}

const noKeys: ReadonlySet<KeyText> = new Set();

export const leaseKind: TableKind = {
  name: "lease",
  prefix: prefixes.lease,
  check: (record) => void readLeaseRecord(record),
};

/**
 * Leases, and which keys are attached to which: a key to one at most, which its newest version names too. No part of the
 * revisioned state.
 */
export class Leases implements Table, LeaseView {
  readonly kind = leaseKind;
  /** Whoever watches over the leases as their leader. */
  listener: LeaseListener | undefined;
  granted = 0;
  ended = 0;
  readonly #entries = new Map<bigint, Entry>();
  readonly #changedLeases = new TableChanges<bigint, Lease>(leaseWrite);
  readonly #changedKeys = new TableChanges<KeyText, bigint>(attachmentWrite);

  get size(): number {
    return this.#entries.size;
  }

  get changedBytes(): number {
    return this.#changedLeases.bytes + this.#changedKeys.bytes;
  }

  get(id: bigint): Lease | undefined {
    return this.#entries.get(id)?.lease;
  }

  *all(): Iterable<Lease> {
    for (const { lease } of this.#entries.values()) yield lease;
  }

  *keysOf(id: bigint): Iterable<Uint8Array> {
    for (const key of this.attached(id)) yield bytesOf(key);
  }

  boundsOf(id: bigint): KeyRange | undefined {
    const entry = this.#entries.get(id);
    if (entry?.keys === undefined || entry.keys.size === 0) return undefined;
    return { key: bytesOf(entry.least), end: bytesOf(keyAfter(entry.greatest)) };
  }

  attached(id: bigint): ReadonlySet<KeyText> {
    return this.#entries.get(id)?.keys ?? noKeys;
  }

  /** The id must be free. */
  grant(lease: Lease): void {
    this.#entries.set(lease.id, { lease, keys: undefined, least: "", greatest: "" });
    this.#changedLeases.set(lease.id, lease);
    this.granted++;
    this.listener?.granted(lease);
  }

  /** The lease is there, and so it stays until `remove`. */
  setRemaining(id: bigint, remaining: number): void {
    const entry = this.#entries.get(id) as Entry;
    entry.lease = { ...entry.lease, remaining };
    this.#changedLeases.set(id, entry.lease);
  }

  /** Its keys must be gone. */
  remove(id: bigint): void {
    const { lease } = this.#entries.get(id) as Entry;
    this.#entries.delete(id);
    this.#changedLeases.set(id, undefined);
    this.ended++;
    this.listener?.gone(lease);
  }

  /** A key goes from one lease to another; 0 for none. */
  move(key: KeyText, from: bigint, to: bigint): void {
    if (from === to) return;
    this.#entries.get(from)?.keys?.delete(key);
    this.#changedKeys.set(key, to === 0n ? undefined : to);
    if (to !== 0n) this.#attach(key, this.#entries.get(to) as Entry);
  }

  load(record: EngineRecord): void {
    const read = readLeaseRecord(record);
    if ("lease" in read) {
      this.#entries.set(read.lease.id, { lease: read.lease, keys: undefined, least: "", greatest: "" });
      return;
    }
    const entry = this.#entries.get(read.to);
    if (entry === undefined) {
      throw new DamagedRecordError("lease", record.key, `a key is attached to lease ${read.to}, which is missing`);
    }
    this.#attach(read.key, entry);
  }

  takeChanged(): Iterable<EngineWrite> {
    return inOrder([this.#changedLeases.take(), this.#changedKeys.take()]);
  }

  #attach(key: KeyText, entry: Entry): void {
    if (entry.keys === undefined || entry.keys.size === 0) entry.least = entry.greatest = key;
    else if (key < entry.least) entry.least = key;
    else if (key > entry.greatest) entry.greatest = key;
    entry.keys ??= new Set();
    entry.keys.add(key);
  }
}

function* inOrder(all: readonly Iterable<EngineWrite>[]): Iterable<EngineWrite> {
  for (const writes of all) yield* writes;
}

function leaseWrite(id: bigint, lease: Lease | undefined): EngineWrite {
  const key = leaseKey(id);
  if (lease === undefined) return { key, value: undefined };
  const value = seal(key, (into) => {
    into.varint(lease.ttl);
    into.varint(lease.remaining);
    into.varint(lease.grantedAt);
  });
  return { key, value };
}

function attachmentWrite(key: KeyText, lease: bigint | undefined): EngineWrite {
  const engineKey = attachmentKey(key);
  if (lease === undefined) return { key: engineKey, value: undefined };
  return { key: engineKey, value: seal(engineKey, (into) => into.bits64(lease)) };
}

export type LeaseRecord = { readonly lease: Lease } | { readonly key: KeyText; readonly to: bigint };

/** Throws `DamagedRecordError`. */
export function readLeaseRecord({ key, value }: EngineRecord): LeaseRecord {
  if (key[1] === leaseSubjects.attachment) {
    return { key: keyOfAttachment(key), to: unseal("lease", key, value, (reader) => reader.bits64()) };
  }
  if (key[1] !== leaseSubjects.lease) throw new DamagedRecordError("lease", key, "it is neither a lease nor a key's");
  const id = idOf(key);
  const lease = unseal("lease", key, value, (reader) => ({
    id,
    ttl: reader.varint(),
    remaining: reader.varint(),
    grantedAt: reader.varint(),
  }));
  return { lease };
}

function idOf(engineKey: Uint8Array): bigint {
  try {
    const reader = new ByteReader(engineKey, 2);
    const id = reader.bits64();
    reader.end();
    return id;
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    throw new DamagedRecordError("lease", engineKey, error.message);
  }
}
