import type { HostError } from "@quorate/host";
import {
  describeConfiguration,
  describeEffect,
  recipients,
  type Configuration,
  type Effect,
  type Entry,
  type LoadEffect,
  type LogPosition,
  type MemberId,
  type Message,
  type RaftCore,
  type SendEffect,
  type Timing,
} from "@quorate/raft";
import type { WalEvents } from "@quorate/wal";
import { CoreClock } from "./core-clock.ts";
import { DeadlineTimer } from "./deadline-timer.ts";
import { dispatch } from "./dispatch.ts";
import type { ReplicaError } from "./errors.ts";
import { Forwarding } from "./forwarding.ts";
import { Front } from "./front.ts";
import type { Replica, ReplicaStatus } from "./interface.ts";
import { standingOf } from "./health-log.ts";
import { HeartbeatWatch } from "./heartbeat-watch.ts";
import { Leadership } from "./leadership.ts";
import { Lifetime } from "./lifetime.ts";
import { Listeners } from "./listeners.ts";
import { loadEntries } from "./load-entries.ts";
import type { MemberParts } from "./member-parts.ts";
import { memberStatus } from "./member-status.ts";
import { peersOf } from "./peer-addresses.ts";
import { PeerInbox, type InboxHandlers } from "./peer-inbox.ts";
import { PeerWatch } from "./peer-watch.ts";
import { PeerSide } from "./peer-side.ts";
import { QuarantineWatch } from "./quarantine-watch.ts";
import { Requests } from "./requests.ts";
import { RoleLog } from "./role-log.ts";
import { largestRoundTripMs } from "./round-trips.ts";
import { shutDown } from "./shut-down.ts";
import { StateSide } from "./state-side.ts";
import type { InstalledState } from "./transfer/state-receiver.ts";

/**
 * The live loop (DESIGN §2). Inputs (messages, completions, time, what callers ask) go to the core as they come; once, at
 * the end of the turn, everything that they caused leaves together.
 */
export class LiveMember<Result> implements WalEvents {
  /** As its callers see it. */
  readonly front: Replica<Result>;
  /** What the network reports goes here. */
  readonly peers: PeerSide;
  readonly #parts: MemberParts<Result>;
  readonly #core: RaftCore;
  readonly #roles: RoleLog;
  readonly #inbox: PeerInbox;
  readonly #forwarding: Forwarding;
  readonly #requests: Requests<Result>;
  readonly #state: StateSide<Result>;
  readonly #coreClock: CoreClock;
  readonly #expiryTimer: DeadlineTimer;
  readonly #listeners: Listeners;
  readonly #lifetime: Lifetime;
  readonly #leadership: Leadership;
  readonly #heartbeats = new HeartbeatWatch();
  readonly #peerWatch: PeerWatch;
  #configuration: Configuration;
  #turnScheduled = false;
  #quarantine: QuarantineWatch | undefined;
  readonly #endOfTurn = (): void => this.#guarded(() => this.#turn());

  constructor(parts: MemberParts<Result>) {
    const { host, core, incarnation, limits, logger, memberId, requestTimeoutMs } = parts;
    const { clock, timers } = host;
    const status = core.status();
    this.#parts = parts;
    this.#core = core;
    this.#listeners = new Listeners(timers);
    this.#configuration = status.configuration;
    this.#roles = new RoleLog(logger, memberId, status.term);
    this.#peerWatch = new PeerWatch(logger);
    const isLeader = (): boolean => this.#roles.role === "leader";
    const failed = (error: Error): void => this.#lifetime.fail(error);
    const guarded = (input: () => void): void => this.#guarded(input);
    const wake = (): void => this.#wake();
    const around = { core, clock, timers, logger, electionTimeoutMs: () => this.timing.electionTimeoutMs };
    this.peers = new PeerSide({
      ...parts,
      guarded,
      failed,
      receive: (from, start, bytes) => this.#inbox.receive(from, start, bytes),
      lost: (peer) => this.#lost(peer),
    });
    const { sender } = this.peers;
    const send = (to: MemberId, chunks: readonly Uint8Array[]): boolean => sender.answer(to, chunks);
    const incarnationOf = (member: MemberId): number | undefined => sender.incarnationOf(member);
    const shared = {
      ...around,
      incarnation,
      requestTimeoutMs,
      incarnationOf,
      send,
      retryMs: () => this.timing.electionTimeoutMs / 10,
      appliedIndex: () => this.#state.apply.position.index,
      wake,
      wakeAt: (at: number) => this.#expiryTimer.wakeAt(at),
    };
    this.#forwarding = new Forwarding(shared);
    this.#requests = new Requests({
      ...shared,
      limits,
      maxCommandBytes: parts.maxCommandBytes,
      forward: (leader, id, commands) => sender.forward(leader, id, commands),
      mode: parts.reads,
      beforeLease: () => this.#coreClock.lookForSuspension(),
      maxReadsWaiting: limits.maxReadsWaiting,
      lostMs: () => this.timing.electionTimeoutMs / 2,
      isLeader,
      timeoutMs: requestTimeoutMs,
    });
    this.#state = new StateSide(parts, {
      ...shared,
      applied: (entries, results) => guarded(() => this.#applied(entries, results)),
      members: () => recipients(this.#configuration),
      isLeader,
      pruned: (position) => guarded(() => this.#prune(position)),
      stateSent: (to, position) => this.#input((now) => core.stateSent(now, to, position)),
      installed: (state) => guarded(() => this.#installed(state)),
      failed,
    });
    const to = { clock, wake, forwarding: this.#forwarding, requests: this.#requests, state: this.#state };
    const raft: InboxHandlers["raft"] = (from, start, message) => this.#heard(from, start, message);
    this.#inbox = new PeerInbox(dispatch({ ...to, raft }), clock, logger);
    this.#coreClock = new CoreClock({
      ...around,
      roundTripMs: () => largestRoundTripMs(this.#configuration, memberId, parts.network),
      input: (input) => this.#input(input),
    });
    this.#expiryTimer = new DeadlineTimer(host, () => guarded(() => this.#expire()));
    this.#leadership = new Leadership({
      ...around,
      memberId,
      isLeader,
      wake,
      walMetrics: () => parts.wal.metrics,
      keepLogBytes: parts.transfer.keepLogBytes,
      standing: () => standingOf(core.status(), parts.wal.metrics),
    });
    this.#lifetime = new Lifetime({
      ...around,
      listeners: this.#listeners,
      takeLeave: (done) => this.#leadership.leaveTaking.begin(done),
      end: (reason, isFinal, done) => this.#end(reason, isFinal, done),
    });
    this.front = new Front({
      timers,
      lifetime: this.#lifetime,
      listeners: this.#listeners,
      requests: this.#requests,
      state: this.#state,
      status: () => this.#status,
      logSyncs: () => parts.wal.metrics.durations,
    });
    if (status.quarantined) this.#quarantine = new QuarantineWatch({ ...around, leader: () => core.status().leader });
    parts.network.setPeers(peersOf(this.#configuration, memberId));
    this.#wake();
  }

  get #status(): ReplicaStatus {
    return memberStatus(this.#parts, {
      proposalsWaiting: this.#requests.proposals.count,
      proposalsFailed: this.#requests.proposals.failures,
      readsWaiting: this.#requests.reads.count,
      leaderChanges: this.#roles.leaderChanges,
      loopDelayMs: this.#leadership.health.loopDelayMs,
      stepsAside: this.#leadership.health.stepsAside,
      removedAccordingTo: this.peers.removedAccordingTo,
      longestHeartbeatGapMs: this.#heartbeats.longestGapMs(this.#now()),
    });
  }

  // What other members say.

  #heard(from: MemberId, incarnation: number, message: Message): void {
    // Others may have elected a leader while this machine slept: its clock, which stood still, must not say otherwise.
    if (message.term > this.#roles.term) this.#coreClock.lookForSuspension();
    const now = this.#now();
    this.#peerWatch.heard(now, from, message, this.#roles);
    if (message.type === "heartbeat") this.#heartbeats.heard(from, message.term, now);
    this.#core.receive(now, from, incarnation, message);
    this.#wake();
  }

  #lost(peer: MemberId): void {
    this.#core.unreachable(this.#now(), peer);
    this.#requests.disconnected(peer);
    this.#state.transfers.disconnected(peer);
    this.#wake();
  }

  // What the log reports.

  stored(sequence: number, last: LogPosition): void {
    this.#input((now) => {
      this.#leadership.healthLog.stored(now, sequence);
      this.#core.stored(now, sequence, last);
    });
  }

  failed(error: Error): void {
    this.#lifetime.fail(error);
  }

  // The turn.

  #now(): number {
    return this.#parts.host.clock.monotonicMs();
  }

  /** What the configuration in force says about time. */
  get timing(): Timing {
    return this.#configuration.timing;
  }

  /** Gives the core one input; what it causes leaves with the turn. */
  #input(input: (now: number) => void): void {
    this.#guarded(() => {
      input(this.#now());
      this.#wake();
    });
  }

  #guarded(input: () => void): void {
    this.#lifetime.guarded(input);
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
    this.#requests.flush(now);
    for (const effect of this.#core.takeEffects()) {
      this.#perform(effect);
      if (!this.#lifetime.isRunning) return;
    }
    this.#coreClock.arm();
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "persist":
        this.#leadership.healthLog.given(this.#now(), effect.sequence);
        return this.#parts.wal.persist(effect);
      case "send":
        return this.#send(effect);
      case "commit":
        return this.#state.apply.add(effect.entries);
      case "read-ready":
        return this.#requests.reads.ready(effect.id, effect.index);
      case "read-refused":
        return this.#requests.reads.refused(this.#now(), effect.id);
      case "load":
        return this.#load(effect);
      case "state-wanted":
        return this.#state.transfers.sender.want(effect.to);
      case "state-unwanted":
        return this.#state.transfers.sender.unwanted(effect.to);
      case "transfer-ended":
        this.#parts.logger.info(`raft: ${describeEffect(effect)}`);
        this.#leadership.transferEnded(effect);
        return this.#requests.transferEnded(effect);
      case "role":
        this.#lookForHealing();
        if (this.#roles.changed(effect)) this.#requests.leaderChanged();
        return this.#listeners.tellChange(() => this.#status);
      case "configuration": {
        const { configuration, index } = effect;
        this.#configuration = configuration;
        this.#peerWatch.forget((id) => configuration.members.some((member) => member.id === id));
        this.#parts.network.setPeers(peersOf(configuration, this.#parts.memberId));
        this.#parts.logger.info(
          `raft: the configuration at ${index} is in force: ${describeConfiguration(configuration)}`,
        );
        return this.#listeners.tellChange(() => this.#status);
      }
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
    if (this.peers.sender.send(to, message)) return;
    this.#core.unreachable(this.#now(), to);
    this.#wake();
  }

  #load(effect: LoadEffect): void {
    loadEntries(this.#parts, effect, (entries) => {
      this.#input((now) => this.#core.loaded(now, effect.for, effect.from, entries));
    });
  }

  #applied(entries: readonly Entry[], results: readonly (Result | undefined)[]): void {
    const { index } = entries.at(-1) as Entry;
    this.#core.applied(this.#now(), index);
    this.#requests.applied(entries, results, index);
    this.#state.checkpoints.applied();
    this.#state.comparison.applied();
    this.#wake();
  }

  /** A checkpoint covers what the log need no longer hold. */
  #prune(position: LogPosition): void {
    this.#core.prune(this.#now(), position);
    this.#parts.wal.prune(position);
  }

  /** The state was replaced by one that a leader sent. */
  #installed({ position, configuration, configurationIndex, leaderTerm }: InstalledState): void {
    this.#core.installed(this.#now(), position, configuration, configurationIndex, leaderTerm);
    this.#requests.installed(position.index);
    this.#wake();
  }

  // Time.

  #expire(): void {
    this.#expiryTimer.wakeAt(this.#requests.expire(this.#now()));
  }

  // The end.

  #end(reason: ReplicaError, isFinal: boolean, done: (error: HostError | undefined) => void): void {
    this.#coreClock.stop();
    this.#leadership.stop();
    this.#quarantine?.stop();
    this.#state.stop();
    this.#expiryTimer.cancel();
    this.#requests.failAll(reason);
    const { apply, checkpoints, transfers } = this.#state;
    shutDown({ ...this.#parts, gate: this.peers.gate, apply, checkpoints, transfers }, isFinal, done);
  }
}
