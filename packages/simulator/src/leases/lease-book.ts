import type { CommandResult, Lease, PlainCommand } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";

/** One lease of those that shared an id one after the other. Times are real ones, in ms. */
interface Life {
  readonly lease: Lease;
  readonly begun: number;
  /** Nobody but a client may end it before. */
  promisedUntil: number;
  ended: { readonly at: number; readonly by: "revoke" | "expire" } | undefined;
}

/** What one member made of one command of the log. */
export interface AppliedCommand {
  readonly member: number;
  readonly index: number;
  readonly command: PlainCommand;
  readonly result: CommandResult;
  /** Leases that were there before it and are not after, and the other way round. */
  readonly gone: readonly Lease[];
  readonly come: readonly Lease[];
}

/** Rounding of times that a member's clock measures. */
const slackMs = 1;

/**
 * What is true of leases, from outside: when each came and went in the log, and what clients were promised of it
 * (testing-anchors §1.4, invariant 15). No clock of a member is asked.
 */
export class LeaseBook {
  readonly #nowMs: () => number;
  /** How fast the fastest of all clocks goes. */
  readonly #fastest: number;
  readonly #lives = new Map<bigint, Life[]>();
  readonly #results = new Map<number, string>();
  /** Leases that ran out, in this run. */
  expired = 0;
  renewals = 0;

  constructor(nowMs: () => number, clockRates: readonly number[]) {
    this.#nowMs = nowMs;
    this.#fastest = Math.max(...clockRates);
  }

  /** @throws SafetyViolation when members do not agree, or a lease ends that somebody may still count on */
  applied({ member, index, command, result, gone, come }: AppliedCommand): void {
    const told = describe(result, gone, come);
    const before = this.#results.get(index);
    if (before !== undefined) {
      if (before === told) return;
      throw violation("lease agreement", `entry ${index} gave ${told} on member ${member}, and ${before} elsewhere`);
    }
    this.#results.set(index, told);
    const now = this.#nowMs();
    for (const lease of come) {
      const promisedUntil = now + this.#atLeast(lease.ttl);
      this.#livesOf(lease.id).push({ lease, begun: now, promisedUntil, ended: undefined });
    }
    for (const lease of gone) this.#end(lease, command.type === "lease-revoke" ? "revoke" : "expire", now, member);
  }

  /**
   * A client was told that a lease is renewed for `ttl` seconds, from when it asked on.
   * @throws SafetyViolation when the lease was gone by then, or went before
   */
  renewed(id: bigint, askedAt: number, ttl: number): void {
    if (ttl === 0) return;
    this.renewals++;
    const until = askedAt + this.#atLeast(ttl);
    const possible = this.#livesOf(id).filter(({ ended }) => ended === undefined || ended.at >= askedAt);
    if (possible.length === 0) {
      throw violation("leases", `lease ${id} was renewed for ${ttl} s, though it was gone when that was asked`);
    }
    // Of two that lived while the request was under way, nobody knows which it was.
    const [life, another] = possible;
    if (life === undefined || another !== undefined) return;
    life.promisedUntil = Math.max(life.promisedUntil, until);
    const { ended } = life;
    if (ended?.by === "expire" && ended.at + slackMs < until) throw tooEarly(life, ended.at, "all members");
  }

  #end(lease: Lease, by: "revoke" | "expire", at: number, member: number): void {
    const life = this.#livesOf(lease.id).find(({ lease: own }) => own.grantedAt === lease.grantedAt);
    if (life === undefined) throw violation("leases", `lease ${lease.id} ended, and was never granted`);
    life.ended = { at, by };
    if (by === "revoke") return;
    this.expired++;
    if (at + slackMs < life.promisedUntil) throw tooEarly(life, at, `member ${member}`);
  }

  /** In real time, in ms, for the fastest clock. */
  #atLeast(seconds: number): number {
    return (1000 * seconds) / this.#fastest;
  }

  #livesOf(id: bigint): Life[] {
    const known = this.#lives.get(id);
    if (known !== undefined) return known;
    const none: Life[] = [];
    this.#lives.set(id, none);
    return none;
  }
}

function tooEarly({ lease, begun, promisedUntil }: Life, at: number, where: string): SafetyViolation {
  const told =
    `lease ${lease.id} of ${lease.ttl} s, granted at ${begun.toFixed(1)} ms, ended on ${where} at ${at.toFixed(1)} ms; ` +
    `somebody may count on it until ${promisedUntil.toFixed(1)} ms`;
  return violation("leases", told);
}

function violation(name: string, message: string): SafetyViolation {
  return new SafetyViolation(name, message);
}

function describe(result: CommandResult, gone: readonly Lease[], come: readonly Lease[]): string {
  // Members need not have them in the same order.
  const named = (leases: readonly Lease[]): string =>
    Array.from(leases, ({ id, grantedAt }) => `${id}@${grantedAt}`)
      .sort((left, right) => (left < right ? -1 : 1))
      .join();
  const outcome = result.ok ? result.result.type : result.refusal;
  return `${outcome} at revision ${result.revision}, gone ${named(gone)}, come ${named(come)}`;
}
