import { entryKinds, payloadOf, readU32, readU53, writeU32, writeU53, type Entry, type LogIndex } from "@quorate/raft";

/** A configuration that the log holds, or held before its base: the index of its entry (0: none), and its payload. */
export interface LoggedConfiguration {
  readonly index: LogIndex;
  readonly payload: Uint8Array;
}

/**
 * The configurations of a log, from the one in force at its base on. Entries before the base are gone, and nobody else could
 * say who decides there: so some batches repeat these (docs/wal-format.md, "Configurations").
 */
export class ConfigurationTrail {
  /** Ascending. */
  #all: LoggedConfiguration[] = [];

  get all(): readonly LoggedConfiguration[] {
    return this.#all;
  }

  append(entries: readonly Entry[]): void {
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry;
      if (entry.kind !== entryKinds.configuration) continue;
      // A copy: the entry may be a view of a large buffer (pitfall B40).
      this.#all.push({ index: entry.index, payload: payloadOf(entry).slice() });
    }
  }

  /** Entries from `index` on are gone. */
  truncateFrom(index: LogIndex): void {
    while (this.#all.length > 0 && (this.#all.at(-1) as LoggedConfiguration).index >= index) this.#all.pop();
  }

  /** The log begins after `base`: what was replaced by then is not asked for any more. */
  pruneTo(base: LogIndex): void {
    this.#all = this.since(base);
  }

  /** The log begins anew where `configuration` is in force. */
  beginAnew(configuration: LoggedConfiguration): void {
    this.#all = [configuration];
  }

  /** A batch repeats what the log had before we began to read it: the older ones are news. */
  recall(repeated: readonly LoggedConfiguration[]): void {
    const first = this.#all[0]?.index ?? Number.POSITIVE_INFINITY;
    this.#all = [...repeated.filter(({ index }) => index < first), ...this.#all];
  }

  /** The one in force at `index`; undefined when it is not known. */
  at(index: LogIndex): LoggedConfiguration | undefined {
    return this.#all.findLast((one) => one.index <= index);
  }

  /** The one in force at `index`, and all after it. */
  since(index: LogIndex): LoggedConfiguration[] {
    const first = this.#all.findLastIndex((one) => one.index <= index);
    return this.#all.slice(Math.max(first, 0));
  }
}

/** Each: u64 index, u32 length of the payload, payload. */
const headBytes = 12;

export function configurationsLength(configurations: readonly LoggedConfiguration[]): number {
  return configurations.reduce((sum, { payload }) => sum + headBytes + payload.length, 0);
}

/** Writes them at `at`; returns where they end. */
export function writeConfigurations(bytes: Uint8Array, at: number, all: readonly LoggedConfiguration[]): number {
  let end = at;
  for (const { index, payload } of all) {
    writeU53(bytes, end, index);
    writeU32(bytes, end + 8, payload.length);
    bytes.set(payload, end + headBytes);
    end += headBytes + payload.length;
  }
  return end;
}

/** Reads what lies from `at` to `end`; undefined when that is not a whole number of configurations. */
export function readConfigurations(bytes: Uint8Array, at: number, end: number): LoggedConfiguration[] | undefined {
  const all: LoggedConfiguration[] = [];
  while (at + headBytes <= end) {
    const next = at + headBytes + readU32(bytes, at + 8);
    if (next > end) return undefined;
    all.push({ index: readU53(bytes, at), payload: bytes.slice(at + headBytes, next) });
    at = next;
  }
  return at === end ? all : undefined;
}
