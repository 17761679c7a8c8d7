import type { Lease, LeaseRef } from "../lease-operations.ts";
import { ExpiryHeap, type Scheduled } from "./expiry-heap.ts";

/** A lease as its leader has it. Times are in ms of the leader's own clock. */
export interface TimedLease extends Scheduled {
  readonly lease: Lease;
  expiresAt: number;
  /** The least that the log may come to say is left of it, in seconds: what a leader after this one would give it. */
  noted: number;
  /** Its time is over, and the log is told so: nothing renews it any more. */
  isExpiring: boolean;
}

export function refOf({ lease: { id, grantedAt } }: TimedLease): LeaseRef {
  return { lease: id, grantedAt };
}

/**
 * The leases of a leader by the time at which they run out. A renewal moves only that time: the heap learns of it when the old
 * one comes, so that it costs the same for any number of leases.
 */
export class LeaseTimes {
  readonly #all = new Map<bigint, TimedLease>();
  readonly #heap = new ExpiryHeap<TimedLease>();

  get size(): number {
    return this.#all.size;
  }

  /** When somebody should look for what has run out: never later than the first expiry. */
  get nextAt(): number {
    return this.#heap.first?.dueAt ?? Number.POSITIVE_INFINITY;
  }

  all(): Iterable<TimedLease> {
    return this.#all.values();
  }

  get(id: bigint): TimedLease | undefined {
    return this.#all.get(id);
  }

  /** Does nothing for a lease that is there. */
  add(lease: Lease, expiresAt: number): void {
    if (this.#all.has(lease.id)) return;
    const timed = { lease, expiresAt, noted: lease.remaining, isExpiring: false, dueAt: 0, slot: -1 };
    this.#all.set(lease.id, timed);
    this.#heap.add(timed, expiresAt);
  }

  remove(id: bigint): void {
    const timed = this.#all.get(id);
    if (timed === undefined) return;
    this.#all.delete(id);
    this.#heap.remove(timed);
  }

  /** At most so many leases whose time is over, after at most so many looks: at those that were renewed meanwhile, too. */
  takeExpired(now: number, most: number, mostLooks: number): TimedLease[] {
    const expired: TimedLease[] = [];
    for (let looks = 0; looks < mostLooks && expired.length < most; looks++) {
      const { first } = this.#heap;
      if (first === undefined || first.dueAt > now) break;
      this.#heap.remove(first);
      if (first.expiresAt <= now) expired.push(first);
      else this.#heap.add(first, first.expiresAt);
    }
    return expired;
  }
}
