import { HostError, type Done, type Logger, type Timers } from "@quorate/host";
import type { RaftCore } from "@quorate/raft";
import { ReplicaError } from "./errors.ts";
import { asError, fatalDump } from "./fatal-dump.ts";
import type { Listeners } from "./listeners.ts";

export interface LifetimeParts {
  readonly core: RaftCore;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly listeners: Listeners;
  /** Before a member that was asked to stop does so: a leader hands over. */
  readonly takeLeave: (done: () => void) => void;
  /** Ends everything; a last checkpoint is made if `isFinal`: a member that failed cannot trust its state. */
  readonly end: (reason: ReplicaError, isFinal: boolean, done: (error: HostError | undefined) => void) => void;
}

/** How a member lives and ends: asked to, or by a failure. */
export class Lifetime {
  readonly #parts: LifetimeParts;
  #phase: "running" | "stopping" | "stopped" = "running";
  #closeError: HostError | undefined;
  readonly #closers: Done[] = [];

  constructor(parts: LifetimeParts) {
    this.#parts = parts;
  }

  get isRunning(): boolean {
    return this.#phase === "running";
  }

  /** Runs one input while the member lives. What it throws proves a bug or damage: the member stops, it never limps on. */
  guarded(input: () => void): void {
    if (this.#phase !== "running") return;
    try {
      input();
    } catch (thrown) {
      this.fail(asError(thrown));
    }
  }

  close(done: Done): void {
    const { timers, takeLeave } = this.#parts;
    if (this.#phase === "stopped") return timers.endOfTurn(() => done(this.#closeError));
    this.#closers.push(done);
    if (this.#closers.length > 1) return;
    // Not from inside the call, which may come out of the middle of a turn.
    timers.endOfTurn(() => {
      if (this.#phase !== "running") return;
      takeLeave(() => this.#stop(new ReplicaError("stopped", "this member was closed"), true));
    });
  }

  fail(error: Error): void {
    const { core, listeners, logger } = this.#parts;
    if (listeners.fatal !== undefined) return;
    listeners.ended(error);
    if (this.#phase !== "running") {
      if (error instanceof HostError) this.#closeError ??= error;
      logger.error(`while stopping: ${error.message}`);
      return;
    }
    this.#stop(new ReplicaError("stopped", `this member stopped: ${error.message}`, { cause: error }), false);
    listeners.tellEnd(error);
    logger.error(`stopped: ${error.message}`, fatalDump(core, error));
  }

  #stop(reason: ReplicaError, isFinal: boolean): void {
    if (this.#phase !== "running") return;
    this.#phase = "stopping";
    this.#parts.end(reason, isFinal, (error) => {
      this.#phase = "stopped";
      this.#closeError ??= error;
      for (const done of this.#closers.splice(0)) done(this.#closeError);
    });
  }
}
