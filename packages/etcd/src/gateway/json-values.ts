import { GatheredBytes } from "@quorate/grpc";
import { JsonSyntax } from "./json-syntax.ts";

const codes = { tab: 9, lineFeed: 10, return: 13, space: 32, quote: 34, comma: 44, colon: 58 } as const;
const openers: ReadonlySet<number> = new Set(Buffer.from("{["));
const closers: ReadonlySet<number> = new Set(Buffer.from("}]"));

/** What was sent as JSON and is none, or too much of it. */
export class JsonValueError extends Error {
  override readonly name = "JsonValueError";
  readonly kind: "malformed" | "too-large";

  constructor(kind: "malformed" | "too-large", message: string) {
    super(message);
    this.kind = kind;
  }
}

export function tooLarge(bytes: number, maxBytes: number): JsonValueError {
  return new JsonValueError("too-large", `grpc: received message larger than max (${bytes} vs. ${maxBytes})`);
}

/**
 * Cuts bytes, in whichever pieces they come, into JSON values that follow each other with or without space between. What can be
 * the beginning of none is refused at once, since its end may never come; whether a word is a value, whoever parses it finds out.
 */
export class JsonValues {
  readonly #maxBytes: number;
  readonly #held = new GatheredBytes();
  /** What has come and was not looked at. */
  #rest: Uint8Array = new Uint8Array(0);
  #state: "between" | "word" | JsonSyntax = "between";

  /** `maxBytes`: of one value. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** What is set aside for a value that has begun and not ended, in bytes. */
  get heldBytes(): number {
    return this.#held.heldBytes;
  }

  /** `next` must have returned undefined before. */
  add(piece: Uint8Array): void {
    this.#rest = piece;
  }

  /** The bytes of the next value that is whole. Throws `JsonValueError`. */
  next(): Uint8Array | undefined {
    const bytes = this.#rest;
    let start = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      if (this.#state === "between") {
        if (isSpace(byte)) continue;
        start = at;
      }
      const end = this.#step(byte, at);
      if (end < 0) continue;
      this.#rest = bytes.subarray(end);
      return this.#whole(bytes.subarray(start, end));
    }
    this.#rest = new Uint8Array(0);
    if (this.#state !== "between") this.#hold(bytes.subarray(start));
    return undefined;
  }

  /** Nothing more comes: a word may be whole by that. Throws `JsonValueError` when half a value is left. */
  end(): Uint8Array | undefined {
    if (this.#state === "between") return undefined;
    if (this.#state !== "word") throw new JsonValueError("malformed", "unexpected EOF");
    return this.#whole(new Uint8Array(0));
  }

  /** Takes one byte; returns where the value ends, -1 when it goes on. */
  #step(byte: number, at: number): number {
    if (this.#state === "between") return this.#first(byte, at);
    if (this.#state === "word") {
      return isSpace(byte) || byte === codes.quote || openers.has(byte) || closers.has(byte) ? at : -1;
    }
    return this.#take(this.#state, byte, at);
  }

  #first(byte: number, at: number): number {
    if (openers.has(byte) || byte === codes.quote) {
      const syntax = new JsonSyntax();
      this.#state = syntax;
      return this.#take(syntax, byte, at);
    }
    // What cannot begin a value is one by itself, which nobody will understand.
    if (closers.has(byte) || byte === codes.comma || byte === codes.colon) return at + 1;
    this.#state = "word";
    return -1;
  }

  #take(syntax: JsonSyntax, byte: number, at: number): number {
    try {
      return syntax.take(byte) ? at + 1 : -1;
    } catch (thrown) {
      // Nobody asks for it any more.
      if (this.#held.length > 0) this.#held.take();
      throw new JsonValueError("malformed", (thrown as Error).message);
    }
  }

  #hold(piece: Uint8Array): void {
    this.#checkSize(piece);
    this.#held.add(piece);
  }

  #whole(last: Uint8Array): Uint8Array {
    this.#checkSize(last);
    let value = last;
    if (this.#held.length > 0) {
      this.#held.add(last);
      value = this.#held.take();
    }
    this.#state = "between";
    return value;
  }

  #checkSize(more: Uint8Array): void {
    const bytes = this.#held.length + more.length;
    if (bytes > this.#maxBytes) throw tooLarge(bytes, this.#maxBytes);
  }
}

function isSpace(byte: number): boolean {
  return byte === codes.space || byte === codes.tab || byte === codes.lineFeed || byte === codes.return;
}
