import type { Done, Timers } from "@quorate/host";
import type { Configuration, LogIndex } from "@quorate/raft";
import { ReplicaError } from "./errors.ts";
import type {
  LeaderAnswerer,
  Outcome,
  Replica,
  ReplicaDurations,
  ReplicaStatus,
  StateComparisonStatus,
} from "./interface.ts";
import type { Lifetime } from "./lifetime.ts";
import type { Listeners } from "./listeners.ts";
import type { MembershipOperation } from "./membership/membership-operation.ts";
import { promised } from "./promised.ts";
import type { Requests } from "./requests.ts";
import type { StateSide } from "./state-side.ts";
import type { TransferStatus } from "./transfer/state-transfers.ts";

export interface FrontParts<Result> {
  readonly timers: Timers;
  readonly lifetime: Lifetime;
  readonly listeners: Listeners;
  readonly requests: Requests<Result>;
  readonly state: StateSide<Result>;
  readonly status: () => ReplicaStatus;
  readonly logSyncs: () => ReplicaDurations["logSyncs"];
}

/** A member as its callers see it: what they ask goes to whoever keeps it until it has an outcome. */
export class Front<Result> implements Replica<Result> {
  readonly #parts: FrontParts<Result>;

  constructor(parts: FrontParts<Result>) {
    this.#parts = parts;
  }

  propose(command: Uint8Array, outcome: Outcome<Result>): void {
    if (this.#isRunning) this.#parts.requests.proposals.propose(command, outcome);
    else this.#refuse(outcome);
  }

  readBarrier(outcome: Outcome<LogIndex>): void {
    if (this.#isRunning) this.#parts.requests.reads.barrier(outcome);
    else this.#refuse(outcome);
  }

  administer(operation: MembershipOperation, outcome: Outcome<Configuration>): void {
    if (this.#isRunning) this.#parts.requests.administration.ask(operation, outcome);
    else this.#refuse(outcome);
  }

  askLeader(question: Uint8Array, outcome: Outcome<Uint8Array>): void {
    if (this.#isRunning) this.#parts.requests.questions.ask(question, outcome);
    else this.#refuse(outcome);
  }

  answerAsLeader(answerer: LeaderAnswerer): void {
    this.#parts.requests.questions.answerWith(answerer);
  }

  submit(command: Uint8Array): Promise<Result> {
    return promised((outcome) => this.propose(command, outcome));
  }

  read(): Promise<LogIndex> {
    return promised((outcome) => this.readBarrier(outcome));
  }

  carryOut(operation: MembershipOperation): Promise<Configuration> {
    return promised((outcome) => this.administer(operation, outcome));
  }

  compareStates(): void {
    if (this.#isRunning) this.#parts.state.comparison.begin();
  }

  requestCheckpoint(): void {
    if (this.#isRunning) this.#parts.state.checkpoints.request();
  }

  get stateComparison(): StateComparisonStatus {
    return this.#parts.state.comparison.status;
  }

  get transfers(): TransferStatus {
    return this.#parts.state.transfers.status;
  }

  get durations(): ReplicaDurations {
    const { requests, state, logSyncs } = this.#parts;
    return {
      commits: requests.proposals.durations,
      reads: requests.reads.durations,
      logSyncs: logSyncs(),
      checkpoints: state.checkpoints.durations,
    };
  }

  get status(): ReplicaStatus {
    return this.#parts.status();
  }

  onChange(listener: (status: ReplicaStatus) => void): () => void {
    return this.#parts.listeners.onChange(listener);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#parts.listeners.onFatal(listener);
  }

  close(done: Done): void {
    this.#parts.lifetime.close(done);
  }

  get #isRunning(): boolean {
    return this.#parts.lifetime.isRunning;
  }

  /** Never from inside the call that asked. */
  #refuse<T>(outcome: Outcome<T>): void {
    const { timers, listeners } = this.#parts;
    const error = new ReplicaError("stopped", "this member has stopped", { cause: listeners.fatal });
    timers.endOfTurn(() => outcome(error, undefined as T));
  }
}
