import type { Clock, Timers } from "@quorate/host";
import {
  describeMember,
  firstWireId,
  isJoint,
  type Configuration,
  type LogIndex,
  type MemberId,
  type RaftCore,
  type TimeMs,
  type TransferEndedEffect,
} from "@quorate/raft";
import { ReplicaError } from "../errors.ts";
import type { Outcome } from "../interface.ts";
import { Outcomes } from "../outcomes.ts";
import {
  encodeAnswer,
  encodeQuestion,
  type AdministrationAnswer,
  type AdministrationQuestion,
  type Answer,
} from "./administration-codec.ts";
import type { MembershipOperation, MembershipRefusal } from "./membership-operation.ts";
import { isSatisfied, perform } from "./perform.ts";

/** What operations on members and leadership need from the rest of the member. */
export interface AdministrationParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly incarnation: number;
  readonly timeoutMs: number;
  readonly electionTimeoutMs: () => number;
  /** How long to wait before a leader that turned an operation away for a moment is asked again, in ms. */
  readonly retryMs: () => number;
  readonly incarnationOf: (member: MemberId) => number | undefined;
  /** False when it certainly did not leave. */
  readonly send: (to: MemberId, chunks: readonly Uint8Array[]) => boolean;
  readonly wake: () => void;
  readonly wakeAt: (at: TimeMs) => void;
}

/** An operation of this member's own callers without an outcome. */
interface Asked {
  readonly operation: MembershipOperation;
  readonly outcome: Outcome<Configuration>;
  readonly deadline: TimeMs;
  /** What may be otherwise in a moment is asked for again until then. */
  readonly patientUntil: TimeMs;
  retryAt: TimeMs;
  phase: "waiting" | "forwarded" | "transferring" | "placed";
  /** The question that is on its way, and whom it went to. */
  id: number;
  to: MemberId;
  index: LogIndex;
}

/** What a leader says that has only just been elected, has not heard from a follower yet, or is in the middle of something. */
const passing: ReadonlySet<MembershipRefusal> = new Set(["not-ready", "not-caught-up", "change-in-progress", "busy"]);

/** More at once make no sense: the leader carries out one change at a time. */
const maxAsked = 64;

/**
 * Operations on members and leadership (Raft §6; dissertation §3.10, §4), asked of any member: a follower passes them on to
 * its leader, once. A change is over when a configuration that is not joint is committed and applied here.
 */
export class Administration {
  readonly #parts: AdministrationParts;
  readonly #outcomes: Outcomes;
  #asked: Asked[] = [];
  /** Members whose question waits for the end of a transfer. */
  #awaitingTransfer: { readonly from: MemberId; readonly id: number }[] = [];
  /** The newest question taken from each member, by which copies are known. */
  readonly #newest = new Map<MemberId, { readonly incarnation: number; readonly id: number }>();
  #lastId: number;

  constructor(parts: AdministrationParts) {
    this.#parts = parts;
    this.#outcomes = new Outcomes(parts.timers);
    this.#lastId = firstWireId(parts.incarnation);
  }

  ask(operation: MembershipOperation, outcome: Outcome<Configuration>): void {
    const { clock, timers, timeoutMs, electionTimeoutMs, wake, wakeAt } = this.#parts;
    if (this.#asked.length >= maxAsked) {
      const error = new ReplicaError("busy", `${maxAsked} operations wait already: ask again later`);
      return timers.endOfTurn(() => this.#outcomes.fail(outcome, error));
    }
    const now = clock.monotonicMs();
    const deadline = now + timeoutMs;
    const patientUntil = now + 2 * electionTimeoutMs();
    const retryAt = Number.NEGATIVE_INFINITY;
    this.#asked.push({ operation, outcome, deadline, patientUntil, retryAt, phase: "waiting", id: 0, to: 0, index: 0 });
    wake();
    wakeAt(deadline);
  }

  /** At the end of a turn: hands over what waits, and looks at what is placed. */
  flush(now: TimeMs): void {
    if (this.#asked.length === 0) return;
    for (const asked of this.#asked) {
      if (asked.phase === "waiting" && now >= asked.retryAt) this.#handOver(now, asked);
      if (asked.phase === "placed") this.#look(asked);
    }
  }

  /** Another leader, or another term: what was turned away may be tried at once. */
  leaderChanged(): void {
    for (const asked of this.#asked) asked.retryAt = Number.NEGATIVE_INFINITY;
    if (this.#asked.length > 0) this.#parts.wake();
  }

  /** A member passes an operation on to this one, which it takes for the leader. */
  received(now: TimeMs, from: MemberId, incarnation: number, question: AdministrationQuestion): void {
    if (question.incarnation !== this.#parts.incarnation) return;
    const newest = this.#newest.get(from);
    const isOld = newest !== undefined && incarnation === newest.incarnation && question.id <= newest.id;
    if (isOld || incarnation < (newest?.incarnation ?? 0)) return;
    this.#newest.set(from, { incarnation, id: question.id });
    const answer = perform(this.#parts.core, now, question.operation);
    if (answer === undefined) this.#awaitingTransfer.push({ from, id: question.id });
    else this.#answer(from, question.id, answer);
    this.#parts.wake();
  }

  /** The leader's answer to what this member passed on. */
  answered(now: TimeMs, from: MemberId, { id, answer }: AdministrationAnswer): void {
    const asked = this.#asked.find((one) => one.phase === "forwarded" && one.id === id && one.to === from);
    if (asked === undefined) return;
    this.#take(now, asked, answer);
    this.#parts.wake();
  }

  transferEnded({ to, outcome }: TransferEndedEffect): void {
    const answer: Answer =
      outcome === "done"
        ? { outcome: "done" }
        : {
            outcome: "refused",
            refusal: "transfer-failed",
            message: `member ${describeMember(to)} did not take the leadership ${outcome === "timed-out" ? "in time" : "over"}`,
          };
    for (const { from, id } of this.#awaitingTransfer.splice(0)) this.#answer(from, id, answer);
    const now = this.#parts.clock.monotonicMs();
    for (const asked of this.#asked.filter(({ phase }) => phase === "transferring")) this.#take(now, asked, answer);
  }

  /** The connection to `peer` is gone: answers that are missing will not come. */
  disconnected(peer: MemberId): void {
    for (const asked of this.#asked.filter(({ phase, to }) => phase === "forwarded" && to === peer)) {
      const message = `the connection to the leader, member ${describeMember(peer)}, broke before it answered`;
      this.#end(asked, new ReplicaError("outcome-unknown", message));
    }
  }

  /** Tells everybody who has waited long enough; returns when to come again. */
  expire(now: TimeMs): TimeMs {
    let next = Number.POSITIVE_INFINITY;
    for (const asked of this.#asked) {
      if (now >= asked.deadline) this.#end(asked, expired(asked));
      else next = Math.min(next, asked.deadline, asked.retryAt > now ? asked.retryAt : asked.deadline);
    }
    if (this.#asked.length > 0) this.#parts.wake();
    return next;
  }

  failAll(error: ReplicaError): void {
    for (const asked of this.#asked) this.#end(asked, error);
    this.#awaitingTransfer = [];
  }

  #handOver(now: TimeMs, asked: Asked): void {
    const { core, incarnationOf, send } = this.#parts;
    const { role, leader } = core.status();
    if (role === "leader") {
      const answer = perform(core, now, asked.operation);
      if (answer === undefined) asked.phase = "transferring";
      else this.#take(now, asked, answer);
      return;
    }
    const incarnation = leader === 0 ? undefined : incarnationOf(leader);
    const id = ++this.#lastId;
    const { operation } = asked;
    if (incarnation === undefined || !send(leader, encodeQuestion({ id, incarnation, operation }))) {
      return this.#hold(now, asked);
    }
    asked.phase = "forwarded";
    asked.id = id;
    asked.to = leader;
  }

  #take(now: TimeMs, asked: Asked, answer: Answer): void {
    switch (answer.outcome) {
      case "placed":
        asked.phase = "placed";
        asked.index = answer.index;
        return this.#look(asked);
      case "done":
        return this.#end(asked, undefined);
      case "refused": {
        const { refusal, message } = answer;
        const isPassing = passing.has(refusal) && now < asked.patientUntil;
        if (refusal === "not-leader" || isPassing) return this.#hold(now, asked);
        return this.#end(asked, new ReplicaError("refused", message, { refusal }));
      }
    }
  }

  #hold(now: TimeMs, asked: Asked): void {
    asked.phase = "waiting";
    asked.retryAt = now + this.#parts.retryMs();
    this.#parts.wakeAt(Math.min(asked.retryAt, asked.deadline));
  }

  /** Is a change over, as far as this member can see? */
  #look(asked: Asked): void {
    const { configuration, configurationIndex, appliedIndex } = this.#parts.core.status();
    if (appliedIndex < Math.max(asked.index, configurationIndex) || isJoint(configuration)) return;
    if (isSatisfied(asked.operation, configuration)) return this.#end(asked, undefined);
    const message =
      "the change was given up, or its leader was replaced before it was committed: another one is in force";
    this.#end(asked, new ReplicaError("refused", message, { refusal: "given-up" }));
  }

  #answer(to: MemberId, id: number, answer: Answer): void {
    this.#parts.send(to, encodeAnswer({ id, answer }));
  }

  #end(asked: Asked, error: ReplicaError | undefined): void {
    this.#asked = this.#asked.filter((one) => one !== asked);
    if (error !== undefined) this.#outcomes.fail(asked.outcome, error);
    else this.#outcomes.succeed(asked.outcome, this.#parts.core.status().configuration);
  }
}

function expired({ phase }: Asked): ReplicaError {
  if (phase === "waiting")
    return new ReplicaError("no-leader", "no leader is known that could do this: try again later");
  const message =
    phase === "placed" ? "the change is in the log, and was not completed in time" : "no answer came in time";
  return new ReplicaError("timeout", `${message}: see what the members are now`);
}
