import { HostError, type Callback, type Done } from "@quorate/host";
import { crc32c, readU32, readU53, writeU32, writeU53, type LogPosition } from "@quorate/raft";
import type { StoredState } from "./memory-state-file.ts";
import type { StateSink, StateSource, StateTransfer } from "./state-transfer.ts";

/*
 * A state from memory on its way: always whole, as of the last checkpoint. All integers are little-endian.
 *
 *   point   u64 index, u64 term: of the last checkpoint
 *   header  u32 checksum of what follows, u32 checksum of the state, u64 index, u64 term, u64 length
 *   chunk   u32 checksum of what follows, u64 place in the state, the bytes there
 *   token   u64 how many bytes are there
 */
const pointBytes = 16;
const headerBytes = 32;
const chunkHeadBytes = 12;
const maxChunkBytes = 256 * 1024;
const tokenBytes = 8;
/** A state that lives in memory has tens of MB; what claims more than this is none. */
const maxStateBytes = 1024 * 1024 * 1024;

export interface MemoryTransferParts {
  /** The last checkpoint; undefined when there is none. */
  readonly read: (done: Callback<StoredState | undefined>) => void;
  readonly point: () => LogPosition;
  /** Makes this the state, in memory and durably. */
  readonly install: (stored: StoredState, done: Done) => void;
}

/** What arrived of one state, kept for another session that brings the same. */
interface Received {
  readonly header: Uint8Array;
  readonly pieces: Uint8Array[];
  bytes: number;
}

export class MemoryTransfer implements StateTransfer {
  readonly #parts: MemoryTransferParts;
  #kept: Received | undefined;
  #isReceiving = false;

  constructor(parts: MemoryTransferParts) {
    this.#parts = parts;
  }

  point(): Uint8Array {
    const { index, term } = this.#parts.point();
    const bytes = new Uint8Array(pointBytes);
    writeU53(bytes, 0, index);
    writeU53(bytes, 8, term);
    return bytes;
  }

  open(_since: Uint8Array | undefined, done: Callback<StateSource>): void {
    this.#parts.read((error, stored) => {
      if (error !== undefined) return done(error, undefined as never);
      if (stored === undefined) return done(invalid("there is no checkpoint to send yet"), undefined as never);
      done(undefined, new MemorySource(stored));
    });
  }

  receive(header: Uint8Array, done: Callback<StateSink>): void {
    const claimed = readHeader(header);
    if (this.#isReceiving) return done(invalid("another state is being received"), undefined as never);
    if (claimed === undefined) return done(invalid("the header cannot be read"), undefined as never);
    this.#isReceiving = true;
    const kept = this.#kept;
    const received =
      kept !== undefined && isSame(kept.header, header) ? kept : { header: header.slice(), pieces: [], bytes: 0 };
    this.#kept = undefined;
    const ended = (keep: boolean): void => {
      this.#isReceiving = false;
      this.#kept = keep ? received : undefined;
    };
    done(undefined, new MemorySink(claimed, received, { install: this.#parts.install, ended }));
  }
}

class MemorySource implements StateSource {
  readonly position: LogPosition;
  readonly header: Uint8Array;
  readonly isIncrement = false;
  readonly totalBytes: number;
  readonly #state: Uint8Array;
  #at = 0;

  constructor({ position, state }: StoredState) {
    this.position = position;
    this.totalBytes = state.length;
    this.#state = state;
    const header = new Uint8Array(headerBytes);
    writeU32(header, 4, crc32c(state));
    writeU53(header, 8, position.index);
    writeU53(header, 16, position.term);
    writeU53(header, 24, state.length);
    writeU32(header, 0, crc32c(header, 0, 4, header.length));
    this.header = header;
  }

  next(done: Callback<Uint8Array | undefined>): void {
    if (this.#at === this.#state.length) return done(undefined, undefined);
    const end = Math.min(this.#state.length, this.#at + maxChunkBytes - chunkHeadBytes);
    const chunk = new Uint8Array(chunkHeadBytes + end - this.#at);
    writeU53(chunk, 4, this.#at);
    chunk.set(this.#state.subarray(this.#at, end), chunkHeadBytes);
    writeU32(chunk, 0, crc32c(chunk, 0, 4, chunk.length));
    this.#at = end;
    done(undefined, chunk);
  }

  seek(token: Uint8Array, done: Done): void {
    const at = token.length === tokenBytes ? readU53(token, 0) : undefined;
    if (at === undefined || at > this.#state.length) return done(invalid("the token cannot be read"));
    this.#at = at;
    done(undefined);
  }

  close(): void {}
}

interface Claimed {
  readonly position: LogPosition;
  readonly bytes: number;
  readonly checksum: number;
}

interface SinkParts extends Pick<MemoryTransferParts, "install"> {
  readonly ended: (keep: boolean) => void;
}

class MemorySink implements StateSink {
  readonly resumeToken: Uint8Array;
  readonly #claimed: Claimed;
  readonly #received: Received;
  readonly #parts: SinkParts;

  constructor(claimed: Claimed, received: Received, parts: SinkParts) {
    this.#claimed = claimed;
    this.#received = received;
    this.#parts = parts;
    this.resumeToken = new Uint8Array(received.bytes === 0 ? 0 : tokenBytes);
    if (received.bytes > 0) writeU53(this.resumeToken, 0, received.bytes);
  }

  write(chunk: Uint8Array, done: Done): void {
    const received = this.#received;
    const length = chunk.length - chunkHeadBytes;
    const isRight =
      length > 0 &&
      chunk.length <= maxChunkBytes &&
      readU32(chunk, 0) === crc32c(chunk, 0, 4, chunk.length) &&
      readU53(chunk, 4) === received.bytes &&
      received.bytes + length <= this.#claimed.bytes;
    if (!isRight) return done(invalid("a chunk is damaged or out of place"));
    received.pieces.push(chunk.slice(chunkHeadBytes));
    received.bytes += length;
    done(undefined);
  }

  install(done: Callback<LogPosition>): void {
    const { position, bytes, checksum } = this.#claimed;
    const state = concatenated(this.#received.pieces, this.#received.bytes);
    if (state.length !== bytes || crc32c(state) !== checksum) {
      return done(invalid("it is not complete"), position);
    }
    this.#parts.install({ position, state }, (error) => {
      if (error === undefined) this.#parts.ended(false);
      done(error, position);
    });
  }

  abort(keep: boolean, done: Done): void {
    this.#parts.ended(keep);
    done(undefined);
  }
}

function readHeader(bytes: Uint8Array): Claimed | undefined {
  if (bytes.length !== headerBytes || readU32(bytes, 0) !== crc32c(bytes, 0, 4, bytes.length)) return undefined;
  const length = readU53(bytes, 24);
  if (length > maxStateBytes) return undefined;
  const position = { index: readU53(bytes, 8), term: readU53(bytes, 16) };
  return { position, bytes: length, checksum: readU32(bytes, 4) };
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

function concatenated(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

function invalid(what: string): HostError {
  return new HostError("invalid", "state transfer", `the state from another member cannot be used: ${what}`);
}
