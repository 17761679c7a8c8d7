import type { Timers } from "@quorate/host";
import { frameHeaderBytes, makeFrameHeader, type FrameType } from "./frame.ts";
import { gatherSmallChunks } from "./gather.ts";
import type { SendBound } from "./limits.ts";
import type { Wire } from "./wire.ts";

/**
 * What one connection has to send: bounded in bytes and in frames, and written once at the end of each turn, so that all
 * that a turn gathered leaves in one system call.
 */
export class SendQueue {
  readonly #wire: Wire;
  readonly #timers: Timers;
  readonly #bound: SendBound;
  /** Frames of this turn. */
  #gathered: Uint8Array[] = [];
  #gatheredBytes = 0;
  #writtenBytes = 0;
  /** Where each frame that may still wait ends, counted in bytes since the start; older ones are cut off now and then. */
  #ends: number[] = [];
  #sentFrames = 0;
  #flushDue = false;

  constructor(wire: Wire, timers: Timers, bound: SendBound) {
    this.#wire = wire;
    this.#timers = timers;
    this.#bound = bound;
  }

  /** All bytes so far, sent or waiting. */
  get totalBytes(): number {
    return this.#writtenBytes + this.#gatheredBytes;
  }

  /** Queues one frame; false when it does not fit. */
  push(type: FrameType, chunks: readonly Uint8Array[], checkedChunks: number): boolean {
    let bytes = frameHeaderBytes;
    for (const chunk of chunks) bytes += chunk.length;
    const waitingBytes = this.#wire.bufferedBytes + this.#gatheredBytes;
    if (waitingBytes > 0 && waitingBytes + bytes > this.#bound.bytes) return false;
    if (this.#waitingFrames() >= this.#bound.messages) return false;
    this.#gathered.push(makeFrameHeader(type, chunks, checkedChunks));
    for (const chunk of chunks) if (chunk.length > 0) this.#gathered.push(chunk);
    this.#gatheredBytes += bytes;
    this.#ends.push(this.totalBytes);
    if (!this.#flushDue) {
      this.#flushDue = true;
      this.#timers.endOfTurn(() => this.flush());
    }
    return true;
  }

  /** Hands everything to the network. */
  flush(): void {
    this.#flushDue = false;
    if (this.#gatheredBytes === 0) return;
    const chunks = gatherSmallChunks(this.#gathered);
    this.#gathered = [];
    this.#writtenBytes += this.#gatheredBytes;
    this.#gatheredBytes = 0;
    this.#wire.write(chunks);
  }

  /** Forgets what was not handed to the network. */
  clear(): void {
    this.#gathered = [];
    this.#gatheredBytes = 0;
    this.#ends = [];
    this.#sentFrames = 0;
  }

  #waitingFrames(): number {
    const sentBytes = this.#writtenBytes - this.#wire.bufferedBytes;
    const ends = this.#ends;
    while (this.#sentFrames < ends.length && (ends[this.#sentFrames] as number) <= sentBytes) this.#sentFrames++;
    if (this.#sentFrames > 1024 && this.#sentFrames > ends.length / 2) {
      this.#ends = ends.slice(this.#sentFrames);
      this.#sentFrames = 0;
    }
    return this.#ends.length - this.#sentFrames;
  }
}
