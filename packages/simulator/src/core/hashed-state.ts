import type { Entry, LogIndex } from "@quorate/raft";
import { checksumOf } from "../log-view.ts";
import { mix } from "../random-streams.ts";

/** The state machine of a core: how far it has applied, and one running hash of all that. */
export class HashedState {
  #index: LogIndex = 0;
  #hash = 0;

  /** The last entry that it was made of. */
  get index(): LogIndex {
    return this.#index;
  }

  get hash(): number {
    return this.#hash;
  }

  /** A state that was kept, or sent by another member, takes the place of this one. */
  become(index: LogIndex, hash: number): void {
    this.#index = index;
    this.#hash = hash;
  }

  apply(entry: Entry): void {
    this.#hash = mix(this.#hash ^ checksumOf(entry));
    this.#index = entry.index;
  }
}
