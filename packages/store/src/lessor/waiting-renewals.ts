import type { Timers } from "@quorate/host";
import type { RenewOutcome } from "./lessor.ts";

/**
 * Of all leases together. One whose asker has given up is among them until the log has decided, or its leader leads no more; one of
 * them comes, so nobody has to take it back.
 */
export const mostWaitingRenewals = 10_000;

type Done = (outcome: RenewOutcome) => void;

/**
 * Renewals of leases whose time is over by their leader's clock, and which the log holds still. What becomes of such a lease is not
 * decided yet: another leader may come before the expiry is committed, and give it time again. So the client is told what has become of
 * it, once something has (etcd's `Lessor.Renew` waits as well).
 */
export class WaitingRenewals {
  readonly #timers: Pick<Timers, "afterPendingInput">;
  readonly #waiting = new Map<bigint, Done[]>();
  #count = 0;

  constructor(timers: Pick<Timers, "afterPendingInput">) {
    this.#timers = timers;
  }

  add(id: bigint, done: Done): void {
    if (this.#count === mostWaitingRenewals) {
      const error = new Error(`${mostWaitingRenewals} renewals wait for the ends of their leases already: ask again`);
      return this.#timers.afterPendingInput(() => done({ type: "failed", error }));
    }
    this.#count++;
    const known = this.#waiting.get(id);
    if (known === undefined) this.#waiting.set(id, [done]);
    else known.push(done);
  }

  /** The log says that the lease is over. */
  gone(id: bigint): void {
    const taken = this.#waiting.get(id);
    if (taken === undefined) return;
    this.#waiting.delete(id);
    this.#answer(taken, { type: "renewed", ttl: 0 });
  }

  /** Somebody else will know. */
  end(): void {
    const taken = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    if (taken.length > 0) this.#answer(taken, { type: "not-leader" });
  }

  /** Never from inside of the command that ended a lease. */
  #answer(taken: readonly Done[], outcome: RenewOutcome): void {
    this.#count -= taken.length;
    this.#timers.afterPendingInput(() => {
      for (const done of taken) done(outcome);
    });
  }
}
