import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";
import { maxLeaseTtl, type LeaseCommand, type LeaseRef } from "./lease-operations.ts";

/** The first bytes of lease commands; what follows stays as it is for ever. */
export const leaseTags = { grant: 0x20, revoke: 0x21, expire: 0x22, checkpoint: 0x23 } as const;

/** Leases of one command. */
export const maxLeasesPerCommand = 4096;
/** Of each of them, at least: the id, and one byte for where it was granted. */
const leastRefBytes = 9;

export function writeLeaseCommand(writer: ByteWriter, command: LeaseCommand): void {
  switch (command.type) {
    case "lease-grant":
      writer.byte(leaseTags.grant);
      writer.bits64(command.lease);
      return writer.varint(command.ttl);
    case "lease-revoke":
      writer.byte(leaseTags.revoke);
      return writer.bits64(command.lease);
    case "lease-expire":
      writer.byte(leaseTags.expire);
      writer.varint(command.term);
      writer.varint(command.leases.length);
      for (const ref of command.leases) writeRef(writer, ref);
      return;
    case "lease-checkpoint":
      writer.byte(leaseTags.checkpoint);
      writer.varint(command.term);
      writer.varint(command.leases.length);
      for (const ref of command.leases) {
        writeRef(writer, ref);
        writer.varint(ref.remaining);
      }
  }
}

/** What follows the first byte; undefined when that is not of a lease command. Throws `FormatError`. */
export function readLeaseCommand(reader: ByteReader, tag: number): LeaseCommand | undefined {
  switch (tag) {
    case leaseTags.grant:
      return { type: "lease-grant", lease: readId(reader), ttl: readSeconds(reader) };
    case leaseTags.revoke:
      return { type: "lease-revoke", lease: readId(reader) };
    case leaseTags.expire: {
      const term = reader.varint();
      return { type: "lease-expire", term, leases: readMany(reader, () => readRef(reader)) };
    }
    case leaseTags.checkpoint: {
      const term = reader.varint();
      const readOne = () => ({ ...readRef(reader), remaining: readSeconds(reader) });
      return { type: "lease-checkpoint", term, leases: readMany(reader, readOne) };
    }
    default:
      return undefined;
  }
}

function writeRef(writer: ByteWriter, { lease, grantedAt }: LeaseRef): void {
  writer.bits64(lease);
  writer.varint(grantedAt);
}

function readRef(reader: ByteReader): LeaseRef {
  return { lease: readId(reader), grantedAt: reader.varint() };
}

/** Signed, as clients have it. */
function readId(reader: ByteReader): bigint {
  const id = reader.bits64();
  if (id === 0n) throw new FormatError("0 is no lease");
  return id;
}

function readSeconds(reader: ByteReader): number {
  const seconds = reader.varint();
  if (seconds === 0 || seconds > maxLeaseTtl) throw new FormatError(`a lease of ${seconds} seconds`);
  return seconds;
}

function readMany<T>(reader: ByteReader, one: () => T): T[] {
  const count = reader.varint();
  if (count > maxLeasesPerCommand || count * leastRefBytes > reader.remaining) {
    throw new FormatError(`${count} leases in one command`);
  }
  const many: T[] = [];
  for (let index = 0; index < count; index++) many.push(one());
  return many;
}
