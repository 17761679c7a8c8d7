import type { MemberId } from "@quorate/raft";
import { SafetyViolation } from "../observation.ts";
import { explainDifference } from "./explain-difference.ts";
import type { AnyService } from "./service.ts";
import { hexOf, textOf } from "./printed.ts";

/** Which machine applied something: of which member, and from which checkpoint it was started; 0 for none. */
export interface Source {
  readonly member: MemberId;
  readonly restoredFrom: number;
}

/** What somebody was the first to see. */
export interface Seen {
  readonly text: string;
  readonly by: Source;
}

export interface AppliedCommand {
  readonly index: number;
  /** A copy. */
  readonly command: Uint8Array;
}

/** A command was applied: when it was first, on any member (in µs), and what it gave. */
export interface Applied {
  readonly at: number;
  readonly result: unknown;
}

export interface AppliedSurroundings {
  /** A command for people. */
  readonly describe: (command: Uint8Array) => string;
  readonly nowMicros: () => number;
}

/**
 * What the members' machines made of the commands, entry by entry: whoever is first says what it is, and all others, and
 * the same member after a restart, must come to the same answers and the same states (Schneider 1990).
 */
export class AppliedHistory {
  /** In the order of their indexes, without gaps but for entries that are no commands. */
  readonly commands: AppliedCommand[] = [];
  /** Whether the machines are states in memory. */
  inMemory = false;
  readonly #service: AnyService;
  readonly #around: AppliedSurroundings;
  readonly #answers = new Map<number, Seen>();
  readonly #states = new Map<number, Seen>();
  readonly #applications = new Map<string, readonly Applied[]>();

  constructor(service: AnyService, around: AppliedSurroundings) {
    this.#service = service;
    this.#around = around;
  }

  /** Of this command (its bytes in hexadecimal digits), one for each time that it was applied. */
  applicationsOf(command: string): readonly Applied[] {
    return this.#applications.get(command) ?? [];
  }

  /** @throws SafetyViolation when it is not what others were answered */
  answered(by: Source, index: number, command: Uint8Array, result: unknown): void {
    if (index > (this.commands.at(-1)?.index ?? 0)) {
      this.commands.push({ index, command: command.slice() });
      const applied = { at: this.#around.nowMicros(), result };
      this.#applications.set(hexOf(command), [...this.applicationsOf(hexOf(command)), applied]);
    }
    this.#compare(this.#answers, "answer", index, { text: textOf(result), by });
  }

  /** The state after an entry, or after no entry at all, as 0. @throws SafetyViolation when others had another */
  stateIs(by: Source, index: number, text: string): void {
    this.#compare(this.#states, "state", this.#lastCommandUpTo(index), { text, by });
  }

  #compare(known: Map<number, Seen>, what: "answer" | "state", index: number, seen: Seen): void {
    const first = known.get(index);
    if (first === undefined) known.set(index, seen);
    else if (first.text !== seen.text) this.#differ(what, index, first, seen);
  }

  #differ(what: "answer" | "state", index: number, first: Seen, second: Seen): never {
    const commands = this.commands.filter((command) => command.index <= index);
    const difference = {
      what,
      index,
      first,
      second,
      commands,
      describe: this.#around.describe,
      inMemory: this.inMemory,
    };
    const { property, message } = explainDifference(this.#service, difference);
    throw new SafetyViolation(property, message);
  }

  /** Entries that are no commands change no state. */
  #lastCommandUpTo(index: number): number {
    let low = 0;
    let high = this.commands.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.commands[middle] as AppliedCommand).index <= index) low = middle + 1;
      else high = middle;
    }
    return this.commands[low - 1]?.index ?? 0;
  }
}
