import { decodeConfiguration } from "./configuration-codec.ts";
import type { Configuration, Timing } from "./configuration.ts";
import { entryKinds, payloadOf, type Entry } from "./entry.ts";
import type { Rules } from "./rules.ts";
import type { LogIndex, MemberId } from "./types.ts";

interface Placed {
  readonly index: LogIndex;
  readonly configuration: Configuration;
}

/**
 * Which configuration is in force: the last one in the log, as soon as it is appended (Raft §6), committed or not; rolled
 * back when its entry is truncated (pitfall B72).
 */
export class Configurations {
  /** Ascending; the first is committed, or the one at the base of the log. */
  readonly #placed: Placed[];

  constructor(base: LogIndex, configuration: Configuration, entries: readonly Entry[]) {
    this.#placed = [{ index: base, configuration }];
    this.appended(entries);
  }

  get inForce(): Configuration {
    return (this.#placed.at(-1) as Placed).configuration;
  }

  get index(): LogIndex {
    return (this.#placed.at(-1) as Placed).index;
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
    while (this.#placed.length > 1 && (this.#placed[1] as Placed).index <= commit) this.#placed.shift();
  }

  /**
   * The timing that promises rest on. While a change is uncommitted either value may win, so voters keep the promise that
   * lasts longer and leaders rely on the one that lasts shorter (DESIGN §3).
   */
  timing(as: "voter" | "leader"): Timing {
    const only = this.#placed[0] as Placed;
    if (this.#placed.length === 1) return only.configuration.timing;
    const timings = this.#placed.map((placed) => placed.configuration.timing);
    const timeouts = timings.map((timing) => timing.electionTimeoutMs);
    return {
      electionTimeoutMs: as === "voter" ? Math.max(...timeouts) : Math.min(...timeouts),
      clockDriftPpm: Math.max(...timings.map((timing) => timing.clockDriftPpm)),
    };
  }
}
