import type { CommandResult, PlainCommand } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";

/** One change of one key, as the log says it. Keys are single characters, values short texts. */
export interface BookEvent {
  readonly key: string;
  /** Undefined for a deletion. */
  readonly value: string | undefined;
  /** Before the change; undefined where there was none. */
  readonly before: string | undefined;
  readonly revision: number;
}

/** What a watch is to be told of. */
export interface Wanted {
  readonly from: string;
  /** Not included. */
  readonly to: string;
  readonly puts: boolean;
  readonly deletes: boolean;
}

/**
 * What is true of the keys, from the commands of the log alone: a plain map, and what each revision changed. No code of the store is
 * asked, and what watches are told is compared with it (testing-anchors §1.4, invariants 14 to 16).
 */
export class WatchBook {
  readonly #live = new Map<string, string>();
  /** By revision; nothing made the first. */
  readonly #revisions: (readonly BookEvent[])[] = [[], []];
  /** The revision after each entry of the log that was applied anywhere. */
  readonly #after = new Map<number, number>();
  compacted = 0;
  /** Whether a revision's events must come in the order in which its transaction made them. */
  readonly isOrderWithinKept: boolean;
  /** Events that watches were told of, in this run. */
  told = 0;

  constructor(isOrderWithinKept: boolean) {
    this.isOrderWithinKept = isOrderWithinKept;
  }

  get revision(): number {
    return this.#revisions.length - 1;
  }

  /** @throws SafetyViolation when members do not come to the same revision by the same entry */
  applied(member: number, index: number, command: PlainCommand, result: CommandResult): void {
    const known = this.#after.get(index);
    if (known === undefined) this.#apply(command);
    const after = known ?? this.revision;
    this.#after.set(index, after);
    if (result.revision === after) return;
    throw new SafetyViolation(
      "watches",
      `member ${member} came to revision ${result.revision} by entry ${index}, which makes revision ${after}`,
    );
  }

  /** What a watch is to be told of these revisions, both included, in order. */
  events(first: number, last: number, wanted: Wanted): BookEvent[] {
    const events: BookEvent[] = [];
    for (let revision = Math.max(2, first); revision <= last; revision++) {
      for (const event of this.#revisions[revision] ?? []) if (isWanted(event, wanted)) events.push(event);
    }
    return events;
  }

  #apply(command: PlainCommand): void {
    const changes: BookEvent[] = [];
    const revision = this.revision + 1;
    const change = (key: string, value: string | undefined): void => {
      changes.push({ key, value, before: this.#live.get(key), revision });
      if (value === undefined) this.#live.delete(key);
      else this.#live.set(key, value);
    };
    if (command.type === "put") change(textOf(command.key), textOf(command.value));
    else if (command.type === "delete-range") {
      this.#deleteRange(textOf(command.range.key), textOf(command.range.end), change);
    } else if (command.type === "txn") {
      for (const operation of command.success) {
        if (operation.type === "put") change(textOf(operation.key), textOf(operation.value));
        else if (operation.type === "delete-range") this.#deleteRange(textOf(operation.range.key), "", change);
      }
    } else if (command.type === "compact" && command.revision <= this.revision) {
      this.compacted = Math.max(this.compacted, command.revision);
    }
    if (changes.length > 0) this.#revisions.push(changes);
  }

  #deleteRange(from: string, to: string, change: (key: string, value: undefined) => void): void {
    const keys = [...this.#live.keys()].filter((key) => key === from || (key > from && key < to)).sort(ascending);
    for (const key of keys) change(key, undefined);
  }
}

function ascending(left: string, right: string): number {
  return left < right ? -1 : 1;
}

function isWanted({ key, value }: BookEvent, { from, to, puts, deletes }: Wanted): boolean {
  return key >= from && key < to && (value === undefined ? deletes : puts);
}

export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : String.fromCharCode(...bytes);
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
