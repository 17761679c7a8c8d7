import { crc32c, writeU53, type HardState, type LogPosition } from "@quorate/raft";

/**
 * The version of everything in this folder (docs/wal-format.md). A newer one is refused; all older ones are read, and what
 * is written is of this one: a log of an older version goes on in a new segment.
 */
export const formatVersion = 2;

/** Whether this program can read a version. Version 1 is 2 without configurations in batches and without intents. */
export function isReadable(version: number): boolean {
  return version >= 1 && version <= formatVersion;
}

/** What starts a segment; its first batch follows. A whole physical sector, so that no batch ever shares one with it. */
export const segmentHeaderBytes = 4096;

/** What starts a batch; entry frames follow. */
export const batchHeaderBytes = 128;

/** Batches start at multiples of this. */
export const alignment = 8;

/** Whose log it is. A directory belongs to one. */
export interface Owner {
  readonly clusterId: number;
  readonly memberId: number;
}

/** What is no longer in the log: everything up to `position`, and every segment before `firstSegment`. */
export interface Base {
  readonly position: LogPosition;
  readonly firstSegment: number;
}

/** Where an opening found damage that has not been made good since. */
export interface DamagePlace {
  readonly segment: number;
  /** Bytes from the start of the segment's file. */
  readonly offset: number;
}

/** What a member must not forget, repeated in every segment header, batch header and mark. */
export interface Standing {
  readonly incarnation: number;
  /** Undefined until the member has one. */
  readonly hardState: HardState | undefined;
  readonly base: Base;
}

export function aligned(bytes: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** What the checksum of a batch header starts from: a batch of another log or another segment does not pass. */
export function segmentIdentity({ clusterId, memberId }: Owner, segment: number): number {
  const bytes = new Uint8Array(24);
  writeU53(bytes, 0, clusterId);
  writeU53(bytes, 8, memberId);
  writeU53(bytes, 16, segment);
  return crc32c(bytes);
}
