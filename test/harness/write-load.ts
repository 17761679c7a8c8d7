import { setTimeout as delay } from "node:timers/promises";
import type { MemberClient } from "./member-client.ts";

export interface WriteLoadOptions {
  /** Writers per member, each with one write under way. */
  readonly writersPerMember: number;
  readonly keyPrefix: string;
  /** After a refused or lost write, before the next. */
  readonly pauseAfterFailureMs: number;
}

/** Writes unique keys through every member until stopped, and remembers what was acknowledged and when. */
export class WriteLoad {
  /** Key to value, of every write that was acknowledged. */
  readonly acknowledged = new Map<string, string>();
  /** Writes whose outcome the client does not know, or that were refused. */
  failures = 0;
  readonly #acknowledgedAtMs: number[] = [];
  readonly #writers: Promise<void>[];
  #running = true;

  constructor(clients: readonly MemberClient[], options: WriteLoadOptions) {
    this.#writers = clients.flatMap((client, member) =>
      Array.from({ length: options.writersPerMember }, (_, writer) =>
        this.#write(client, `${options.keyPrefix}${member}/${writer}/`, options.pauseAfterFailureMs),
      ),
    );
  }

  async #write(client: MemberClient, prefix: string, pauseMs: number): Promise<void> {
    let sequence = 0;
    while (this.#running) {
      const key = `${prefix}${sequence}`;
      sequence += 1;
      const value = `value of ${key}`;
      try {
        await client.put(key, value);
        this.acknowledged.set(key, value);
        this.#acknowledgedAtMs.push(performance.now());
      } catch {
        this.failures += 1;
        // A test that failed does not stop its load: that must not keep the process alive when the cluster is gone.
        await delay(pauseMs, undefined, { ref: false });
      }
    }
  }

  /** The longest time without any acknowledged write that touches [fromMs, toMs] (of `performance.now`). */
  longestSilenceMs(fromMs: number, toMs: number): number {
    const before = this.#acknowledgedAtMs.findLast((at) => at <= fromMs) ?? fromMs;
    const within = this.#acknowledgedAtMs.filter((at) => at > fromMs && at <= toMs);
    let longest = 0;
    let previous = before;
    for (const at of [...within, toMs]) {
      longest = Math.max(longest, at - previous);
      previous = at;
    }
    return longest;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await Promise.all(this.#writers);
  }
}
