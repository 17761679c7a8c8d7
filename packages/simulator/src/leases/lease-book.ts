import type { CommandResult, Lease, PlainCommand } from "@quorate/store";
import { SafetyViolation } from "../observation.ts";
import { answerOf, LeaseModel, type EndedLease, type LeaseOutcome } from "./lease-model.ts";

/**
 * A moment: real time, and by how much the clocks of members that led had jumped ahead by then, both in ms. Their sum is a time by
 * which nobody who leads is ahead of a clock that keeps its rate.
 */
export interface Moment {
  readonly at: number;
  readonly jumped: number;
}

/** One lease of those that shared an id one after the other. */
interface Life {
  readonly lease: Lease;
  readonly begun: Moment;
  /** Nobody but a client may end it before: in real time and leaders' jumps together (`Moment`), in ms. */
  promisedUntil: number;
  ended: { readonly when: Moment; readonly by: "revoke" | "expire" } | undefined;
  /** Somebody has asked for a renewal, whatever became of it. */
  isAskedFor: boolean;
  /** What the log said was left of it, in seconds, and from when on. */
  readonly noted: { readonly at: number; readonly remaining: number }[];
}

/** What one member made of one command of the log. */
export interface AppliedCommand {
  readonly member: number;
  readonly index: number;
  /** Of the entry. */
  readonly term: number;
  readonly command: PlainCommand;
  readonly result: CommandResult;
  /** Its leases after it (`shownLeases`). */
  readonly after: string;
}

/** Rounding of times that a member's clock measures. */
const slackMs = 1;

/**
 * What is true of leases, from outside: what the log makes of them, when each came and went, and what clients were told
 * (testing-anchors §1.4, invariant 15). No clock of a member is asked.
 *
 * What is allowed to a clock: its rate, so that a lease of t seconds lasts t seconds of the fastest clock; and a jump of the
 * monotonic clock of a member that leads, which is that much of every lease. (A clock that jumps keeps no bound: docs/leases.md.)
 * A jump of anybody's wall clock, or of the clock of a member that does not lead, is allowed nothing.
 */
export class LeaseBook {
  readonly #nowMs: () => number;
  /** How fast the fastest of all clocks goes. */
  readonly #fastest: number;
  readonly #model = new LeaseModel();
  /** By the index of the command; and the indexes, ascending. */
  readonly #outcomes = new Map<number, LeaseOutcome & { readonly keys: string }>();
  readonly #indexes: number[] = [];
  readonly #lives = new Map<bigint, Life[]>();
  #jumpedMs = 0;
  /** In this run: leases that ran out, renewals that were answered with a time, states of other members that were taken. */
  readonly counts = { expired: 0, renewals: 0, statesTaken: 0 };

  constructor(nowMs: () => number, clockRates: readonly number[]) {
    this.#nowMs = nowMs;
    this.#fastest = Math.max(...clockRates);
  }

  now(): Moment {
    return { at: this.#nowMs(), jumped: this.#jumpedMs };
  }

  /** The monotonic clock of a member that leads, as far as it knows, jumps ahead. */
  leaderJumped(ms: number): void {
    this.#jumpedMs += ms;
  }

  /**
   * Gives the leases that this command ended. @throws SafetyViolation when a member makes anything else of a command than the log
   * says, or a lease ends that somebody may still count on
   */
  applied({ member, index, term, command, result, after }: AppliedCommand): readonly EndedLease[] {
    const outcome = this.#outcomes.get(index) ?? this.#next(index, term, command, member);
    const answer = answerOf(result);
    if (answer !== outcome.answer) {
      const told = `member ${member} answers "${answer}" to entry ${index}, ${command.type}, and the log makes it "${outcome.answer}"`;
      throw violation("lease agreement", told);
    }
    this.#compare(member, `after entry ${index}, ${command.type}`, after, outcome.after);
    return outcome.gone;
  }

  /** A member has a state up to this entry that it did not make itself, or that it found. @throws SafetyViolation */
  found(member: number, index: number, leases: string): void {
    this.#compare(member, `of a state up to entry ${index}`, leases, this.#upTo(index)?.after ?? "");
  }

  /** The same of all keys and whose they are. @throws SafetyViolation */
  foundKeys(member: number, index: number, keys: string): void {
    const expected = this.#upTo(index)?.keys ?? "";
    if (keys === expected) return;
    throw violation(
      "lease agreement",
      `member ${member} has keys "${keys}" in a state up to entry ${index}, and the log makes them "${expected}"`,
    );
  }

  /** A client asks for a renewal. */
  asked(id: bigint): Moment {
    for (const life of this.#livesOf(id)) if (life.ended === undefined) life.isAskedFor = true;
    return this.now();
  }

  /**
   * A client was told that a lease is renewed for `ttl` seconds, from when it asked on; or, by 0, that it is over.
   * @throws SafetyViolation when the lease was gone by then, or went before; or when it is not over
   */
  renewed(id: bigint, asked: Moment, ttl: number): void {
    if (ttl === 0) return this.#toldGone(id, asked);
    this.counts.renewals++;
    const possible = this.#since(id, asked);
    if (possible.length === 0) {
      throw violation("leases", `lease ${id} was renewed for ${ttl} s, though it was gone when that was asked`);
    }
    // Of two that lived while the request was under way, nobody knows which it was.
    const [life, another] = possible;
    if (life === undefined || another !== undefined) return;
    life.promisedUntil = Math.max(life.promisedUntil, this.#until(asked, ttl));
    if (life.ended?.by === "expire") this.#expectKept(life, life.ended.when, "all members");
  }

  /**
   * A client was told how much is left of a lease, in seconds; -1 for one that is over. @throws SafetyViolation when it is not over; or
   * when nobody has asked for a renewal of it and more is left than the log said: a change of leaders has given it time again
   */
  lasts(id: bigint, asked: Moment, ttl: number): void {
    if (ttl < 0) return this.#toldGone(id, asked);
    const [life, another] = this.#since(id, asked);
    if (life === undefined) throw violation("leases", `lease ${id} was gone, and ${ttl} s were said to be left of it`);
    if (another !== undefined || life.isAskedFor) return;
    // A new leader gives it an election timeout on top, which is less than a second here, and whole seconds are told.
    const { remaining } = life.noted.findLast(({ at }) => at <= asked.at) ?? { remaining: life.lease.ttl };
    if (ttl <= remaining) return;
    const told = `${ttl} s were said to be left of lease ${id}, which nobody renews, though the log had said ${remaining} s`;
    throw violation("leases", told);
  }

  #next(index: number, term: number, command: PlainCommand, member: number): LeaseOutcome {
    const outcome = { ...this.#model.apply(index, term, command), keys: this.#model.keys };
    this.#outcomes.set(index, outcome);
    this.#indexes.push(index);
    const now = this.now();
    for (const lease of outcome.come) {
      const promisedUntil = this.#until(now, lease.ttl);
      const life = { lease, begun: now, promisedUntil, ended: undefined, isAskedFor: false, noted: [] };
      this.#livesOf(lease.id).push(life);
    }
    const by = command.type === "lease-revoke" ? "revoke" : "expire";
    for (const { lease } of outcome.gone) this.#end(lease, by, now, member);
    if (command.type === "lease-checkpoint") {
      for (const { lease } of command.leases) this.#note(this.#model.get(lease), now);
    }
    return outcome;
  }

  /** What the log makes of everything up to an entry; undefined where it holds no command yet. */
  #upTo(index: number): (LeaseOutcome & { readonly keys: string }) | undefined {
    const last = this.#indexes.findLast((at) => at <= index);
    return last === undefined ? undefined : this.#outcomes.get(last);
  }

  #compare(member: number, when: string, found: string, expected: string): void {
    if (found === expected) return;
    const told = `the leases of member ${member} ${when} are "${found}", and the log makes them "${expected}"`;
    throw violation("lease agreement", told);
  }

  #end({ id, grantedAt }: Lease, by: "revoke" | "expire", when: Moment, member: number): void {
    const life = this.#livesOf(id).find(({ lease }) => lease.grantedAt === grantedAt) as Life;
    life.ended = { when, by };
    if (by === "revoke") return;
    this.counts.expired++;
    this.#expectKept(life, when, `member ${member}`);
  }

  #note(lease: Lease | undefined, { at }: Moment): void {
    if (lease === undefined) return;
    const life = this.#livesOf(lease.id).at(-1) as Life;
    life.noted.push({ at, remaining: lease.remaining });
  }

  /** As in etcd, a client is told that a lease is over when the log has said so, and not as soon as some leader thinks it. */
  #toldGone(id: bigint, asked: Moment): void {
    const life = this.#livesOf(id).find(({ begun, ended }) => begun.at < asked.at && ended === undefined);
    if (life === undefined) return;
    const { at } = this.now();
    const told = `a client was told at ${at.toFixed(1)} ms that lease ${id}, granted at ${life.begun.at.toFixed(1)} ms, is over, and the log has it still`;
    throw violation("leases", told);
  }

  #expectKept({ lease, begun, promisedUntil }: Life, { at, jumped }: Moment, where: string): void {
    if (at + jumped + slackMs >= promisedUntil) return;
    const told =
      `lease ${lease.id} of ${lease.ttl} s, granted at ${begun.at.toFixed(1)} ms, ended on ${where} at ${at.toFixed(1)} ms; ` +
      `somebody may count on it until ${(promisedUntil - jumped).toFixed(1)} ms`;
    throw violation("leases", told);
  }

  /** Of this id, those that were there when something was asked or since. */
  #since(id: bigint, asked: Moment): readonly Life[] {
    return this.#livesOf(id).filter(({ ended }) => ended === undefined || ended.when.at >= asked.at);
  }

  /** Real time, for the fastest clock. */
  #until({ at, jumped }: Moment, seconds: number): number {
    return at + jumped + (1000 * seconds) / this.#fastest;
  }

  #livesOf(id: bigint): Life[] {
    const known = this.#lives.get(id);
    if (known !== undefined) return known;
    const none: Life[] = [];
    this.#lives.set(id, none);
    return none;
  }
}

function violation(name: string, message: string): SafetyViolation {
  return new SafetyViolation(name, message);
}
