import type { Disk, Done } from "@quorate/host";
import { crc32c, readU32, readU53, writeU32, writeU53, type LogPosition } from "@quorate/raft";
import { ReplicaStartError } from "./errors.ts";
import { findFile, parentOf, readWholeFile, replaceFile } from "./replace-file.ts";

/**
 * The file that holds a state from memory: one header and the state's own bytes.
 *
 * ```text
 *  0  8 bytes "QRSTATE1"
 *  8  u32  CRC-32C over everything from 12 on
 * 12  u64  index of the last entry applied
 * 20  u64  its term
 * 28  u64  length of the state in bytes
 * 36  the state
 * ```
 * All integers are little-endian.
 */
const headerBytes = 36;
const magic = Uint8Array.of(0x51, 0x52, 0x53, 0x54, 0x41, 0x54, 0x45, 0x31);
const fileName = "state";

export interface StoredState {
  readonly position: LogPosition;
  readonly state: Uint8Array;
}

type Read = (error: Error | undefined, found: StoredState | undefined) => void;

/** Reads the last whole checkpoint at a start, verified, and durable from then on; undefined when there never was one. */
export function findMemoryState(disk: Disk, directory: string, done: Read): void {
  findFile(disk, directory, fileName, (error, bytes) => verify(directory, error, bytes, done));
}

/** Reads the last checkpoint of this life. */
export function readMemoryState(disk: Disk, directory: string, done: Read): void {
  readWholeFile(disk, `${directory}/${fileName}`, (error, bytes) => verify(directory, error, bytes, done));
}

function verify(directory: string, error: Error | undefined, bytes: Uint8Array | undefined, done: Read): void {
  if (error !== undefined || bytes === undefined) return done(error, undefined);
  const found = decode(bytes);
  if (found !== undefined) return done(undefined, found);
  const message =
    `${directory}/${fileName} is damaged: its checksum or its length is wrong. Remove this member's directory and let it ` +
    "join again under a new id, or restore the directory from a copy";
  done(new ReplicaStartError("corrupt-state", message), undefined);
}

/** Replaces the checkpoint as a whole: after a crash at any moment the old one or the new one is found. */
export function writeMemoryState(disk: Disk, directory: string, stored: StoredState, done: Done): void {
  makeDurableDirectory(disk, directory, (error) => {
    if (error === undefined) replaceFile(disk, directory, fileName, encode(stored), done);
    else done(error);
  });
}

/** Creates the directory where it is missing, and makes its name durable in its parent. */
function makeDurableDirectory(disk: Disk, directory: string, done: Done): void {
  disk.list(directory, (listError) => {
    if (listError?.code !== "not-found") return done(listError);
    disk.makeDirectory(directory, (error) => {
      if (error !== undefined) return done(error);
      disk.syncDirectory(parentOf(directory), done);
    });
  });
}

function encode({ position, state }: StoredState): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(headerBytes + state.length);
  bytes.set(magic, 0);
  writeU53(bytes, 12, position.index);
  writeU53(bytes, 20, position.term);
  writeU53(bytes, 28, state.length);
  bytes.set(state, headerBytes);
  writeU32(bytes, 8, crc32c(bytes, 0, 12, bytes.length));
  return bytes;
}

function decode(bytes: Uint8Array): StoredState | undefined {
  if (bytes.length < headerBytes || magic.some((byte, at) => bytes[at] !== byte)) return undefined;
  if (readU53(bytes, 28) !== bytes.length - headerBytes) return undefined;
  if (readU32(bytes, 8) !== crc32c(bytes, 0, 12, bytes.length)) return undefined;
  const position = { index: readU53(bytes, 12), term: readU53(bytes, 20) };
  return { position, state: bytes.subarray(headerBytes) };
}
