import type { PlainCommand, RangeResult } from "@quorate/store";

/** Keys and values as text, by key, as of one revision. */
export type ModelKeys = ReadonlyMap<string, { readonly value: string; readonly modRevision: number }>;

/** What compaction must not change, and what it does, written down plainly: every revision is kept for ever. */
export class CompactionModel {
  readonly #history: ModelKeys[] = [new Map(), new Map()];
  #compacted = 0;

  get revision(): number {
    return this.#history.length - 1;
  }

  get compacted(): number {
    return this.#compacted;
  }

  /** "ok", or why the store must refuse a command. */
  apply(command: PlainCommand): string {
    if (command.type === "put") {
      const { revision } = this;
      this.#push((keys) => keys.set(text(command.key), { value: text(command.value), modRevision: revision + 1 }));
    } else if (command.type === "delete-range") {
      const key = text(command.range.key);
      if (this.#keys.has(key)) this.#push((keys) => keys.delete(key));
    } else if (command.type === "compact") {
      if (command.revision <= this.#compacted) return "compacted";
      if (command.revision > this.revision) return "future-revision";
      this.#compacted = command.revision;
    }
    return "ok";
  }

  /** What a read of everything at a revision shows, as text. */
  at(revision: number): string {
    const keys = this.#history[revision] as ModelKeys;
    return [...keys]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([key, { value, modRevision }]) => `${key}=${value}@${modRevision}`)
      .join(" ");
  }

  get #keys(): ModelKeys {
    return this.#history.at(-1) as ModelKeys;
  }

  #push(change: (keys: Map<string, { value: string; modRevision: number }>) => unknown): void {
    const keys = new Map(this.#keys);
    change(keys);
    this.#history.push(keys);
  }
}

/** What a store has found, in the same form. */
export function shownRange({ items }: RangeResult): string {
  return items.map(({ key, value, modRevision }) => `${text(key)}=${text(value)}@${modRevision}`).join(" ");
}

export function text(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
