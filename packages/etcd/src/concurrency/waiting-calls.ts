import type { Call } from "@quorate/grpc";

/** Between two looks, in ms. */
const lookMs = 200;

/** Calls that wait for others: who goes away meanwhile must not be waited for, nor become an owner. */
export class WaitingCalls {
  readonly #waiting = new Map<object, { readonly call: Call; readonly cancelled: () => void }>();
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#waiting.size;
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
