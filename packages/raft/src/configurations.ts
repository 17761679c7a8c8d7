import { decodeConfiguration } from "./configuration-codec.ts";
import { isVoter, type Configuration, type Timing } from "./configuration.ts";
import { entryKinds, payloadOf, type Entry } from "./entry.ts";
import type { PlacedConfiguration } from "./interface.ts";
import type { Rules } from "./rules.ts";
import type { LogIndex, MemberId } from "./types.ts";

/**
 * Which configuration is in force: the last one in the log, as soon as it is appended (Raft §6), committed or not; rolled
 * back when its entry is truncated (pitfall B72).
 */
export class Configurations {
  /** Ascending; the first is committed, or the one at the base of the log. */
  #placed: PlacedConfiguration[];
  /** Committed and replaced by later ones, ascending, back to the one in force at the log's base. */
  #past: PlacedConfiguration[] = [];

  /** @param index of the entry of `configuration`, which is in force at the log's base */
  constructor(index: LogIndex, configuration: Configuration, entries: readonly Entry[]) {
    this.#placed = [{ index, configuration }];
    this.appended(entries);
  }

  get inForce(): Configuration {
    return (this.#placed.at(-1) as PlacedConfiguration).configuration;
  }

  get index(): LogIndex {
    return (this.#placed.at(-1) as PlacedConfiguration).index;
  }

  /** Takes the configurations among `entries` into force. Returns whether there was one. */
  appended(entries: readonly Entry[]): boolean {
    let changed = false;
    for (const entry of entries) {
      if (entry.kind !== entryKinds.configuration) continue;
      this.#placed.push({ index: entry.index, configuration: decodeConfiguration(payloadOf(entry)) });
      changed = true;
    }
    return changed;
  }

  /** Entries from `index` on are gone. Returns whether the configuration in force went back. */
  truncatedFrom(index: LogIndex, staysInForce: Rules["staysInForce"]): boolean {
    const before = this.#placed.length;
    while (this.#placed.length > 1 && !staysInForce(this.index, index - 1)) this.#placed.pop();
    return this.#placed.length < before;
  }

  /**
   * Whether `id` is a voter of the newest configuration that is known to be committed, or of any that came after it: of all
   * that may still decide something.
   */
  mayCount(id: MemberId, commit: LogIndex): boolean {
    for (const { index, configuration } of this.#placed.toReversed()) {
      if (isVoter(configuration, id)) return true;
      if (index <= commit) return false;
    }
    return false;
  }

  /**
   * Every configuration that this log knows of has `id` as its only voter: nobody else ever asked for its vote or relied
   * on its silence.
   */
  isAlwaysAlone(id: MemberId): boolean {
    return this.#placed.every(
      ({ configuration: { voters, outgoing } }) => voters.length === 1 && voters[0] === id && outgoing.length === 0,
    );
  }

  /** What lies before the newest committed configuration can never come back. */
  committedTo(commit: LogIndex): void {
    while (this.#placed.length > 1 && (this.#placed[1] as PlacedConfiguration).index <= commit) {
      this.#past.push(this.#placed.shift() as PlacedConfiguration);
    }
  }

  /** The log begins after `base`, which is committed: what was replaced up to there is not asked for any more. */
  prunedTo(base: LogIndex): void {
    const next = (): PlacedConfiguration => this.#past[1] ?? (this.#placed[0] as PlacedConfiguration);
    while (this.#past.length > 0 && next().index <= base) this.#past.shift();
  }

  /** The log begins anew where `configuration` is in force. */
  beginAnew(index: LogIndex, configuration: Configuration): void {
    this.#past = [];
    this.#placed = [{ index, configuration }];
  }

  /** The configuration in force at `index`; undefined where the log no longer says it. */
  at(index: LogIndex): PlacedConfiguration | undefined {
    const placed = this.#placed.findLast((one) => one.index <= index);
    return placed ?? this.#past.findLast((one) => one.index <= index);
  }

  /**
   * The shortest election timeout, in ms, of the configurations from the one at `index` on: a voter that holds the log up
   * to `index` goes by one of them, or by a longer one. Undefined where the log no longer says it.
   */
  shortestTimeoutSince(index: LogIndex): number | undefined {
    const first = this.at(index)?.index;
    if (first === undefined) return undefined;
    let shortest = Number.POSITIVE_INFINITY;
    for (const list of [this.#past, this.#placed]) {
      for (const { index: at, configuration } of list) {
        if (at >= first) shortest = Math.min(shortest, configuration.timing.electionTimeoutMs);
      }
    }
    return shortest;
  }

  /**
   * The timing that promises rest on. While a change is uncommitted either value may win, so voters keep the promise that
   * lasts longer and leaders rely on the one that lasts shorter (DESIGN §3).
   */
  timing(as: "voter" | "leader"): Timing {
    const only = this.#placed[0] as PlacedConfiguration;
    if (this.#placed.length === 1) return only.configuration.timing;
    const timings = this.#placed.map((placed) => placed.configuration.timing);
    const timeouts = timings.map((timing) => timing.electionTimeoutMs);
    return {
      electionTimeoutMs: as === "voter" ? Math.max(...timeouts) : Math.min(...timeouts),
      clockDriftPpm: Math.max(...timings.map((timing) => timing.clockDriftPpm)),
    };
  }
}
