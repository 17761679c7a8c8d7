import type { Done, HostError } from "@quorate/host";
import { attempt, type Pause } from "../steps.ts";
import { ChunkReader } from "./chunks.ts";
import { inGroups } from "./groups.ts";
import type { TransferItem } from "./items.ts";
import { invalidTransfer } from "./transfer-codec.ts";

/** Takes chunks apart for a sink, one after another; after an error, and once it is ended, it takes none. */
export class Intake {
  readonly #pause: Pause;
  readonly #take: (group: readonly TransferItem[], done: Done) => void;
  readonly #chunks = new ChunkReader();
  #failure: HostError | undefined;
  #isTaking = false;
  #whenIdle: (() => void) | undefined;

  /** `take` is given items of one type, in their order. */
  constructor(pause: Pause, take: (group: readonly TransferItem[], done: Done) => void) {
    this.#pause = pause;
    this.#take = take;
  }

  get failure(): HostError | undefined {
    return this.#failure;
  }

  /** Whether the last chunk ended with an item. */
  get isBetweenItems(): boolean {
    return this.#chunks.isBetweenItems;
  }

  write(chunk: Uint8Array, done: Done): void {
    if (this.#failure !== undefined) return done(this.#failure);
    this.#isTaking = true;
    const items = attempt(() => this.#chunks.take(chunk));
    if (items.error !== undefined) return this.#finish(items.error, done);
    const take = (group: readonly TransferItem[], next: Done): void => {
      if (this.#failure !== undefined) next(this.#failure);
      else this.#take(group, next);
    };
    inGroups(items.value, this.#pause, take, (error) => this.#finish(error, done));
  }

  /** Takes nothing more; `done` once nothing is being taken. */
  end(done: () => void): void {
    this.#failure ??= invalidTransfer("it was ended");
    if (this.#isTaking) this.#whenIdle = done;
    else done();
  }

  #finish(error: HostError | undefined, done: Done): void {
    this.#isTaking = false;
    this.#failure ??= error;
    done(this.#failure);
    const whenIdle = this.#whenIdle;
    this.#whenIdle = undefined;
    whenIdle?.();
  }
}
