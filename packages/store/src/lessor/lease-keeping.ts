import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import type { CommandResult, PlainCommand } from "../operations.ts";
import type { Leases } from "../tables/leases.ts";
import {
  decodeLeaseAnswer,
  decodeLeaseQuestion,
  encodeLeaseAnswer,
  encodeLeaseQuestion,
  type LeaseAnswer,
  type LeaseQuestion,
} from "./lease-questions.ts";
import { Lessor, type LessorFailure } from "./lessor.ts";

/** The member as leases need it: structurally the `Replica` of `@quorate/replica`. */
export interface LeaseReplica {
  readonly status: LeaseReplicaStatus;
  propose(command: Uint8Array, outcome: (error: Error | undefined, result: CommandResult) => void): void;
  readBarrier(outcome: (error: Error | undefined) => void): void;
  askLeader(question: Uint8Array, outcome: (error: Error | undefined, answer: Uint8Array) => void): void;
  answerAsLeader(answerer: (question: Uint8Array, answer: (answer: Uint8Array | undefined) => void) => void): void;
  onChange(listener: (status: LeaseReplicaStatus) => void): () => void;
}

export interface LeaseReplicaStatus {
  readonly role: string;
  readonly term: number;
  readonly configuration: { readonly timing: { readonly electionTimeoutMs: number } };
}

export interface LeaseKeepingParts {
  readonly replica: LeaseReplica;
  /** Of the state that the member works with now. */
  readonly leases: () => Leases;
  /** A command of the member's own. */
  readonly encode: (command: PlainCommand) => Uint8Array;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly timers: Pick<Timers, "after" | "cancel" | "afterPendingInput">;
  readonly logger: Logger;
  /** How long a question about a lease may take, in ms: leaders may come and go meanwhile. */
  readonly timeoutMs: number;
  /** See `LessorParts`. */
  readonly checkpointMs?: number;
}

export interface LeaseTime {
  /** Whole seconds that are left; -1 for a lease that is not there. */
  readonly ttl: number;
  readonly granted: number;
}

/** Between two attempts, in ms. */
const retryMs = 50;

/**
 * Leases on one member, leader or not: it keeps their time while it leads, answers those who do not, and asks the leader
 * otherwise. A question is repeated until it is answered or its time is over: none of them does any harm twice.
 */
export class LeaseKeeping {
  readonly lessor: Lessor;
  readonly #parts: LeaseKeepingParts;
  readonly #stopListening: () => void;
  /** Questions that wait for their next attempt, with what ends them. */
  readonly #retries = new Map<TimerHandle, () => void>();
  #isStopped = false;

  constructor(parts: LeaseKeepingParts) {
    const { replica, leases, encode, clock, timers, logger, checkpointMs } = parts;
    this.#parts = parts;
    this.lessor = new Lessor({
      clock,
      timers,
      logger,
      leases,
      propose: (command, done) => replica.propose(encode(command), done),
      confirm: (done) => replica.readBarrier(done),
      leadsIn: () => leadsIn(replica.status),
      electionTimeoutMs: () => replica.status.configuration.timing.electionTimeoutMs,
      ...(checkpointMs === undefined ? {} : { checkpointMs }),
    });
    this.#stopListening = replica.onChange((status) => this.lessor.lead(leadsIn(status)));
    this.lessor.lead(leadsIn(replica.status));
    replica.answerAsLeader((bytes, answer) => {
      const question = decodeLeaseQuestion(bytes);
      if (question === undefined) return answer(undefined);
      this.#answer(question, (found) => answer(isAnswer(found) ? encodeLeaseAnswer(found) : undefined));
    });
  }

  /** Renews a lease; gives the seconds that it has, 0 for one that is not there. Fails when no leader answered in time. */
  renew(id: bigint, done: (error: Error | undefined, ttl: number) => void): void {
    this.#ask({ kind: "renew", lease: id }, (error, answer) => done(error, answer?.ttl ?? 0));
  }

  /** Fails when no leader answered in time. */
  timeToLive(id: bigint, done: (error: Error | undefined, time: LeaseTime) => void): void {
    this.#ask({ kind: "time-to-live", lease: id }, (error, answer) => {
      done(error, answer?.type === "time-to-live" ? answer : { ttl: -1, granted: 0 });
    });
  }

  /** Questions that are not answered by now fail. */
  stop(): void {
    this.#isStopped = true;
    this.#stopListening();
    this.lessor.stop();
    const retries = [...this.#retries];
    this.#retries.clear();
    for (const [timer, fail] of retries) {
      this.#parts.timers.cancel(timer);
      fail();
    }
  }

  #ask(question: LeaseQuestion, done: (error: Error | undefined, answer: LeaseAnswer | undefined) => void): void {
    const { replica, clock, timers, timeoutMs } = this.#parts;
    const deadline = clock.monotonicMs() + timeoutMs;
    const bytes = encodeLeaseQuestion(question);
    const take = (error: Error | undefined, answer: LeaseAnswer | undefined): void => {
      if (answer !== undefined) return done(undefined, answer);
      const fail = (): void => done(error ?? new Error("no leader answered in time"), undefined);
      if (this.#isStopped || clock.monotonicMs() + retryMs > deadline) return fail();
      const timer = timers.after(retryMs, () => {
        this.#retries.delete(timer);
        attempt();
      });
      this.#retries.set(timer, fail);
    };
    const attempt = (): void => {
      if (leadsIn(replica.status) !== undefined) {
        return this.#answer(question, (found) => {
          if (isAnswer(found)) take(undefined, found);
          else take(found.type === "failed" ? found.error : undefined, undefined);
        });
      }
      replica.askLeader(bytes, (error, answer) => {
        take(error, error === undefined ? decodeLeaseAnswer(answer) : undefined);
      });
    };
    attempt();
  }

  #answer({ kind, lease }: LeaseQuestion, done: (found: LeaseAnswer | LessorFailure) => void): void {
    if (kind === "renew") this.lessor.renew(lease, done);
    else this.lessor.timeToLive(lease, done);
  }
}

function isAnswer(found: LeaseAnswer | LessorFailure): found is LeaseAnswer {
  return found.type === "renewed" || found.type === "time-to-live";
}

function leadsIn({ role, term }: LeaseReplicaStatus): number | undefined {
  return role === "leader" ? term : undefined;
}
