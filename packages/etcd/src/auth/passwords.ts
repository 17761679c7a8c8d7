import { Worker } from "node:worker_threads";
import type { PasswordReply, PasswordRequest } from "./password-protocol.ts";

/** The worker beside this module: TypeScript source or built JavaScript, whichever this is. */
const workerUrl = new URL(
  import.meta.url.endsWith(".ts") ? "./password-worker.ts" : "./password-worker.js",
  import.meta.url,
);

/** What bcrypt can be asked to take, as the logarithm of its rounds; each step doubles the time. */
export const bcryptCosts = { least: 4, usual: 10, most: 31 } as const;
/** Hashes with a cost above this are not taken from clients: comparing one password would take minutes. */
const mostTakenCost = 16;
/** bcrypt looks at no more of a password than this, in bytes of UTF-8. */
export const maxPasswordBytes = 72;
/** Passwords that wait for the worker; beyond it callers are told to come again. */
const maxWaiting = 256;

/** "busy": too many passwords wait. "failed": the worker is gone. */
export type PasswordProblem = "busy" | "failed";
export type PasswordOutcome<T> = (problem: PasswordProblem | undefined, answer: T) => void;

/** bcrypt, as etcd uses it, in a thread of its own that is started when the first password comes. */
export class Passwords {
  readonly #cost: number;
  readonly #waiting = new Map<number, (reply: PasswordReply | undefined) => void>();
  #worker: Worker | undefined;
  #requests = 0;
  #isClosed = false;
  #misfits = 0;
  /** Compared with where there is no user, so that time does not tell who exists. */
  #decoy: string | undefined;

  constructor(cost: number) {
    this.#cost = cost;
  }

  /** Passwords since the start that did not fit, or were of nobody. */
  get misfits(): number {
    return this.#misfits;
  }

  hash(password: string, done: PasswordOutcome<string>): void {
    this.#ask({ id: this.#nextId(), kind: "hash", password, cost: this.#cost }, (problem, answer) => {
      if (typeof answer === "string") done(undefined, answer);
      else done(problem ?? "failed", "");
    });
  }

  /** Whether a password fits a hash; without a hash it does not, which takes as long. */
  fits(password: string, hash: string | undefined, done: PasswordOutcome<boolean>): void {
    const answer: PasswordOutcome<boolean> = (problem, fits) => {
      if (problem === undefined && !fits) this.#misfits++;
      done(problem, fits);
    };
    const against = hash ?? this.#decoy;
    if (against === undefined) {
      return this.hash("", (problem, decoy) => {
        if (problem === undefined) this.#decoy = decoy;
        answer(problem, false);
      });
    }
    this.#ask({ id: this.#nextId(), kind: "compare", password, hash: against }, (problem, fits) =>
      answer(problem, hash !== undefined && fits === true),
    );
  }

  /** Ends the worker; what waits fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker?.terminate();
    this.#abandon();
  }

  #nextId(): number {
    return ++this.#requests;
  }

  #ask(request: PasswordRequest, done: PasswordOutcome<PasswordReply["answer"]>): void {
    if (this.#isClosed) return done("failed", undefined);
    if (this.#waiting.size >= maxWaiting) return done("busy", undefined);
    this.#waiting.set(request.id, (reply) => done(reply === undefined ? "failed" : undefined, reply?.answer));
    this.#running().postMessage(request);
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(workerUrl, { name: "quorate-passwords", execArgv: [] });
    worker.unref();
    worker.on("message", (reply: PasswordReply) => {
      const waiting = this.#waiting.get(reply.id);
      this.#waiting.delete(reply.id);
      waiting?.(reply);
    });
    worker.on("error", () => {});
    worker.on("exit", () => {
      if (this.#worker === worker) this.#worker = undefined;
      this.#abandon();
    });
    this.#worker = worker;
    return worker;
  }

  #abandon(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one(undefined);
  }
}

/** Whether a text is a hash that another etcd made with bcrypt, and not one to keep us busy with. */
export function isAcceptableHash(text: string): boolean {
  const cost = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text)?.[1];
  return cost !== undefined && Number(cost) >= bcryptCosts.least && Number(cost) <= mostTakenCost;
}
