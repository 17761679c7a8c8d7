import type { Timers } from "@quorate/host";
import type { ReplicaStatus } from "./interface.ts";
import { callForeign } from "./outcomes.ts";

/** The functions of the embedding program that want to know of changes, and of the end. */
export class Listeners {
  readonly #timers: Timers;
  readonly #changes = new Set<(status: ReplicaStatus) => void>();
  readonly #ends: ((error: Error) => void)[] = [];
  #fatal: Error | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  /** What stopped the member, once something has. */
  get fatal(): Error | undefined {
    return this.#fatal;
  }

  onChange(listener: (status: ReplicaStatus) => void): () => void {
    const own = (status: ReplicaStatus): void => listener(status);
    this.#changes.add(own);
    return () => this.#changes.delete(own);
  }

  onFatal(listener: (error: Error) => void): void {
    const fatal = this.#fatal;
    if (fatal === undefined) this.#ends.push(listener);
    else this.#timers.endOfTurn(() => listener(fatal));
  }

  /** `status` is asked for only when somebody listens. */
  tellChange(status: () => ReplicaStatus): void {
    if (this.#changes.size === 0) return;
    const now = status();
    for (const listener of this.#changes) callForeign(this.#timers, () => listener(now));
  }

  /** From now on, whoever asks is told of this error. */
  ended(error: Error): void {
    this.#fatal = error;
  }

  tellEnd(error: Error): void {
    for (const listener of this.#ends) this.#timers.endOfTurn(() => listener(error));
  }
}
