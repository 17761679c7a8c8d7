import { setTimeout as delay } from "node:timers/promises";
import type { Calls } from "./calls.ts";
import { leaseGrant, leaseKeepAlive, leaseRevoke } from "./etcd-methods.ts";
import { FailureError } from "../errors.ts";
import { leaseText } from "./lease-id.ts";

/**
 * Renews a lease three times within its time to live, at whichever member answers, and gives the seconds that each renewal
 * brought. Ends when the lease is gone: a 0, or nobody who renewed it for as long as it lives. Ends with the signal too.
 */
export async function* renewals(calls: Calls, id: bigint, signal: AbortSignal): AsyncGenerator<number> {
  let expires = Number.POSITIVE_INFINITY;
  while (!signal.aborted && performance.now() < expires) {
    try {
      const stream = await calls.open(leaseKeepAlive);
      const stop = () => stream.cancel();
      signal.addEventListener("abort", stop);
      try {
        stream.write({ ID: id });
        for await (const { TTL } of stream.responses) {
          const seconds = Number(TTL);
          expires = performance.now() + seconds * 1000;
          yield seconds;
          if (seconds <= 0) return;
          await delay((seconds * 1000) / 3, undefined, { signal });
          stream.write({ ID: id });
        }
      } finally {
        signal.removeEventListener("abort", stop);
        stream.cancel();
      }
    } catch (error) {
      if (signal.aborted) return;
      // Without a first renewal nothing is known of the lease.
      if (expires === Number.POSITIVE_INFINITY) throw error;
    }
    await delay(100, undefined, { signal }).catch(() => {});
  }
}

/** A lease of our own that is renewed until it is given back. */
export interface HeldLease {
  readonly id: bigint;
  /** Aborted when it is lost, which it is not by being given back. */
  readonly lost: AbortSignal;
  /** Revokes it: every key that it holds is deleted. */
  giveBack(): Promise<void>;
}

export async function holdLease(calls: Calls, seconds: number): Promise<HeldLease> {
  const { ID: id } = await calls.call(leaseGrant, { TTL: BigInt(seconds) });
  const lost = new AbortController();
  const ending = new AbortController();
  const renew = async () => {
    try {
      for await (const left of renewals(calls, id, ending.signal)) if (left <= 0) break;
    } finally {
      if (!ending.signal.aborted) lost.abort(new FailureError(`The lease ${leaseText(id)} was lost.`));
    }
  };
  const renewing = renew().catch(() => {});
  return {
    id,
    lost: lost.signal,
    async giveBack() {
      ending.abort();
      await renewing;
      // It ends by itself within its time to live when nobody can be told.
      await calls.call(leaseRevoke, { ID: id }).catch(() => {});
    },
  };
}
