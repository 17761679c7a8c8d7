import { HostError, type Done } from "@quorate/host";
import {
  describeConfiguration,
  describeEffect,
  type Configuration,
  type Effect,
  type Entry,
  type LoadEffect,
  type LogIndex,
  type LogPosition,
  type MemberId,
  type Message,
  type RaftCore,
  type SendEffect,
  type Timing,
  describeMember,
} from "@quorate/raft";
import type { Lane, PeerEvents } from "@quorate/transport";
import type { WalEvents } from "@quorate/wal";
import { CoreClock } from "./core-clock.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import type { DigestQuestion, DigestReport } from "./digest-codec.ts";
import { ReplicaError } from "./errors.ts";
import { asError, fatalDump } from "./fatal-dump.ts";
import type { Forward, ForwardAnswer } from "./forwarding-codec.ts";
import { Forwarding } from "./forwarding.ts";
import type { Outcome, Replica, ReplicaStatus, StateComparisonStatus } from "./interface.ts";
import type { MemberParts } from "./member-parts.ts";
import { loadEntries } from "./load-entries.ts";
import { memberStatus } from "./member-status.ts";
import { promised } from "./promised.ts";
import { largestRoundTripMs } from "./round-trips.ts";
import { peersOf } from "./peer-addresses.ts";
import { PeerGate } from "./peer-gate.ts";
import { PeerInbox, type InboxHandlers } from "./peer-inbox.ts";
import { PeerSender } from "./peer-sender.ts";
import { Listeners } from "./listeners.ts";
import { Proposals } from "./proposals.ts";
import { QuarantineWatch } from "./quarantine-watch.ts";
import { Reads } from "./reads.ts";
import { RoleLog } from "./role-log.ts";
import { StateSide } from "./state-side.ts";
import { shutDown } from "./shut-down.ts";

/**
 * The live loop (DESIGN §2). Inputs (messages, completions, time, what callers ask) go to the core as they come; once, at
 * the end of the turn, everything that they caused leaves together.
 */
export class LiveMember<Result> implements Replica<Result>, PeerEvents, WalEvents, InboxHandlers {
  readonly #parts: MemberParts<Result>;
  readonly #core: RaftCore;
  readonly #roles: RoleLog;
  readonly #gate: PeerGate;
  readonly #inbox: PeerInbox;
  readonly #proposals: Proposals<Result>;
  readonly #forwarding: Forwarding;
  readonly #reads: Reads;
  readonly #state: StateSide<Result>;
  readonly #coreClock: CoreClock;
  readonly #expiryTimer: DeadlineTimer;
  readonly #listeners: Listeners;
  readonly #sender: PeerSender;
  #configuration: Configuration;
  #turnScheduled = false;
  #quarantine: QuarantineWatch | undefined;
  #phase: "running" | "stopping" | "stopped" = "running";
  #closeError: HostError | undefined;
  readonly #closers: Done[] = [];
  readonly #endOfTurn = (): void => this.#guarded(() => this.#turn());

  constructor(parts: MemberParts<Result>) {
    const { host, core, incarnation, limits, logger, memberId, requestTimeoutMs } = parts;
    const status = core.status();
    this.#parts = parts;
    this.#core = core;
    this.#listeners = new Listeners(host.timers);
    this.#configuration = status.configuration;
    this.#roles = new RoleLog(logger, memberId, status.term);
    this.#inbox = new PeerInbox(this, host.clock, logger);
    this.#sender = new PeerSender(parts);
    this.#gate = new PeerGate({
      ...parts,
      send: (to, message) => this.#sender.answer(to, [message]),
      take: (from, start, bytes) => this.#guarded(() => this.#inbox.receive(from, start, bytes)),
      failed: (error) => this.#fail(error),
    });
    this.#forwarding = new Forwarding({
      core,
      incarnation,
      send: (to, chunks) => this.#sender.answer(to, chunks),
    });
    const { clock, timers } = host;
    const isLeader = (): boolean => this.#roles.role === "leader";
    const around = { core, clock, timers, logger, electionTimeoutMs: () => this.timing.electionTimeoutMs };
    const shared = {
      ...around,
      requestTimeoutMs,
      retryMs: () => this.timing.electionTimeoutMs / 10,
      appliedIndex: () => this.#state.apply.position.index,
      wake: () => this.#wake(),
      wakeAt: (at: number) => this.#expiryTimer.wakeAt(at),
    };
    this.#proposals = new Proposals({
      ...shared,
      limits,
      maxCommandBytes: parts.maxCommandBytes,
      incarnation,
      forward: (leader, id, commands) => this.#sender.forward(leader, id, commands),
    });
    this.#reads = new Reads({
      ...shared,
      maxReadsWaiting: limits.maxReadsWaiting,
      lostMs: () => this.timing.electionTimeoutMs / 2,
      isLeader,
    });
    this.#state = new StateSide(parts, {
      applied: (entries, results) => this.#guarded(() => this.#applied(entries, results)),
      members: () => this.#configuration.members.map(({ id }) => id),
      isLeader,
      incarnationOf: (member) => this.#sender.incarnationOf(member),
      send: (to, message) => this.#sender.answer(to, [message]),
      failed: (error) => this.#fail(error),
    });
    this.#coreClock = new CoreClock({
      ...around,
      roundTripMs: () => largestRoundTripMs(this.#configuration, this.#parts.memberId, this.#parts.network),
      input: (input) => {
        this.#guarded(input);
        this.#wake();
      },
    });
    this.#expiryTimer = new DeadlineTimer(host, () => this.#guarded(() => this.#expire()));
    if (status.quarantined) this.#quarantine = new QuarantineWatch({ ...around, leader: () => core.status().leader });
    parts.network.setPeers(peersOf(this.#configuration, memberId));
    this.#wake();
  }

  // What callers ask.

  propose(command: Uint8Array, outcome: Outcome<Result>): void {
    if (this.#phase === "running") this.#proposals.propose(command, outcome);
    else this.#refuse(outcome);
  }

  readBarrier(outcome: Outcome<LogIndex>): void {
    if (this.#phase === "running") this.#reads.barrier(outcome);
    else this.#refuse(outcome);
  }

  submit(command: Uint8Array): Promise<Result> {
    return promised((outcome) => this.propose(command, outcome));
  }

  read(): Promise<LogIndex> {
    return promised((outcome) => this.readBarrier(outcome));
  }

  compareStates(): void {
    if (this.#phase === "running") this.#state.comparison.begin();
  }

  get stateComparison(): StateComparisonStatus {
    return this.#state.comparison.status;
  }

  get status(): ReplicaStatus {
    return memberStatus(this.#parts, {
      proposalsWaiting: this.#proposals.count,
      readsWaiting: this.#reads.count,
      leaderChanges: this.#roles.leaderChanges,
    });
  }

  onChange(listener: (status: ReplicaStatus) => void): () => void {
    return this.#listeners.onChange(listener);
  }

  onFatal(listener: (error: Error) => void): void {
    this.#listeners.onFatal(listener);
  }

  close(done: Done): void {
    const { timers } = this.#parts.host;
    if (this.#phase === "stopped") return timers.endOfTurn(() => done(this.#closeError));
    this.#closers.push(done);
    // Not from inside the call, which may come out of the middle of a turn.
    timers.endOfTurn(() => this.#stop(new ReplicaError("stopped", "this member was closed"), true));
  }

  // What the network reports.

  message(from: MemberId, incarnation: number, bytes: Uint8Array): void {
    this.#guarded(() => this.#gate.receive(from, incarnation, bytes));
  }

  connected(peer: MemberId, lane: Lane, incarnation: number): void {
    this.#sender.connected(peer, lane, incarnation);
    this.#parts.logger.info(`${lane} link to member ${describeMember(peer)} is up`, { peer, lane, incarnation });
  }

  disconnected(peer: MemberId, lane: Lane, reason: string): void {
    this.#parts.logger.info(`${lane} link to member ${describeMember(peer)} is down: ${reason}`, { peer, lane });
    if (lane !== "bulk") return;
    this.#sender.bulkDisconnected(peer);
    this.#guarded(() => {
      this.#core.unreachable(this.#now(), peer);
      this.#proposals.disconnected(peer);
      this.#wake();
    });
  }

  refused(remote: string, reason: string): void {
    this.#parts.logger.warn(`a connection with ${remote} was refused: ${reason}`, { remote });
  }

  // What the inbox has read.

  raft(from: MemberId, incarnation: number, message: Message): void {
    // Others may have elected a leader while this machine slept: its clock, which stood still, must not say otherwise.
    if (message.term > this.#roles.term) this.#coreClock.lookForSuspension();
    this.#core.receive(this.#now(), from, incarnation, message);
    this.#wake();
  }

  forward(from: MemberId, incarnation: number, forward: Forward): void {
    if (this.#forwarding.receive(from, incarnation, forward)) this.#wake();
  }

  answer(from: MemberId, answer: ForwardAnswer): void {
    this.#proposals.answered(this.#now(), from, answer);
  }

  digestQuestion(from: MemberId, incarnation: number, question: DigestQuestion): void {
    this.#state.comparison.asked(from, incarnation, question);
  }

  digestReport(from: MemberId, incarnation: number, report: DigestReport): void {
    this.#state.comparison.reported(from, incarnation, report);
  }

  // What the log reports.

  stored(sequence: number, last: LogPosition): void {
    this.#guarded(() => {
      this.#core.stored(this.#now(), sequence, last);
      this.#wake();
    });
  }

  failed(error: Error): void {
    this.#fail(error);
  }

  // The turn.

  #now(): number {
    return this.#parts.host.clock.monotonicMs();
  }

  /** What the configuration in force says about time. */
  get timing(): Timing {
    return this.#configuration.timing;
  }

  #wake(): void {
    if (this.#turnScheduled) return;
    this.#turnScheduled = true;
    this.#parts.host.timers.endOfRound(this.#endOfTurn);
  }

  #turn(): void {
    this.#turnScheduled = false;
    const now = this.#now();
    this.#forwarding.flush(now);
    this.#proposals.flush(now);
    this.#reads.flush(now);
    for (const effect of this.#core.takeEffects()) {
      this.#carryOut(effect);
      if (this.#phase !== "running") return;
    }
    this.#coreClock.arm();
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case "persist":
        return this.#parts.wal.persist(effect);
      case "send":
        return this.#send(effect);
      case "commit":
        return this.#state.apply.add(effect.entries);
      case "read-ready":
        return this.#reads.ready(effect.id, effect.index);
      case "read-refused":
        return this.#reads.refused(this.#now(), effect.id);
      case "load":
        return this.#load(effect);
      case "role":
        this.#lookForHealing();
        if (this.#roles.changed(effect)) {
          this.#proposals.leaderChanged();
          this.#reads.leaderChanged();
        }
        return this.#listeners.tellChange(() => this.status);
      case "configuration": {
        const { configuration, index } = effect;
        this.#configuration = configuration;
        this.#parts.network.setPeers(peersOf(configuration, this.#parts.memberId));
        this.#parts.logger.info(
          `raft: the configuration at ${index} is in force: ${describeConfiguration(configuration)}`,
        );
        return this.#listeners.tellChange(() => this.status);
      }
      case "transfer-ended":
        this.#parts.logger.info(`raft: ${describeEffect(effect)}`);
        return;
    }
  }

  /** What a damaged log had lost has come back: the next start need not be quarantined for it. */
  #lookForHealing(): void {
    if (this.#quarantine === undefined || this.#core.status().quarantined) return;
    this.#quarantine.stop();
    this.#quarantine = undefined;
    this.#parts.wal.healed();
  }

  #send({ to, message }: SendEffect): void {
    if (this.#sender.send(to, message)) return;
    this.#core.unreachable(this.#now(), to);
    this.#wake();
  }

  #load(effect: LoadEffect): void {
    loadEntries(this.#parts, effect, (entries) => {
      this.#guarded(() => {
        this.#core.loaded(this.#now(), effect.for, effect.from, entries);
        this.#wake();
      });
    });
  }

  #applied(entries: readonly Entry[], results: readonly (Result | undefined)[]): void {
    const { index } = entries.at(-1) as Entry;
    this.#core.applied(this.#now(), index);
    this.#proposals.settle(entries, results);
    this.#reads.applied(index);
    this.#state.checkpoints.applied();
    this.#state.comparison.applied();
    this.#wake();
  }

  // Time.

  #expire(): void {
    const now = this.#now();
    this.#expiryTimer.wakeAt(Math.min(this.#proposals.expire(now), this.#reads.expire(now)));
  }

  // The end.

  /** Runs one input while the member lives. What it throws proves a bug or damage: the member stops, it never limps on. */
  #guarded(input: () => void): void {
    if (this.#phase !== "running") return;
    try {
      input();
    } catch (thrown) {
      this.#fail(asError(thrown));
    }
  }

  #fail(error: Error): void {
    if (this.#listeners.fatal !== undefined) return;
    this.#listeners.ended(error);
    const { logger } = this.#parts;
    if (this.#phase !== "running") {
      if (error instanceof HostError) this.#closeError ??= error;
      logger.error(`while stopping: ${error.message}`);
      return;
    }
    this.#stop(new ReplicaError("stopped", `this member stopped: ${error.message}`, { cause: error }), false);
    this.#listeners.tellEnd(error);
    logger.error(`stopped: ${error.message}`, fatalDump(this.#core, error));
  }

  #stop(reason: ReplicaError, finalCheckpoint: boolean): void {
    if (this.#phase !== "running") return;
    this.#phase = "stopping";
    this.#coreClock.stop();
    this.#quarantine?.stop();
    this.#state.comparison.stop();
    this.#expiryTimer.cancel();
    this.#proposals.failAll(reason);
    this.#reads.failAll(reason);
    const { apply, checkpoints } = this.#state;
    const parts = { ...this.#parts, gate: this.#gate, apply, checkpoints };
    shutDown(parts, finalCheckpoint, (error) => {
      this.#phase = "stopped";
      this.#closeError ??= error;
      for (const done of this.#closers.splice(0)) done(this.#closeError);
    });
  }

  /** Never from inside the call that asked. */
  #refuse<T>(outcome: Outcome<T>): void {
    const error = new ReplicaError("stopped", "this member has stopped", { cause: this.#listeners.fatal });
    this.#parts.host.timers.endOfTurn(() => outcome(error, undefined as T));
  }
}
