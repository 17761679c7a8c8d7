import { readU32, writeU32 } from "@quorate/raft";
import type { MemoryState } from "@quorate/replica";
import { mix } from "../random-streams.ts";
import { decodeRegisterCommand } from "./register-commands.ts";

/** How a planted bug changes what a state machine makes of a command: the number that it takes in instead. */
export type StateBug = (member: number, number: number) => number;

/**
 * A state machine that notices everything: the numbers of all commands in the order of their application, one running
 * hash, and a few registers. A command is the number of its client's request and some padding, or an operation on a
 * register; its result is how many were applied before.
 */
export class Tally implements MemoryState<number> {
  #numbers: number[] = [];
  #hash = 0;
  readonly #registers = new Map<number, number>();
  /** Positions of compare-and-sets that found what they expected, since this object was made. */
  readonly #swapped = new Set<number>();
  readonly #reached: (count: number, hash: number) => void;
  readonly #takenIn: (number: number) => number;

  /** `reached` is told of each state: how many commands made it, and its hash. */
  constructor(
    reached: (count: number, hash: number) => void = () => {},
    takenIn: (number: number) => number = (number) => number,
  ) {
    this.#reached = reached;
    this.#takenIn = takenIn;
  }

  get hash(): number {
    return this.#hash;
  }

  get numbers(): readonly number[] {
    return this.#numbers;
  }

  /** Null before the first write. */
  register(key: number): number | null {
    return this.#registers.get(key) ?? null;
  }

  /** Whether the compare-and-set that was applied at this position changed its register. */
  hasSwapped(position: number): boolean {
    return this.#swapped.has(position);
  }

  apply(command: Uint8Array): number {
    const position = this.#numbers.length;
    const number = readU32(command, 0);
    this.#numbers.push(number);
    this.#hash = mix(this.#hash ^ this.#takenIn(number));
    const change = decodeRegisterCommand(command);
    if (change !== undefined) {
      const { key, value, from } = change;
      const isDue = from === undefined || (this.#registers.get(key) ?? 0) === from;
      if (isDue) this.#registers.set(key, value);
      if (isDue && from !== undefined) this.#swapped.add(position);
      this.#hash = mix(this.#hash ^ (this.#registers.get(key) ?? 0));
    }
    this.#reached(this.#numbers.length, this.#hash);
    return position;
  }

  /** `u32 hash, u32 how many registers, u32 key and u32 value of each, u32 of each number`. */
  snapshot(): Uint8Array {
    const fields = [this.#hash >>> 0, this.#registers.size];
    for (const [key, value] of this.#registers) fields.push(key, value);
    const bytes = new Uint8Array(4 * (fields.length + this.#numbers.length));
    for (const [at, field] of fields.entries()) writeU32(bytes, 4 * at, field);
    for (const [at, number] of this.#numbers.entries()) writeU32(bytes, 4 * (fields.length + at), number);
    return bytes;
  }

  restore(snapshot: Uint8Array): void {
    this.#hash = readU32(snapshot, 0) | 0;
    const registers = readU32(snapshot, 4);
    this.#registers.clear();
    for (let at = 8; at < 8 + 8 * registers; at += 8) {
      this.#registers.set(readU32(snapshot, at), readU32(snapshot, at + 4));
    }
    this.#numbers = [];
    for (let at = 8 + 8 * registers; at < snapshot.length; at += 4) this.#numbers.push(readU32(snapshot, at));
    this.#reached(this.#numbers.length, this.#hash);
  }
}
