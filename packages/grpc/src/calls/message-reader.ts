import { grpcCodes, type GrpcCode, type GrpcStatus } from "../status.ts";

/** One byte says whether the message is compressed, four how long it is. */
export const messagePrefixBytes = 5;

/** What is set aside for a message before more of it has come: a declared length alone must cost nothing. */
const firstRoomBytes = 16 * 1024;

const nothing = new Uint8Array(0);

/**
 * Finds the length-prefixed messages in the bytes of a request. A message that lies whole in one chunk, which is the rule for
 * small ones, is not copied: it is a view of the chunk.
 */
export class MessageReader {
  readonly #maxBytes: number;
  #chunk: Uint8Array = nothing;
  #at = 0;
  #prefix: Uint8Array = nothing;
  #prefixBytes = 0;
  /** Of the message under way; -1 while its prefix is. */
  #length = -1;
  #room: Uint8Array = nothing;
  #received = 0;
  #isCompressed = false;
  #problem: GrpcStatus | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What is wrong with the request; nothing more is read of it then. */
  get problem(): GrpcStatus | undefined {
    return this.#problem;
  }

  /** Whether the message that `next` gave last is compressed. */
  get isCompressed(): boolean {
    return this.#isCompressed;
  }

  /** Bytes that are set aside for a message that is not whole. */
  get heldBytes(): number {
    return this.#room.length;
  }

  /** No part of a message is waiting for the rest. */
  get isAtStart(): boolean {
    return this.#length < 0 && this.#prefixBytes === 0 && this.#at === this.#chunk.length;
  }

  /** Takes the next bytes; `next` must have returned undefined before, or not have been called. */
  add(chunk: Uint8Array): void {
    this.#chunk = chunk;
    this.#at = 0;
  }

  /** The next message that is whole; undefined when there is none, or a problem. */
  next(): Uint8Array | undefined {
    if (this.#problem !== undefined) return undefined;
    if (this.#length < 0 && !this.#readPrefix()) return this.#needMore();
    const left = this.#chunk.length - this.#at;
    if (this.#received === 0 && left >= this.#length) return this.#give(this.#take(this.#length));
    const taken = Math.min(left, this.#length - this.#received);
    this.#makeRoom(this.#received + taken);
    this.#room.set(this.#take(taken), this.#received);
    this.#received += taken;
    if (this.#received < this.#length) return this.#needMore();
    this.#received = 0;
    return this.#give(this.#room.subarray(0, this.#length));
  }

  /** A stream that only waits must not hold the memory of what came last. */
  #needMore(): undefined {
    this.#chunk = nothing;
    this.#at = 0;
  }

  #give(message: Uint8Array): Uint8Array {
    this.#length = -1;
    this.#room = nothing;
    return message;
  }

  #take(bytes: number): Uint8Array {
    const from = this.#at;
    this.#at += bytes;
    return this.#chunk.subarray(from, this.#at);
  }

  #makeRoom(needed: number): void {
    if (this.#room.length >= needed) return;
    const wanted = Math.max(needed, firstRoomBytes, 2 * this.#room.length);
    const room = new Uint8Array(Math.min(this.#length, wanted));
    room.set(this.#room.subarray(0, this.#received));
    this.#room = room;
  }

  #readPrefix(): boolean {
    if (this.#prefix === nothing) this.#prefix = new Uint8Array(messagePrefixBytes);
    const chunk = this.#chunk;
    while (this.#prefixBytes < messagePrefixBytes && this.#at < chunk.length) {
      this.#prefix[this.#prefixBytes++] = chunk[this.#at++] as number;
    }
    if (this.#prefixBytes < messagePrefixBytes) return false;
    this.#prefixBytes = 0;
    const flag = this.#prefix[0] as number;
    const length = new DataView(this.#prefix.buffer).getUint32(1);
    if (flag > 1) return this.#fail(grpcCodes.internal, `grpc: received unexpected payload format ${flag}`);
    if (length > this.#maxBytes) {
      const message = `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`;
      return this.#fail(grpcCodes.resourceExhausted, message);
    }
    this.#isCompressed = flag === 1;
    this.#length = length;
    return true;
  }

  #fail(code: GrpcCode, message: string): false {
    this.#problem = { code, message };
    return false;
  }
}
