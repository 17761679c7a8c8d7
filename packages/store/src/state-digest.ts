import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { FormatError } from "./errors.ts";

/** The hash of a state depends on both: up to the compacted revision only the newest live versions count. */
export interface DigestPoint {
  readonly revision: number;
  readonly compactedRevision: number;
}

export function pointOf({ revision, compactedRevision }: DigestPoint): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(revision);
  writer.varint(compactedRevision);
  return writer.take().slice();
}

/** Undefined for what no store wrote. */
export function readPoint(bytes: Uint8Array): DigestPoint | undefined {
  try {
    const reader = new ByteReader(bytes);
    const point = { revision: reader.varint(), compactedRevision: reader.varint() };
    reader.end();
    return point.revision >= 1 && point.compactedRevision <= point.revision ? point : undefined;
  } catch (error) {
    if (error instanceof FormatError) return undefined;
    throw error;
  }
}

/** What members compare: equal for equal states. */
export function digestOf(revision: number, hash: number): Uint8Array {
  const writer = new ByteWriter();
  writer.varint(revision);
  writer.uint32(hash);
  return writer.take().slice();
}
