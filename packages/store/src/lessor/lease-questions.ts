import { ByteReader } from "../byte-reader.ts";
import { ByteWriter } from "../byte-writer.ts";
import { FormatError } from "../errors.ts";

/**
 * What a member asks its leader about leases, and the answer.
 *
 * ```text
 * question   u8 1 renew or 2 time to live, 64 bits lease
 * answer     u8 1, varint seconds | u8 2, u8 0 for a lease that is not there, or u8 1, varint seconds left, varint seconds granted
 * ```
 */
export interface LeaseQuestion {
  readonly kind: "renew" | "time-to-live";
  readonly lease: bigint;
}

export type LeaseAnswer =
  | { readonly type: "renewed"; readonly ttl: number }
  | { readonly type: "time-to-live"; readonly ttl: number; readonly granted: number };

const tags = { renew: 1, "time-to-live": 2 } as const;

export function encodeLeaseQuestion({ kind, lease }: LeaseQuestion): Uint8Array {
  const writer = new ByteWriter();
  writer.byte(tags[kind]);
  writer.bits64(lease);
  return writer.take();
}

/** Undefined for what is no question. */
export function decodeLeaseQuestion(bytes: Uint8Array): LeaseQuestion | undefined {
  return readable(bytes, (reader) => {
    const tag = reader.byte();
    const lease = reader.bits64();
    if (tag === tags.renew) return { kind: "renew", lease };
    return tag === tags["time-to-live"] ? { kind: "time-to-live", lease } : undefined;
  });
}

export function encodeLeaseAnswer(answer: LeaseAnswer): Uint8Array {
  const writer = new ByteWriter();
  if (answer.type === "renewed") {
    writer.byte(tags.renew);
    writer.varint(answer.ttl);
    return writer.take();
  }
  writer.byte(tags["time-to-live"]);
  writer.byte(answer.ttl < 0 ? 0 : 1);
  if (answer.ttl >= 0) {
    writer.varint(answer.ttl);
    writer.varint(answer.granted);
  }
  return writer.take();
}

/** Undefined for what is no answer. */
export function decodeLeaseAnswer(bytes: Uint8Array): LeaseAnswer | undefined {
  return readable(bytes, (reader) => {
    const tag = reader.byte();
    if (tag === tags.renew) return { type: "renewed", ttl: reader.varint() };
    if (tag !== tags["time-to-live"]) return undefined;
    const isThere = reader.byte();
    if (isThere === 0) return { type: "time-to-live", ttl: -1, granted: 0 };
    return isThere === 1 ? { type: "time-to-live", ttl: reader.varint(), granted: reader.varint() } : undefined;
  });
}

function readable<T>(bytes: Uint8Array, read: (reader: ByteReader) => T | undefined): T | undefined {
  try {
    const reader = new ByteReader(bytes);
    const value = read(reader);
    if (value !== undefined) reader.end();
    return value;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}
