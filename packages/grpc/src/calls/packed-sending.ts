import { isWorthCompressing } from "./compression.ts";
import { pack } from "./packing.ts";

/** Sends a message that is packed (1) or not (0). */
export type SendMessage = (flag: 0 | 1, message: Uint8Array) => void;
/** More bytes wait to be packed, or fewer. */
export type WaitingChanged = (change: number) => void;

/**
 * Sends the messages of one call in their order, packed where it is worth it: what comes behind a message that is being packed
 * waits for it.
 */
export class PackedSending {
  readonly #encoding: string | undefined;
  readonly #send: SendMessage;
  readonly #isWanted: () => boolean;
  readonly #changed: WaitingChanged;
  /** The first is being packed. */
  #waiting: Uint8Array[] = [];
  #waitingBytes = 0;
  #isPacking = false;
  #afterwards: (() => void) | undefined;

  /** `isWanted`: whether anybody still waits for the messages. */
  constructor(encoding: string | undefined, isWanted: () => boolean, changed: WaitingChanged, send: SendMessage) {
    this.#encoding = encoding;
    this.#isWanted = isWanted;
    this.#changed = changed;
    this.#send = send;
  }

  /** Of messages that wait to be packed, or for another that is. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  send(message: Uint8Array): void {
    if (this.#waiting.length === 0 && !isWorthCompressing(this.#encoding, message)) return this.#send(0, message);
    this.#waiting.push(message);
    this.#wait(message.length);
    if (this.#waiting.length === 1) this.#packFirst();
  }

  /** Calls back once everything before it has been sent. Once, and nothing is sent after it. */
  afterwards(callback: () => void): void {
    if (this.#waiting.length === 0) callback();
    else this.#afterwards = callback;
  }

  #packFirst(): void {
    const first = this.#waiting[0] as Uint8Array;
    this.#isPacking = true;
    pack(first, this.#isWanted, (packed) => {
      this.#isPacking = false;
      if (!this.#isWanted()) return;
      this.#sent(packed === undefined ? 0 : 1, packed ?? first);
      this.#goOn();
    });
  }

  #goOn(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      // Whoever was told that all had been sent may have sent more.
      if (this.#isPacking) return;
      if (isWorthCompressing(this.#encoding, next)) return this.#packFirst();
      this.#sent(0, next);
    }
    this.#afterwards?.();
  }

  #sent(flag: 0 | 1, message: Uint8Array): void {
    this.#wait(-(this.#waiting.shift() as Uint8Array).length);
    this.#send(flag, message);
  }

  #wait(change: number): void {
    this.#waitingBytes += change;
    this.#changed(change);
  }
}
