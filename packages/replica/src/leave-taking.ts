import type { Clock, Logger, TimerHandle, Timers } from "@quorate/host";
import { describeMember, type RaftCore, type TransferEndedEffect } from "@quorate/raft";

export interface LeaveTakingParts {
  readonly core: RaftCore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly electionTimeoutMs: () => number;
  readonly wake: () => void;
}

/** Room for the core's own bound, T, to pass first, in ms. */
const graceMs = 100;

/**
 * A leader that is asked to stop hands its leadership over first (dissertation §3.10), so that nobody waits for an election
 * timeout. It takes T at most, and stops whatever came of it.
 */
export class LeaveTaking {
  readonly #parts: LeaveTakingParts;
  #whenOver: (() => void) | undefined;
  #timer: TimerHandle | undefined;

  constructor(parts: LeaveTakingParts) {
    this.#parts = parts;
  }

  begin(done: () => void): void {
    const { core, clock, timers, logger, electionTimeoutMs, wake } = this.#parts;
    if (core.status().role !== "leader") return done();
    const refused = core.transferLeadership(clock.monotonicMs());
    // One that is under way already will do.
    if (refused !== undefined && refused.refusal.reason !== "transferring") return done();
    logger.info("handing the leadership over before stopping");
    this.#whenOver = done;
    this.#timer = timers.after(electionTimeoutMs() + graceMs, () => this.#over());
    wake();
  }

  transferEnded({ to, outcome }: TransferEndedEffect): void {
    if (this.#whenOver === undefined) return;
    const what = outcome === "done" ? "leads now" : "did not take the leadership over";
    this.#parts.logger.info(`member ${describeMember(to)} ${what}`, { to, outcome });
    this.#parts.timers.endOfTurn(() => this.#over());
  }

  cancel(): void {
    if (this.#timer !== undefined) this.#parts.timers.cancel(this.#timer);
    this.#whenOver = undefined;
  }

  #over(): void {
    const done = this.#whenOver;
    this.cancel();
    done?.();
  }
}
