import { setTimeout as delay } from "node:timers/promises";
import type { Fault, FaultSchedule } from "./faults.ts";
import type { Nemesis, Struck } from "./nemesis.ts";
import type { Outages } from "./outages.ts";
import type { Silences } from "./silences.ts";

/** Left alone after the last fault, so that what it leads to is seen as its outage. */
const settleMs = 3000;
/** Longer than writes pause when all is well. */
const longPauseMs = 500;

export interface CampaignParts {
  readonly schedule: FaultSchedule;
  readonly nemesis: Nemesis;
  readonly silences: Silences;
  readonly outages: Outages;
  /** Ends every wait. */
  readonly signal: AbortSignal;
  readonly finding: (text: string) => void;
  /** Told of each fault when its outage is known, for the record. */
  readonly record: (struck: Struck, outageMs: number) => void;
}

/** Takes one fault after the other from the schedule, and measures the outage of each. */
export class Campaign {
  /** How often each cause has struck. */
  readonly struck = new Map<string, number>();
  readonly #parts: CampaignParts;
  readonly #inForce = new Set<Promise<void>>();
  #last: Struck | undefined;

  constructor(parts: CampaignParts) {
    this.#parts = parts;
  }

  get count(): number {
    return [...this.struck.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Strikes until `over` says so, heals everything, and lets the cluster settle. */
  async strikeUntil(over: () => boolean, mayEndProcesses: boolean): Promise<void> {
    while (!over()) {
      const fault = this.#parts.schedule.next(mayEndProcesses);
      await this.#untilTimeOf(fault);
      if (!over()) this.#begin(fault);
    }
    await Promise.all(this.#inForce);
    await this.#wait(settleMs);
    this.#measureLast();
  }

  async #untilTimeOf({ overlapsAfterMs, quietMs }: Fault): Promise<void> {
    if (overlapsAfterMs !== undefined && this.#inForce.size > 0) return this.#wait(overlapsAfterMs);
    await Promise.all(this.#inForce);
    await this.#wait(quietMs);
  }

  #begin(fault: Fault): void {
    const { nemesis, signal, finding } = this.#parts;
    const begun = (struck: Struck) => {
      // Struck again before it had recovered: the outage has two causes.
      if (this.#parts.silences.currentMs > longPauseMs) {
        struck.overlapped = true;
        if (this.#last !== undefined) this.#last.overlapped = true;
      }
      this.#measureLast();
      this.#last = struck;
      this.struck.set(struck.cause, (this.struck.get(struck.cause) ?? 0) + 1);
    };
    const striking = nemesis
      .strike(fault, signal, begun)
      .catch((error: unknown) => finding(`the nemesis failed: ${String(error)}`))
      .finally(() => this.#inForce.delete(striking));
    this.#inForce.add(striking);
  }

  /** The outage of the fault before, from its beginning until now. */
  #measureLast(): void {
    const last = this.#last;
    this.#last = undefined;
    if (last === undefined) return;
    const { outages, silences, record } = this.#parts;
    record(last, outages.add(last, performance.now(), silences));
  }

  #wait(ms: number): Promise<void> {
    return delay(ms, undefined, { signal: this.#parts.signal }).catch(() => {});
  }
}
