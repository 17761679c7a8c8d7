import { decodeMessage, describeMessage, encodeMessage, InvariantViolation, isControl } from "@quorate/raft";
import type { CommitEffect, Effect, LoadEffect, MemberId, PersistEffect, RaftCore, RaftStatus } from "@quorate/raft";
import type { Lane, PeerNetwork } from "@quorate/transport";
import type { Scope } from "../event-queue.ts";
import type { LogView } from "../log-view.ts";
import { Machine } from "../machine.ts";
import { SafetyViolation } from "../observation.ts";
import type { Observed } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import { SimulatedClock } from "../simulated-clock.ts";
import { CoreAlarm } from "./core-alarm.ts";
import { CoreDisk } from "./core-disk.ts";
import type { CoreMemberOptions, CoreSurroundings } from "./core-member-options.ts";
import { HashedState } from "./hashed-state.ts";
import { LogDevice } from "./log-device.ts";
import { StartGate } from "./start-gate.ts";
import type { GateHome } from "./start-gate.ts";
import { decodeStateMessage } from "./state-courier.ts";
import { StateSide } from "./state-side.ts";
import { WatchedLog } from "./watched-log.ts";

/**
 * The production core with the smallest driver that can run it: a modelled log device, messages through the production
 * codec, a state machine that is one running hash. Fast, and every rule can be replaced. (`packages/replica` is the real
 * driver; `replica-cluster.ts` simulates that.)
 */
export class CoreMember implements Observed {
  readonly id: MemberId;
  readonly options: CoreMemberOptions;
  readonly durable: LogDevice;
  readonly disk: CoreDisk;
  readonly machine: Machine;
  readonly state = new HashedState();
  readonly #log: WatchedLog;
  /** Undefined while the process is down. */
  #core: RaftCore | undefined;
  #scope: Scope | undefined;
  #clock: SimulatedClock | undefined;
  #peers: PeerNetwork | undefined;
  #status: RaftStatus | undefined;
  #alarm: CoreAlarm | undefined;
  #gathering = false;
  /** A supervisor is about to start it again. */
  #isToStart = false;
  #states: StateSide | undefined;
  /** How far the boot clock was ahead of the monotonic one when it was looked last. */
  #sleptMs = 0;
  /** Of a member that reads the wall clock, the latest time that it showed: the core takes none that goes back. */
  #latestMs = Number.NEGATIVE_INFINITY;
  /** Crash when this many more effects have been carried out. */
  #crashAfterEffects = Number.POSITIVE_INFINITY;
  readonly #crash: (member: CoreMember) => void;
  readonly #around: CoreSurroundings;
  readonly #gate: StartGate | undefined;
  readonly #random: RandomStream;

  constructor(options: CoreMemberOptions, around: CoreSurroundings, crash: (member: CoreMember) => void) {
    this.id = options.id;
    this.options = options;
    this.durable = new LogDevice(options.deviceBugs, options.id);
    this.disk = new CoreDisk(around.world, this.durable, options.id, options.disk);
    this.machine = new Machine(around.world, around.record.marks, options.clock);
    const { durable } = this;
    // What a start says that nobody listens to breaks no promise: it is not watched.
    this.#around = {
      ...around,
      get checkers() {
        return durable.isUnheard ? [] : around.checkers;
      },
    };
    this.#gate = options.knowsStarts ? new StartGate(this.#gateHome(), around.diskOf) : undefined;
    this.#crash = crash;
    this.#log = new WatchedLog(this, durable, options.rules, this.#around);
    this.#random = around.world.streams.stream(`jitter of member ${options.id}`);
  }

  get isUp(): boolean {
    return this.#core !== undefined;
  }

  get incarnation(): number {
    return this.durable.incarnation;
  }

  get status(): RaftStatus | undefined {
    return this.#status;
  }

  get log(): LogView {
    return this.#log.view;
  }

  /** When its core wants to be woken, in ms from now on its own clock: an election or a heartbeat; undefined while it is down. */
  get dueInMs(): number | undefined {
    return this.#alarm?.dueInMs;
  }

  get scope(): Scope | undefined {
    return this.#scope;
  }

  start(): void {
    this.#watched(() => this.#start());
  }

  #start(): void {
    const { world, network, checkers, record } = this.#around;
    const { marks } = record;
    // Whoever opens a log writes to it that it was opened.
    if (this.disk.isFull) {
      this.#note("cannot start: no space left on device");
      return this.#isToStart ? undefined : this.#startLater();
    }
    const { hardState, log, configuration, incarnation } = this.durable.recover();
    const scope = world.scope(`${this.id}.${incarnation}`);
    this.#scope = scope;
    this.machine.begin(scope);
    this.disk.begin(scope, { synced: () => this.#finishSync(), failed: (why) => this.#stopForDisk(why) });
    this.#clock = new SimulatedClock(world, scope, this.machine.clock);
    const wake = (): void => this.input((core, now) => core.tick(now));
    this.#alarm = new CoreAlarm(this.#clock, () => this.#now(), wake);
    const { checkpoint } = this.durable;
    this.state.become(checkpoint.index, checkpoint.hash);
    if ((hardState?.commit ?? 0) > this.state.index) marks.reach("restart with committed entries to apply");
    this.#log.begin(this.durable.view);
    this.#sleptMs = this.#clock.bootMs() - this.#clock.monotonicMs();
    this.#latestMs = Number.NEGATIVE_INFINITY;
    this.#core = this.options.createCore({
      id: this.id,
      incarnation,
      now: this.#now(),
      hardState,
      log,
      appliedIndex: this.state.index,
      configuration: configuration?.configuration ?? this.options.configuration,
      configurationIndex: configuration?.index ?? log.base.index,
      quarantined: this.durable.lost.length > 0,
      limits: this.options.limits,
      random: () => this.#random.next(),
      rules: this.options.rules,
    });
    this.#status = this.#core.status();
    if (this.#status.quarantined) marks.reach("quarantine entered");
    for (const checker of checkers) checker.started?.(this, this.#status);
    world.note(scope.name, () => `starts in term ${hardState?.term ?? 0} with a log up to ${log.last.index}`);
    this.#peers = network.join(this.id, incarnation, scope, {
      message: (from, incarnation, bytes) => this.#receive(from, incarnation, bytes),
      connected: (peer, _lane, incarnation) => this.#gate?.connected(peer, incarnation),
      disconnected: (peer, lane) => {
        if (lane === "bulk") this.input((core, now) => core.unreachable(now, peer));
      },
    });
    const others = this.options.peers.filter((id) => id !== this.id);
    this.#peers.setPeers(others.map((id) => ({ id, address: { host: `member-${id}`, port: 1 } })));
    this.#states = new StateSide(this, this.#around);
    this.#states.begin();
    this.#flush();
  }

  /** The process is gone, and with it what its disk had not been made to keep. */
  stop(): void {
    const { world, network, record } = this.#around;
    if (this.#scope === undefined) return;
    world.note(this.#scope.name, () => "crashes");
    world.end(this.#scope);
    network.leave(this.id);
    record.stopped(this.id);
    if (this.disk.end() > 0) record.marks.reach("crash with unsynced data");
    this.machine.end();
    this.#core = undefined;
    this.#states = undefined;
    this.#scope = undefined;
    this.#status = undefined;
    this.#alarm = undefined;
    this.#gathering = false;
    this.#crashAfterEffects = Number.POSITIVE_INFINITY;
  }

  /** It never goes on after a failed write. */
  #stopForDisk(why: string): void {
    this.#around.record.marks.reach("disk error stopped a member");
    this.#note(`stops: a write failed: ${why}`);
    this.#crash(this);
    this.#startLater();
  }

  /** Its process dies, and it has an empty disk from now on: what it has promised is forgotten, and nobody is told. */
  loseDisk(): void {
    this.#crash(this);
    this.durable.wipe();
    this.disk.isFull = false;
    this.durable.isUnheard = this.#gate !== undefined;
  }

  /** Its clocks run that fast from now on. */
  drift(rate: number): void {
    this.machine.drift(rate);
    if (this.#core !== undefined) this.#alarm?.setAnew(this.#core.deadline());
  }

  /** A supervisor starts it again a little later. */
  #startLater(): void {
    const { world } = this.#around;
    this.#isToStart = true;
    const restart = (): void => {
      this.#isToStart = false;
      if (!this.isUp) this.start();
    };
    const delayMs = this.#random.exponential(this.options.configuration.timing.electionTimeoutMs / 2);
    world.schedule(delayMs, "fault", world.outside, restart, undefined);
  }

  /** Dies in the middle of the next turn: after this many of its effects. */
  crashAfterEffects(count: number): void {
    this.#crashAfterEffects = count;
  }

  /** Gives the core one input and carries out what follows from it. Nothing when the process is down. */
  input(act: (core: RaftCore, now: number) => void): void {
    const core = this.#core;
    const scope = this.#scope;
    if (core === undefined || scope === undefined) return;
    this.#watched(() => {
      this.#noticeSleep(core);
      act(core, this.#now());
      if (this.options.gatherMs === 0) this.#flush();
    });
    if (this.options.gatherMs > 0 && !this.#gathering) {
      this.#gathering = true;
      const delayMs = this.#random.between(0, this.options.gatherMs);
      this.#around.world.schedule(delayMs, "step", scope, flushGathered, this);
    }
  }

  /** A client's request: an input that waits while the process stands still. */
  request(act: (core: RaftCore, now: number) => void): void {
    if (this.#scope === undefined) return;
    this.#around.world.schedule(0, "client", this.#scope, () => this.input(act), undefined);
  }

  /** As a replica does with every input (`suspension-watch.ts`): what was promised by the clock is over. */
  #noticeSleep(core: RaftCore): void {
    const { shift } = this.machine.clock;
    if (shift.sleptMs === this.#sleptMs) return;
    this.#sleptMs = shift.sleptMs;
    core.dropLease(this.#now());
  }

  flush(): void {
    this.#gathering = false;
    this.#watched(() => this.#flush());
  }

  /** An error of the core would end a real member's process: that is a finding, and not the end of the simulation. */
  #watched(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof SafetyViolation || error instanceof InvariantViolation) throw error;
      throw new SafetyViolation("member", `member ${this.id} stopped by itself: ${String(error)}`, { cause: error });
    }
  }

  #finishSync(): void {
    const { sequence, last } = this.durable.finishSync();
    if (this.#random.chance(this.options.states?.checkpointShare ?? 0.1)) this.keepCheckpoint();
    this.disk.sync();
    if (!this.durable.reportsEarly) this.input((core, now) => core.stored(now, sequence, last));
  }

  #now(): number {
    const clock = this.#clock as SimulatedClock;
    if (this.options.deviceBugs.readsWallClock !== true) return clock.monotonicMs();
    this.#latestMs = Math.max(this.#latestMs, clock.wallMs());
    return this.#latestMs;
  }

  /** What is applied is durable from now on, and the log behind it goes but for what is to be kept. */
  keepCheckpoint(keptEntries?: number): void {
    this.#states?.keepCheckpoint(this.#core as RaftCore, keptEntries);
  }

  #gateHome(): GateHome {
    return {
      durable: this.durable,
      note: (text) => this.#note(text),
      send: (to, bytes) => this.#peers?.send(to, "control", [bytes]),
      stop: () => this.#crash(this),
    };
  }

  #note(text: string): void {
    this.#around.world.note(this.#scope?.name ?? String(this.id), () => text);
  }

  #receive(from: MemberId, incarnation: number, bytes: Uint8Array): void {
    if (this.#gate?.lets(from, incarnation, bytes) === false) return;
    const ofState = decodeStateMessage(bytes);
    if (ofState !== undefined) return this.#states?.receive(from, ofState);
    const message = decodeMessage(bytes);
    this.#around.world.note(`${from}>${this.id}`, () => describeMessage(message));
    const { distort } = this.options;
    this.input((core, now) => {
      const taken = distort === undefined ? message : distort(message, core.status(), from);
      if (taken !== undefined) core.receive(now, from, incarnation, taken);
    });
  }

  /** Takes the effects of the inputs so far and carries them out, one by one. */
  #flush(): void {
    const core = this.#core;
    const before = this.#status;
    if (core === undefined || before === undefined) return;
    const effects = core.takeEffects();
    const after = core.status();
    const leading = before.role === "leader" && after.role === "leader" && before.term === after.term;
    for (const effect of effects) if (effect.type === "persist") this.#log.take(effect, leading);
    this.#around.record.note(this, before, after);
    for (const effect of effects) {
      if (this.#crashAfterEffects-- <= 0) {
        this.#around.record.marks.reach("crash between two effects");
        this.#crash(this);
        return;
      }
      this.#carryOut(core, effect);
    }
    this.#status = after;
    if (before.quarantined && !after.quarantined) this.#leaveQuarantine();
    for (const checker of this.#around.checkers) checker.changed?.(this, before, after);
    this.#alarm?.set(core.deadline());
  }

  #leaveQuarantine(): void {
    this.durable.lost = [];
    this.#around.record.marks.reach("quarantine left");
    this.#around.atlas.noteWhole(this.id);
  }

  #carryOut(core: RaftCore, effect: Effect): void {
    const { checkers, record, world } = this.#around;
    const { marks } = record;
    switch (effect.type) {
      case "persist":
        this.#persist(effect);
        return;
      case "send": {
        for (const checker of checkers) checker.sent?.(this, effect.to, effect.message);
        record.noteSent(effect.message, core.status());
        const lane: Lane = isControl(effect.message) ? "control" : "bulk";
        const taken = this.#peers?.send(effect.to, lane, encodeMessage(effect.message)) ?? false;
        if (!taken && lane === "bulk") this.report((core, now) => core.unreachable(now, effect.to));
        return;
      }
      case "commit":
        this.#apply(effect);
        return;
      case "load":
        this.#load(effect);
        return;
      case "read-ready":
        for (const checker of checkers) checker.readReady?.(this, effect.id, effect.index);
        record.noteRead(core.status().role === "leader");
        return;
      case "read-refused":
        for (const checker of checkers) checker.readRefused?.(this, effect.id);
        marks.reach("read refused");
        return;
      case "role":
        world.note(this.#scope?.name ?? "", () => `${effect.role} of term ${effect.term}: ${effect.reason}`);
        if (effect.reason.startsWith("takes back")) marks.reach("member stranded in a later term taken back");
        if (effect.reason.startsWith("heard no quorum")) marks.reach("leader stepped down without a quorum");
        if (effect.reason.startsWith("lost the election")) marks.reach("split vote");
        return;
      case "state-wanted":
        this.#states?.send(core, effect);
        return;
      case "state-unwanted":
        this.#states?.cancel(effect.to);
        return;
      case "transfer-ended":
        if (effect.outcome === "done") marks.reach("leadership handed over");
        return;
      case "configuration":
        return;
    }
  }

  #persist(effect: PersistEffect): void {
    this.durable.add(effect);
    if (this.durable.reportsEarly) {
      const last = { index: this.log.lastIndex, term: this.log.termAt(this.log.lastIndex) ?? 0 };
      this.report((core, now) => core.stored(now, effect.sequence, last));
    }
    this.disk.sync();
  }

  #apply(effect: CommitEffect): void {
    for (const entry of effect.entries) {
      for (const checker of this.#around.checkers) {
        checker.handedOut?.(this, entry);
        checker.applied?.(this, entry);
      }
      this.state.apply(entry);
      for (const checker of this.#around.checkers) checker.stateReached?.(this.id, entry.index, this.state.hash);
    }
    const applied = this.state.index;
    this.report((core, now) => core.applied(now, applied));
  }

  #load(effect: LoadEffect): void {
    const { from, to, maxBytes } = effect;
    this.#around.record.marks.reach("follower caught up from the log on disk");
    const entries = this.disk.read(from, to, maxBytes);
    this.report((core, now) => core.loaded(now, effect.for, from, entries));
  }

  /** An input that follows from an effect, a little later: completions never come from inside the turn that asked. */
  report(act: (core: RaftCore, now: number) => void): void {
    this.later(0.01, () => this.input(act));
  }

  /** Calls back later, unless the process is gone by then. */
  later(delayMs: number, act: () => void): void {
    if (this.#scope !== undefined) this.#around.world.schedule(delayMs, "step", this.#scope, act, undefined);
  }

  sendBulk(to: MemberId, bytes: Uint8Array): void {
    this.#peers?.send(to, "bulk", [bytes]);
  }
}

function flushGathered(member: CoreMember): void {
  member.flush();
}
