import type { TimerHandle } from "@quorate/host";
import { untilFinished } from "../steps.ts";
import type { Lease } from "../lease-operations.ts";
import type { LeaseListener, Leases } from "../tables/leases.ts";
import { LeaseCheckpoints } from "./lease-checkpoints.ts";
import { LeaseExpiries } from "./lease-expiries.ts";
import { LeaseTimes } from "./lease-times.ts";
import type { RenewOutcome } from "./lessor.ts";
import type { LeaseReignParts } from "./reign-parts.ts";
import { WaitingRenewals } from "./waiting-renewals.ts";

/** Between two looks, in ms. */
const leastLookMs = 10;
const longestLookMs = 500;
/** Leases that are taken in, or looked at, in one step. */
const leasesPerStep = 2048;

/** The leases during one term in which this member leads, from when that was confirmed. */
export class LeaseReign implements LeaseListener {
  readonly term: number;
  readonly #parts: LeaseReignParts;
  readonly #table: Leases;
  readonly #replaced: () => void;
  readonly #times = new LeaseTimes();
  readonly #expiries: LeaseExpiries;
  readonly #checkpoints: LeaseCheckpoints;
  readonly #renewals: WaitingRenewals;
  #timer: TimerHandle | undefined;
  #lookAt = 0;
  /** The latest time that anything here went by. */
  #seenAt: number;
  /** How long this process stood still, in all: leases stood still with it. */
  #stalledMs = 0;
  #isReady = false;
  #isOver = false;

  constructor(parts: LeaseReignParts, term: number, replaced: () => void) {
    const table = parts.leases();
    this.term = term;
    this.#parts = parts;
    this.#table = table;
    this.#replaced = replaced;
    this.#seenAt = parts.clock.monotonicMs();
    const common = { ...parts, term, table, times: this.#times, now: () => this.#now(), isOver: () => this.#isOver };
    this.#expiries = new LeaseExpiries(common);
    this.#checkpoints = new LeaseCheckpoints(common);
    this.#renewals = new WaitingRenewals(parts.timers);
    table.listener = this;
    this.#takeAll();
  }

  /** Whether the time of every lease is kept. */
  get isReady(): boolean {
    return this.#isReady && !this.#isOver && this.#parts.leases() === this.#table;
  }

  get size(): number {
    return this.#times.size;
  }

  end(): void {
    this.#isOver = true;
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
    this.#timer = undefined;
    if (this.#table.listener === this) this.#table.listener = undefined;
    this.#expiries.end();
    this.#renewals.end();
  }

  renew(id: bigint, done: (outcome: RenewOutcome) => void): void {
    const timed = this.#times.get(id);
    const now = this.#now();
    if (timed === undefined) return done({ type: "renewed", ttl: 0 });
    if (timed.isExpiring || timed.expiresAt <= now) return this.#renewals.add(id, done);
    const { ttl } = timed.lease;
    timed.expiresAt = now + 1000 * ttl;
    this.#parts.counts.renewed++;
    if (timed.noted >= ttl) return done({ type: "renewed", ttl });
    this.#checkpoints.noteWhole(timed, (error) => {
      if (error !== undefined) done({ type: "failed", error });
      else done({ type: "renewed", ttl: this.#times.get(id) === timed ? ttl : 0 });
    });
  }

  timeToLive(id: bigint): { readonly ttl: number; readonly granted: number } {
    const timed = this.#times.get(id);
    if (timed === undefined) return { ttl: -1, granted: 0 };
    const ttl = Math.max(0, Math.floor((timed.expiresAt - this.#now()) / 1000));
    return { ttl, granted: timed.lease.ttl };
  }

  granted(lease: Lease): void {
    this.#times.add(lease, this.#now() + 1000 * lease.remaining);
    this.#lookSooner();
  }

  gone({ id }: Lease): void {
    this.#times.remove(id);
    this.#renewals.gone(id);
  }

  /**
   * The leader's clock, without the time in which this process stood still: nobody could renew anything then, though it leads. It stood
   * still when nothing has looked at the clock for an election timeout, though the timer was due. Everything here goes by this time; so
   * what comes before that timer, just when the process goes on, neither finds leases over nor gives them more than their own.
   */
  #now(): number {
    const now = this.#parts.clock.monotonicMs() - this.#stalledMs;
    const expected = Math.max(this.#lookAt, this.#seenAt);
    const stoodStill = now - expected > this.#parts.electionTimeoutMs();
    if (stoodStill) this.#stalledMs += now - expected;
    this.#seenAt = stoodStill ? expected : Math.max(this.#seenAt, now);
    return this.#seenAt;
  }

  /** Takes in what was granted before this term, in steps: each lease gets what is left of it, and an election timeout. */
  #takeAll(): void {
    const leases = this.#table.all()[Symbol.iterator]();
    untilFinished(
      (step) => {
        if (this.#isOver) return step(undefined, true);
        const from = this.#now() + this.#parts.electionTimeoutMs();
        for (let count = 0; count < leasesPerStep; count++) {
          const next = leases.next();
          if (next.done === true) return step(undefined, true);
          this.#times.add(next.value, from + 1000 * next.value.remaining);
        }
        this.#parts.timers.afterPendingInput(() => step(undefined, false));
      },
      () => {
        this.#isReady = true;
        this.#arm();
      },
    );
  }

  /** A lease was granted that may end before the next look. */
  #lookSooner(): void {
    if (this.#timer === undefined || this.#times.nextAt >= this.#lookAt) return;
    this.#parts.timers.cancel(this.#timer);
    this.#arm();
  }

  #arm(): void {
    if (this.#isOver) return;
    const now = this.#now();
    const delayMs = Math.min(Math.max(this.#times.nextAt - now, leastLookMs), longestLookMs);
    this.#lookAt = now + delayMs;
    this.#timer = this.#parts.timers.after(delayMs, () => {
      this.#timer = undefined;
      this.#lookBehindInput();
    });
  }

  /** What clients have sent meanwhile comes first: renewals may lie there. And again, if the process stood still on its way. */
  #lookBehindInput(): void {
    this.#now();
    const stalledMs = this.#stalledMs;
    this.#parts.timers.afterPendingInput(() => {
      this.#now();
      if (this.#stalledMs > stalledMs) this.#lookBehindInput();
      else this.#look();
    });
  }

  #look(): void {
    if (this.#isOver) return;
    if (this.#parts.leases() !== this.#table) {
      this.end();
      return this.#replaced();
    }
    this.#expiries.look();
    this.#checkpoints.look();
    this.#arm();
  }
}
