import type { Clock, Timers } from "@quorate/host";
import { describeMember, firstWireId, type MemberId, type RaftCore, type TimeMs } from "@quorate/raft";
import { ReplicaError } from "./errors.ts";
import type { LeaderAnswerer, Outcome } from "./interface.ts";
import {
  encodeLeaderQuestion,
  encodeLeaderReply,
  maxQuestionBytes,
  type LeaderQuestion,
  type LeaderReply,
} from "./leader-question-codec.ts";
import { callForeign, Outcomes } from "./outcomes.ts";

/** What questions to leaders need from the rest of the member. */
export interface LeaderQuestionsParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly incarnation: number;
  readonly requestTimeoutMs: number;
  /** False when it certainly did not leave. */
  readonly send: (to: MemberId, chunks: readonly Uint8Array[]) => boolean;
  readonly wakeAt: (at: TimeMs) => void;
}

interface Asked {
  readonly to: MemberId;
  readonly deadline: TimeMs;
  readonly outcome: Outcome<Uint8Array>;
}

/** Questions of this member's own callers without an outcome, and questions of others that are being answered. */
const maxWaiting = 10_000;

/**
 * Questions that only a leader can answer, and that change nothing which a second asking could harm. Each is sent once, at once, or
 * fails; whoever asks tries again.
 */
export class LeaderQuestions {
  readonly #parts: LeaderQuestionsParts;
  readonly #outcomes: Outcomes;
  /** In the order of their deadlines. */
  readonly #asked = new Map<number, Asked>();
  #answerer: LeaderAnswerer | undefined;
  #answering = 0;
  #lastId: number;

  constructor(parts: LeaderQuestionsParts) {
    this.#parts = parts;
    this.#outcomes = new Outcomes(parts.timers);
    this.#lastId = firstWireId(parts.incarnation);
  }

  answerWith(answerer: LeaderAnswerer): void {
    this.#answerer = answerer;
  }

  ask(question: Uint8Array, outcome: Outcome<Uint8Array>): void {
    const { core, clock, send, requestTimeoutMs, wakeAt } = this.#parts;
    if (question.length > maxQuestionBytes) {
      return this.#refuse(outcome, "too-large", `a question has at most ${maxQuestionBytes} bytes`);
    }
    if (this.#asked.size >= maxWaiting) {
      return this.#refuse(outcome, "busy", `${maxWaiting} questions wait already: ask again later`);
    }
    const { role, leader } = core.status();
    if (role === "leader") {
      return this.#answer(question, (answer) => {
        if (answer === undefined) this.#refuse(outcome, "no-leader", notNow);
        else this.#parts.timers.endOfTurn(() => this.#outcomes.succeed(outcome, answer));
      });
    }
    const id = ++this.#lastId;
    if (leader === 0 || !send(leader, encodeLeaderQuestion({ id, question }))) {
      return this.#refuse(outcome, "no-leader", "no leader is known, or it cannot be reached: ask again later");
    }
    const deadline = clock.monotonicMs() + requestTimeoutMs;
    this.#asked.set(id, { to: leader, deadline, outcome });
    wakeAt(deadline);
  }

  /** A member takes this one for the leader. */
  received(from: MemberId, { id, question }: LeaderQuestion): void {
    this.#answer(question, (answer) => void this.#parts.send(from, encodeLeaderReply({ id, answer })));
  }

  replied(from: MemberId, { id, answer }: LeaderReply): void {
    const asked = this.#asked.get(id);
    if (asked === undefined || asked.to !== from) return;
    this.#asked.delete(id);
    if (answer === undefined) this.#outcomes.fail(asked.outcome, new ReplicaError("no-leader", notNow));
    else this.#outcomes.succeed(asked.outcome, answer);
  }

  /** The connection to `peer` is gone: answers that are missing will not come. */
  disconnected(peer: MemberId): void {
    const message = `the connection to the leader, member ${describeMember(peer)}, broke before it answered`;
    for (const [id, asked] of this.#asked) {
      if (asked.to === peer) this.#fail(id, asked, new ReplicaError("outcome-unknown", message));
    }
  }

  /** Tells everybody who has waited long enough; returns when to come again. */
  expire(now: TimeMs): TimeMs {
    for (const [id, asked] of this.#asked) {
      if (now < asked.deadline) return asked.deadline;
      this.#fail(id, asked, new ReplicaError("timeout", "the leader did not answer in time"));
    }
    return Number.POSITIVE_INFINITY;
  }

  failAll(error: ReplicaError): void {
    for (const [id, asked] of this.#asked) this.#fail(id, asked, error);
  }

  /** Not here: nobody answers on this member, it does not lead, or too much is asked. */
  #answer(question: Uint8Array, done: (answer: Uint8Array | undefined) => void): void {
    const { core, timers } = this.#parts;
    const answerer = this.#answerer;
    const isHere = answerer !== undefined && core.status().role === "leader" && this.#answering < maxWaiting;
    if (!isHere) return done(undefined);
    this.#answering++;
    let isDone = false;
    callForeign(timers, () =>
      answerer(question, (answer) => {
        if (isDone) return;
        isDone = true;
        this.#answering--;
        done(answer);
      }),
    );
  }

  #fail(id: number, { outcome }: Asked, error: ReplicaError): void {
    this.#asked.delete(id);
    this.#outcomes.fail(outcome, error);
  }

  /** Never from inside the call that asked. */
  #refuse(outcome: Outcome<Uint8Array>, code: "busy" | "too-large" | "no-leader", message: string): void {
    this.#parts.timers.endOfTurn(() => this.#outcomes.fail(outcome, new ReplicaError(code, message)));
  }
}

const notNow = "the leader cannot answer yet, or leads no more: ask again later";
