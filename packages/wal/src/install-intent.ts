import type { Disk, DiskFile } from "@quorate/host";
import { crc32c, encodeConfiguration, readU32, readU53, writeU32, writeU53 } from "@quorate/raft";
import type { LogPosition, Term } from "@quorate/raft";
import type { LoggedConfiguration } from "./configuration-trail.ts";
import { intentName, temporaryName } from "./file-names.ts";
import { formatVersion, type Owner } from "./format.ts";
import type { InstallIntent } from "./interface.ts";
import { keepOpen, withFile } from "./open-files.ts";
import { carryOut, perform, type Steps } from "./steps.ts";

/**
 * A state is about to be switched to another member's. State and log cannot change in one step; so what the log has to
 * become is durable before the state is switched, and a start finishes whatever a crash left half done.
 */
export interface FoundIntent extends Owner {
  readonly position: LogPosition;
  readonly leaderTerm: Term;
  readonly configuration: LoggedConfiguration;
}

/**
 * ```text
 *  0  8 bytes  "QRTEINT" and a zero
 *  8  u32  format version         12  u32  CRC-32C of bytes 0 to 12 and 16 to the end
 * 16  u64  cluster id             24  u64  member id
 * 32  u64  position's index       40  u64  position's term      48  u64  the leader's term
 * 56  u64  configuration's index  64  u32  length of its payload  68  u32  zero
 * 72  the configuration's payload
 * ```
 */
const magic = [0x51, 0x52, 0x54, 0x45, 0x49, 0x4e, 0x54, 0x00] as const;
const headBytes = 72;
/** No file that is longer is one of ours. */
const maxBytes = 64 * 1024 * 1024;

export function encodeIntent(owner: Owner, intent: InstallIntent): Uint8Array<ArrayBuffer> {
  const payload = encodeConfiguration(intent.configuration);
  const bytes = new Uint8Array(headBytes + payload.length);
  bytes.set(magic);
  writeU32(bytes, 8, formatVersion);
  writeU53(bytes, 16, owner.clusterId);
  writeU53(bytes, 24, owner.memberId);
  writeU53(bytes, 32, intent.position.index);
  writeU53(bytes, 40, intent.position.term);
  writeU53(bytes, 48, intent.leaderTerm);
  writeU53(bytes, 56, intent.configurationIndex);
  writeU32(bytes, 64, payload.length);
  bytes.set(payload, headBytes);
  writeU32(bytes, 12, checksum(bytes));
  return bytes;
}

/** Undefined when the bytes are no intent that can be trusted: then the state is not taken for one that was installed. */
export function decodeIntent(bytes: Uint8Array): FoundIntent | undefined {
  if (bytes.length < headBytes || magic.some((byte, at) => bytes[at] !== byte)) return undefined;
  if (readU32(bytes, 12) !== checksum(bytes) || readU32(bytes, 8) > formatVersion) return undefined;
  if (headBytes + readU32(bytes, 64) !== bytes.length) return undefined;
  return {
    clusterId: readU53(bytes, 16),
    memberId: readU53(bytes, 24),
    position: { index: readU53(bytes, 32), term: readU53(bytes, 40) },
    leaderTerm: readU53(bytes, 48),
    configuration: { index: readU53(bytes, 56), payload: bytes.slice(headBytes) },
  };
}

/** Replaces the intent that there was: the old one or the new one is found, whole. */
export function* writeIntent(disk: Disk, directory: string, owner: Owner, intent: InstallIntent): Steps<void> {
  const path = `${directory}/${intentName}`;
  const file = yield* perform<DiskFile>((done) => disk.create(temporaryName(path), done));
  const bytes = encodeIntent(owner, intent);
  yield* keepOpen(
    file,
    carryOut((done) => file.writeAndSync(0, bytes, done)),
  );
  yield* carryOut((done) => file.close(done));
  yield* carryOut((done) => disk.rename(temporaryName(path), path, done));
  yield* carryOut((done) => disk.syncDirectory(directory, done));
}

/** The intent in a directory that has the file; undefined when it is another member's, or damaged. */
export function* readIntent(disk: Disk, directory: string, owner: Owner): Steps<FoundIntent | undefined> {
  const bytes = yield* withFile(disk, `${directory}/${intentName}`, readWhole);
  const intent = decodeIntent(bytes);
  const isOurs = intent?.clusterId === owner.clusterId && intent.memberId === owner.memberId;
  return isOurs ? intent : undefined;
}

function* readWhole(file: DiskFile): Steps<Uint8Array> {
  const size = yield* perform<number>((done) => file.size(done));
  if (size > maxBytes) return new Uint8Array(0);
  return yield* perform<Uint8Array>((done) => file.read(0, size, done));
}

export function* removeIntent(disk: Disk, directory: string): Steps<void> {
  yield* carryOut((done) => disk.remove(`${directory}/${intentName}`, done));
  yield* carryOut((done) => disk.syncDirectory(directory, done));
}

function checksum(bytes: Uint8Array): number {
  return crc32c(bytes, crc32c(bytes, 0, 0, 12), 16, bytes.length);
}
