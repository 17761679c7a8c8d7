import { readU32, writeU32 } from "@quorate/raft";
import type { MemoryState } from "@quorate/replica";
import { mix } from "../random-streams.ts";

/**
 * A state machine that notices everything: the numbers of all commands in the order of their application, and one running
 * hash. A command is the number of its client's request and some padding; its result is how many were applied before.
 */
export class Tally implements MemoryState<number> {
  #numbers: number[] = [];
  #hash = 0;

  get hash(): number {
    return this.#hash;
  }

  get numbers(): readonly number[] {
    return this.#numbers;
  }

  apply(command: Uint8Array): number {
    this.#add(readU32(command, 0));
    return this.#numbers.length - 1;
  }

  snapshot(): Uint8Array {
    const bytes = new Uint8Array(4 * this.#numbers.length);
    for (const [at, number] of this.#numbers.entries()) writeU32(bytes, 4 * at, number);
    return bytes;
  }

  restore(snapshot: Uint8Array): void {
    this.#numbers = [];
    this.#hash = 0;
    for (let at = 0; at < snapshot.length; at += 4) this.#add(readU32(snapshot, at));
  }

  #add(number: number): void {
    this.#numbers.push(number);
    this.#hash = mix(this.#hash ^ number);
  }
}
