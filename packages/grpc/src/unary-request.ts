import { grpcCodes, type GrpcCode, type GrpcStatus } from "./status.ts";

/** One byte says whether the message is compressed, four how long it is. */
export const messagePrefixBytes = 5;

const nothing = new Uint8Array(0);

/**
 * Gathers the one length-prefixed message of a unary request from the chunks that carry it. A chunk that holds it whole,
 * which is the rule for small messages, is not copied.
 */
export class UnaryRequest {
  readonly #maxBytes: number;
  #prefix: Uint8Array = nothing;
  /** Of the message, once the prefix is known; -1 before. */
  #length = -1;
  #whole: Uint8Array | undefined;
  #gathered: Uint8Array = nothing;
  #received = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes that are held for a message that is not whole yet. */
  get heldBytes(): number {
    return this.#gathered.length;
  }

  /** Takes the next bytes; returns what is wrong with them, if anything. */
  add(chunk: Uint8Array): GrpcStatus | undefined {
    let rest = chunk;
    if (this.#length < 0) {
      const bytes = this.#prefix.length === 0 ? chunk : joined(this.#prefix, chunk);
      if (bytes.length < messagePrefixBytes) {
        this.#prefix = Uint8Array.from(bytes);
        return undefined;
      }
      const wrong = this.#readPrefix(bytes);
      if (wrong !== undefined) return wrong;
      rest = bytes.subarray(messagePrefixBytes);
      if (rest.length >= this.#length) return this.#complete(rest);
      this.#gathered = new Uint8Array(this.#length);
    } else if (this.#whole !== undefined) {
      return rest.length === 0 ? undefined : tooMany();
    }
    const taken = Math.min(rest.length, this.#length - this.#received);
    this.#gathered.set(rest.subarray(0, taken), this.#received);
    this.#received += taken;
    if (this.#received < this.#length) return undefined;
    this.#whole = this.#gathered;
    this.#gathered = nothing;
    return rest.length > taken ? tooMany() : undefined;
  }

  /** The message, at the end of the request; undefined when it ended before its message. */
  finish(): Uint8Array | undefined {
    return this.#whole;
  }

  #readPrefix(bytes: Uint8Array): GrpcStatus | undefined {
    const flag = bytes[0] as number;
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(1);
    if (flag === 1) return refusal(grpcCodes.unimplemented, "grpc: compressed messages are not supported");
    if (flag !== 0) return refusal(grpcCodes.internal, `grpc: received unexpected payload format ${flag}`);
    if (length > this.#maxBytes) {
      const message = `grpc: received message larger than max (${length} vs. ${this.#maxBytes})`;
      return refusal(grpcCodes.resourceExhausted, message);
    }
    this.#length = length;
    return undefined;
  }

  #complete(bytes: Uint8Array): GrpcStatus | undefined {
    this.#whole = bytes.subarray(0, this.#length);
    return bytes.length > this.#length ? tooMany() : undefined;
  }
}

/** A message as it travels: its prefix, then its bytes. */
export function frameMessage(message: Uint8Array): Uint8Array {
  const framed = Buffer.allocUnsafe(messagePrefixBytes + message.length);
  framed[0] = 0;
  framed.writeUInt32BE(message.length, 1);
  framed.set(message, messagePrefixBytes);
  return framed;
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

function tooMany(): GrpcStatus {
  return refusal(grpcCodes.internal, "grpc: bytes follow the one message of a unary request");
}

function refusal(code: GrpcCode, message: string): GrpcStatus {
  return { code, message };
}
