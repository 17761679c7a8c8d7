import type { Socket } from "node:net";
import { frameHeaderBytes } from "./protocol.ts";

/** What a turn of the event loop writes goes into blocks of this size, and out in one write. */
const blockBytes = 32 * 1024;
/** Payloads from here on are written from where they are instead of being copied. */
const attachedBytes = 4 * 1024;
/** A rest of a block is used again if it has so much left; no piece that is copied is larger. */
const leastRestBytes = 8 * 1024;
const maxPooled = 64;

/** Blocks, and rests of them, that nobody uses: an idle connection holds none. */
const pool: Buffer[] = [];

function giveBack(block: Buffer): void {
  if (block.length >= leastRestBytes && pool.length < maxPooled) pool.push(block);
}

/** Bytes of responses that wait for their clients, on all connections of a server together. */
export interface QueuedTotal {
  unsentBytes: number;
}

/** The bytes that leave on one socket: gathered during a turn, and written at once at its end. */
export class Output {
  readonly #socket: Socket;
  readonly #total: QueuedTotal;
  readonly #flush = (): void => this.flush();
  #block: Buffer | undefined;
  #length = 0;
  /** What comes before the block. */
  #segments: Uint8Array[] = [];
  #segmentBytes = 0;
  #corks = 0;
  #isScheduled = false;
  #isClosed = false;
  /** What the socket had not taken after the last write. */
  #backlog = 0;

  constructor(socket: Socket, total: QueuedTotal) {
    this.#socket = socket;
    this.#total = total;
  }

  /** Bytes that wait for the system to take them. */
  get waitingBytes(): number {
    return this.#backlog + this.#segmentBytes + this.#length;
  }

  /** Until `uncork`, nothing is written; then all of it at once. */
  cork(): void {
    this.#corks++;
  }

  uncork(): void {
    this.#corks--;
    if (this.#corks === 0 && (this.#length > 0 || this.#segmentBytes > 0)) this.flush();
  }

  /** Bytes are taken again. */
  drained(): void {
    this.#setBacklog(0);
  }

  /** What is written from now on goes nowhere. */
  close(): void {
    this.#isClosed = true;
    this.#setBacklog(0);
    this.#segments = [];
    this.#segmentBytes = 0;
    this.#release();
  }

  /** A frame's header; its payload must follow. */
  frame(length: number, type: number, flags: number, streamId: number): void {
    const block = this.#room(frameHeaderBytes);
    let at = this.#length;
    block[at++] = length >>> 16;
    block[at++] = length >>> 8;
    block[at++] = length;
    block[at++] = type;
    block[at++] = flags;
    block[at++] = streamId >>> 24;
    block[at++] = streamId >>> 16;
    block[at++] = streamId >>> 8;
    block[at++] = streamId;
    this.#length = at;
  }

  uint32(value: number): void {
    const block = this.#room(4);
    block[this.#length++] = value >>> 24;
    block[this.#length++] = value >>> 16;
    block[this.#length++] = value >>> 8;
    block[this.#length++] = value;
  }

  uint8(value: number): void {
    this.#room(1)[this.#length++] = value;
  }

  /** Must not change before it has been sent. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length >= attachedBytes) return this.#attach(bytes);
    const block = this.#room(length);
    // A loop is faster than `set` for as few bytes as a header block has.
    if (length <= 32) for (let index = 0; index < length; index++) block[this.#length + index] = bytes[index] as number;
    else block.set(bytes, this.#length);
    this.#length += length;
  }

  flush(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return this.close();
    const socket = this.#socket;
    if (this.#segments.length === 0) {
      if (this.#length > 0) this.#writeBlock(socket);
      return;
    }
    socket.cork();
    for (const segment of this.#segments) socket.write(segment);
    if (this.#length > 0) socket.write(this.#written());
    socket.uncork();
    this.#segments = [];
    this.#segmentBytes = 0;
    this.#setBacklog(socket.writableLength);
    this.#release();
  }

  #writeBlock(socket: Socket): void {
    const block = this.#block as Buffer;
    socket.write(this.#written());
    this.#setBacklog(socket.writableLength);
    // The system has copied the bytes already: the rule, unless it is congested or there is TLS between.
    if (this.#backlog === 0) this.#block = block;
    this.#release();
  }

  /** What waits in sockets counts with what waits for windows. */
  #setBacklog(bytes: number): void {
    this.#total.unsentBytes += bytes - this.#backlog;
    this.#backlog = bytes;
  }

  /** What is in the block; from now on the block is its rest. */
  #written(): Buffer {
    const block = this.#block as Buffer;
    const written = block.subarray(0, this.#length);
    this.#block = block.subarray(this.#length);
    this.#length = 0;
    return written;
  }

  #release(): void {
    if (this.#block !== undefined) giveBack(this.#block);
    this.#block = undefined;
    this.#length = 0;
  }

  /** Makes room for a few bytes, and sees to it that they are written at the end of the turn. */
  #room(bytes: number): Buffer {
    if (this.#corks === 0 && !this.#isScheduled) {
      this.#isScheduled = true;
      process.nextTick(this.#flush);
    }
    const block = this.#block;
    if (block !== undefined && block.length - this.#length >= bytes) return block;
    this.#closeBlock();
    this.#release();
    return (this.#block = pool.pop() ?? Buffer.allocUnsafeSlow(blockBytes));
  }

  /** What is in the block becomes a segment. */
  #closeBlock(): void {
    if (this.#length === 0) return;
    this.#segmentBytes += this.#length;
    this.#segments.push(this.#written());
  }

  #attach(bytes: Uint8Array): void {
    this.#room(0);
    this.#closeBlock();
    this.#segments.push(bytes);
    this.#segmentBytes += bytes.length;
  }
}
