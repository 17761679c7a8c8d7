import type { Call } from "@quorate/grpc";

/** Between two looks, in ms. */
const lookMs = 200;

/** What bounds the memory of calls that wait for others. */
export interface WaitingLimits {
  /** Calls at a time: each keeps two watches of the store and the call itself, about 5 kB. */
  readonly maxCalls: number;
  /** Their requests together, in bytes: each is kept about four times over, in keys, ranges and watches. */
  readonly maxRequestBytes: number;
}

export const defaultWaitingLimits: WaitingLimits = { maxCalls: 50_000, maxRequestBytes: 32 * 1024 * 1024 };

/** Calls that wait for others: who goes away meanwhile must not be waited for, nor become an owner. */
export class WaitingCalls {
  readonly #limits: WaitingLimits;
  readonly #waiting = new Map<object, { readonly call: Call; readonly cancelled: () => void }>();
  #timer: NodeJS.Timeout | undefined;
  #calls = 0;
  #requestBytes = 0;

  constructor(limits: WaitingLimits) {
    this.#limits = limits;
  }

  /**
   * Counts a call that may have to wait, before it claims anything. Gives what ends that, however often it is called; undefined when
   * there are too many already.
   */
  enter(requestBytes: number): (() => void) | undefined {
    const { maxCalls, maxRequestBytes } = this.#limits;
    // One alone may be as large as requests may be.
    const isTooMuch = this.#requestBytes > 0 && this.#requestBytes + requestBytes > maxRequestBytes;
    if (this.#calls >= maxCalls || isTooMuch) return undefined;
    this.#calls++;
    this.#requestBytes += requestBytes;
    let isIn = true;
    return () => {
      if (!isIn) return;
      isIn = false;
      this.#calls--;
      this.#requestBytes -= requestBytes;
    };
  }

  /** Calls `cancelled` once when nobody waits for the call's answer any more. Gives what ends that. */
  add(call: Call, cancelled: () => void): () => void {
    const id = {};
    this.#waiting.set(id, { call, cancelled });
    this.#timer ??= setInterval(() => this.#look(), lookMs).unref();
    return () => this.#remove(id);
  }

  #look(): void {
    for (const [id, { call, cancelled }] of this.#waiting) {
      if (!call.cancelled) continue;
      this.#remove(id);
      cancelled();
    }
  }

  #remove(id: object): void {
    this.#waiting.delete(id);
    if (this.#waiting.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
