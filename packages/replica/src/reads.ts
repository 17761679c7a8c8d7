import { doublingBounds, DurationHistogram, type Clock, type Timers } from "@quorate/host";
import type { LogIndex, RaftCore, ReadMode, TimeMs } from "@quorate/raft";
import { ReplicaError } from "./errors.ts";
import type { Outcome } from "./interface.ts";
import { Outcomes } from "./outcomes.ts";

/** What the reads of a member need from the rest of it. */
export interface ReadsParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly mode: ReadMode;
  /** The machine may have been suspended: looked at before a lease is trusted. */
  readonly beforeLease: () => void;
  readonly maxReadsWaiting: number;
  readonly requestTimeoutMs: number;
  /** How long to wait before a refused read is asked for again, in ms. */
  readonly retryMs: () => number;
  /** After how long an unanswered question to another member counts as lost, in ms. */
  readonly lostMs: () => number;
  readonly isLeader: () => boolean;
  readonly appliedIndex: () => LogIndex;
  readonly wake: () => void;
  readonly wakeAt: (at: TimeMs) => void;
}

/** Read barriers that were asked for in one turn. */
interface ReadGroup {
  /** When the first of them came. */
  readonly askedAt: TimeMs;
  readonly outcomes: Outcome<LogIndex>[];
  readonly deadline: TimeMs;
  /** Not to be asked for again before. */
  retryAt: TimeMs;
  /** A leader has taken it before: if time runs out, it was not for want of a leader. */
  wasAsked: boolean;
}

interface Question {
  readonly groups: readonly ReadGroup[];
  readonly askedAt: TimeMs;
}

interface Ready {
  readonly groups: readonly ReadGroup[];
  readonly index: LogIndex;
  readonly answeredBy: ReadMode;
}

/**
 * Linearizable reads (dissertation §6.4): one question to the core for all barriers of a turn, asked again while their
 * time lasts when it is refused or its answer is lost (a read changes nothing, so asking twice is harmless), and completed
 * once the index that came back is applied here.
 */
export class Reads {
  /** How long barriers took, by what answered them: a leader's lease, or a round to a quorum, which is where a lease does not hold. */
  readonly durations: Readonly<Record<ReadMode, DurationHistogram>> = {
    lease: new DurationHistogram(doublingBounds(0.125, 16)),
    "read-index": new DurationHistogram(doublingBounds(0.125, 16)),
  };
  readonly #parts: ReadsParts;
  readonly #outcomes: Outcomes;
  #gathering: ReadGroup | undefined;
  #waiting: ReadGroup[] = [];
  readonly #asked = new Map<number, Question>();
  #ready: Ready[] = [];
  #count = 0;
  #lastId = 0;
  /** What was asked in this turn; 0 for nothing. */
  #askedNow = 0;

  constructor(parts: ReadsParts) {
    this.#parts = parts;
    this.#outcomes = new Outcomes(parts.timers);
  }

  /** Barriers without an outcome. */
  get count(): number {
    return this.#count;
  }

  barrier(outcome: Outcome<LogIndex>): void {
    const { clock, maxReadsWaiting, requestTimeoutMs, timers, wake, wakeAt } = this.#parts;
    if (this.#count >= maxReadsWaiting) {
      const error = new ReplicaError("busy", `${this.#count} reads wait already: read again later`);
      timers.endOfTurn(() => this.#outcomes.fail(outcome, error));
      return;
    }
    this.#count++;
    if (this.#gathering === undefined) {
      const askedAt = clock.monotonicMs();
      const deadline = askedAt + requestTimeoutMs;
      this.#gathering = { askedAt, outcomes: [], deadline, retryAt: Number.NEGATIVE_INFINITY, wasAsked: false };
      this.#waiting.push(this.#gathering);
      wake();
      wakeAt(deadline);
    }
    this.#gathering.outcomes.push(outcome);
  }

  /** At the end of a turn: one question for all that waits. */
  flush(): void {
    this.#gathering = undefined;
    this.#askedNow = 0;
    if (this.#waiting.length === 0) return;
    const { core, clock, mode, beforeLease } = this.#parts;
    if (mode === "lease") beforeLease();
    // Not the turn's own time: a lease is only worth what it is after all of these reads have arrived.
    const now = clock.monotonicMs();
    const due = this.#waiting.filter((group) => now >= group.retryAt);
    if (due.length === 0) return;
    this.#waiting = this.#waiting.filter((group) => now < group.retryAt);
    const id = ++this.#lastId;
    const refused = core.requestRead(now, id, mode);
    if (refused === undefined) {
      for (const group of due) group.wasAsked = true;
      this.#asked.set(id, { groups: due, askedAt: now });
      this.#askedNow = id;
      this.#parts.wakeAt(now + this.#parts.lostMs());
    } else if (refused.refusal.reason === "busy") {
      const error = new ReplicaError("busy", `a bound is reached (${refused.refusal.bound}): read again later`);
      for (const group of due) this.#fail(group, error);
    } else {
      this.#hold(now, due);
    }
  }

  /** Another leader, or another term: what was refused may be asked for at once. */
  leaderChanged(): void {
    for (const group of this.#waiting) group.retryAt = Number.NEGATIVE_INFINITY;
    if (this.#waiting.length > 0) this.#parts.wake();
  }

  refused(now: TimeMs, id: number): void {
    const question = this.#asked.get(id);
    if (question === undefined) return;
    this.#asked.delete(id);
    this.#hold(now, question.groups);
  }

  ready(id: number, index: LogIndex): void {
    const question = this.#asked.get(id);
    if (question === undefined) return;
    this.#asked.delete(id);
    const { groups } = question;
    // A lease answers in the turn that asks; a round, to somebody else, cannot.
    const answeredBy = this.#parts.mode === "lease" && id === this.#askedNow ? "lease" : "read-index";
    if (index <= this.#parts.appliedIndex()) this.#complete({ groups, index, answeredBy });
    else this.#ready.push({ groups, index, answeredBy });
  }

  /** Everything up to `index` is applied here. */
  applied(index: LogIndex): void {
    if (this.#ready.length === 0) return;
    const ready = this.#ready;
    this.#ready = ready.filter((one) => one.index > index);
    for (const one of ready) if (one.index <= index) this.#complete(one);
  }

  /** Asks again where an answer is lost, and tells everybody who has waited long enough; returns when to come again. */
  expire(now: TimeMs): TimeMs {
    const { core, isLeader, lostMs } = this.#parts;
    const dead: ReadGroup[] = [];
    for (const [id, question] of this.#asked) {
      const isLost = !isLeader() && now >= question.askedAt + lostMs();
      const groups = aliveOf(now, question.groups, dead);
      if (groups.length > 0 && !isLost) {
        if (groups.length < question.groups.length) this.#asked.set(id, { ...question, groups });
        continue;
      }
      core.forgetRead(id);
      this.#asked.delete(id);
      this.#waiting.push(...groups);
    }
    this.#waiting = aliveOf(now, this.#waiting, dead);
    this.#ready = this.#ready
      .map(({ groups, index, answeredBy }) => ({ groups: aliveOf(now, groups, dead), index, answeredBy }))
      .filter((one) => one.groups.length > 0);
    if (this.#waiting.length > 0) this.#parts.wake();
    // Told last: an outcome may ask for another barrier.
    for (const group of dead) {
      if (group === this.#gathering) this.#gathering = undefined;
      this.#fail(group, outOfTime(group));
    }
    return this.#nextExpiry(now);
  }

  failAll(error: ReplicaError): void {
    const asked = [...this.#asked.values()].flatMap((question) => question.groups);
    const all = [...this.#waiting, ...asked, ...this.#ready.flatMap((one) => one.groups)];
    this.#gathering = undefined;
    this.#waiting = [];
    this.#asked.clear();
    this.#ready = [];
    for (const group of all) this.#fail(group, error);
  }

  #hold(now: TimeMs, groups: readonly ReadGroup[]): void {
    const retryAt = now + this.#parts.retryMs();
    for (const group of groups) {
      group.retryAt = retryAt;
      this.#waiting.push(group);
    }
    this.#parts.wakeAt(retryAt);
  }

  #nextExpiry(now: TimeMs): TimeMs {
    let next = Number.POSITIVE_INFINITY;
    for (const { deadline, retryAt } of this.#waiting)
      next = Math.min(next, deadline, retryAt > now ? retryAt : deadline);
    for (const { groups, askedAt } of this.#asked.values()) {
      if (!this.#parts.isLeader()) next = Math.min(next, askedAt + this.#parts.lostMs());
      for (const group of groups) next = Math.min(next, group.deadline);
    }
    for (const one of this.#ready) for (const group of one.groups) next = Math.min(next, group.deadline);
    return next;
  }

  #complete({ groups, index, answeredBy }: Ready): void {
    const now = this.#parts.clock.monotonicMs();
    for (const group of groups) {
      this.#count -= group.outcomes.length;
      for (const _ of group.outcomes) this.durations[answeredBy].add(now - group.askedAt);
      for (const outcome of group.outcomes.splice(0)) this.#outcomes.succeed(outcome, index);
    }
  }

  #fail(group: ReadGroup, error: ReplicaError): void {
    this.#count -= group.outcomes.length;
    this.#outcomes.failAll(group.outcomes.splice(0), error);
  }
}

/** Those that still have time; the others go to `dead`. */
function aliveOf(now: TimeMs, groups: readonly ReadGroup[], dead: ReadGroup[]): ReadGroup[] {
  return groups.filter((group) => {
    if (now < group.deadline) return true;
    dead.push(group);
    return false;
  });
}

function outOfTime({ wasAsked }: ReadGroup): ReplicaError {
  return wasAsked
    ? new ReplicaError("timeout", "no leader confirmed the read in time, or this member is behind: read again")
    : new ReplicaError("no-leader", "no leader is known: read again later");
}
