import type { Callback, Disk, Host, Logger, NetworkAddress } from "@quorate/host";
import { createRaft } from "@quorate/raft";
import type { Configuration, Limits, MemberId, RaftOptions, RaftStatus, ReadMode, Rules } from "@quorate/raft";
import { ForgottenStartError, openReplica } from "@quorate/replica";
import type { NetworkSetup, Replica } from "@quorate/replica";
import { createPeerTransport } from "@quorate/transport";
import type { PeerNetwork } from "@quorate/transport";
import type { ClusterRecord } from "../cluster-record.ts";
import type { DiskDamage } from "../disk-damage.ts";
import { crashKinds } from "../drive.ts";
import type { CrashKind, DiskFaults, Drive, DriveSettings } from "../drive.ts";
import type { FaultAtlas } from "../fault-atlas.ts";
import { Machine } from "../machine.ts";
import type { Scope } from "../event-queue.ts";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import type { ClockSettings } from "../simulated-clock.ts";
import { simulatedHost } from "../simulated-host.ts";
import type { SimulatedInternet } from "../simulated-links.ts";
import type { SimulatedNetwork } from "../simulated-network.ts";
import type { World } from "../world.ts";
import type { BrokenMember } from "./broken-member.ts";
import { ClaimedLog } from "./claimed-log.ts";
import { MemberDisk } from "./member-disk.ts";
import { isDamagedState, isFull, isOfDisk, leavesNothing, throwViolationIn } from "./member-errors.ts";
import { ObservedCore } from "./observed-core.ts";
import type { OpenedMachine, Replicated } from "./replicated.ts";

/** Where a member keeps everything. */
const directory = "/member";

/** How long a member may take over a request, in election timeouts. */
export const requestTimeouts = 10;

/** Where a member's transport listens, as the simulated configuration says. */
export function addressOf(id: MemberId): NetworkAddress {
  return { host: `member-${id}`, port: 2380 };
}

export interface ReplicaSurroundings {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly internet: SimulatedInternet;
  readonly checkers: readonly Checker[];
  readonly record: ClusterRecord;
  readonly atlas: FaultAtlas;
}

export interface ReplicaMemberOptions<State, Result> {
  readonly id: MemberId;
  readonly configuration: Configuration;
  readonly limits: Partial<Limits>;
  readonly rules: Rules;
  readonly clock: ClockSettings;
  /** See `SwarmOptions`. */
  readonly carrier: "messages" | "transport";
  readonly reads: ReadMode;
  readonly broken: BrokenMember;
  readonly replicated: Replicated<State, Result>;
  readonly segmentBytes: number;
  readonly checkpointMs: number;
  /** How much of the log is kept behind a checkpoint, in bytes of its files; undefined for everything. */
  readonly keepLogBytes: number | undefined;
}

/** A production member: `openReplica` with its log on a simulated disk, a state machine, and the simulator's network. */
export class ReplicaMember<State, Result> {
  readonly id: MemberId;
  readonly drive: Drive;
  readonly durable: ClaimedLog;
  readonly machine: Machine;
  readonly disk: MemberDisk;
  readonly #usualDrive: DriveSettings;
  readonly #options: ReplicaMemberOptions<State, Result>;
  readonly #around: ReplicaSurroundings;
  /** How it dies where nobody says, and how long a supervisor takes to start it again. */
  readonly #kinds: RandomStream;
  readonly #restarts: RandomStream;
  readonly #jitter: RandomStream;
  #scope: Scope | undefined;
  #core: ObservedCore | undefined;
  #replica: Replica<Result> | undefined;
  #state: State | undefined;
  #hasStarted = false;
  #appliedAtStart = 0;
  /** What its disk had done wrong when it was started. */
  #diskErrorsAtStart = 0;
  #isBeyondRepair = false;
  /** Die when this many more messages have been sent. */
  #crashAfterSends = Number.POSITIVE_INFINITY;
  #kindAfterSends: CrashKind | undefined;

  constructor(options: ReplicaMemberOptions<State, Result>, drive: Drive, around: ReplicaSurroundings) {
    this.id = options.id;
    this.#options = options;
    this.drive = drive;
    this.durable = new ClaimedLog((index) => around.record.committed.upTo(index));
    this.#usualDrive = drive.settings;
    this.machine = new Machine(around.world, around.record.marks, options.clock);
    this.#around = around;
    this.#kinds = around.world.streams.stream(`crashes of member ${options.id}`);
    this.#restarts = around.world.streams.stream(`restarts of member ${options.id}`);
    this.#jitter = around.world.streams.stream(`jitter of member ${options.id}`);
    this.disk = new MemberDisk(drive, directory);
  }

  /** Whether its process runs; it may still be on its way up. */
  get isUp(): boolean {
    return this.#scope !== undefined;
  }

  /** Its disk holds nothing that it could start from: an operator would put another member in its place. */
  get isBeyondRepair(): boolean {
    return this.#isBeyondRepair;
  }

  get scope(): Scope | undefined {
    return this.#scope;
  }

  /** Undefined until the member is open. */
  get replica(): Replica<Result> | undefined {
    return this.#replica;
  }

  /** What the state machine held when the member was opened last. */
  get appliedAtStart(): number {
    return this.#appliedAtStart;
  }

  get core(): ObservedCore | undefined {
    return this.#core;
  }

  get status(): RaftStatus | undefined {
    return this.#core?.status;
  }

  /** What its state machine holds, or held when it stopped; undefined until it was opened once. */
  get state(): State | undefined {
    return this.#state;
  }

  start(): void {
    const { world, internet } = this.#around;
    const scope = world.scope(`${this.id}`);
    this.#scope = scope;
    this.machine.begin(scope);
    this.#diskErrorsAtStart = this.drive.errors;
    const simulated = simulatedHost(world, {
      member: this.id,
      scope,
      clock: this.machine.clock,
      drive: this.drive,
      internet,
      random: this.#jitter,
    });
    const { disk = (sound: Disk) => sound } = this.#options.broken;
    const host = { ...simulated, disk: disk(simulated.disk) };
    world.note(scope.name, () => "starts");
    host.disk.lock(directory, (error) => {
      if (error !== undefined) throw this.#broken(`could not lock its directory: ${error.message}`);
      this.#openMachine(host);
    });
  }

  /** The process is gone; with a power cut also what was not synced, if the process is down already too. */
  crash(kind: CrashKind = this.#kinds.pick(crashKinds)): void {
    const scope = this.#scope;
    if (scope === undefined) {
      if (kind === "power cut") this.drive.cutPower();
      return;
    }
    const { world, network, internet, record } = this.#around;
    world.end(scope);
    network.leave(this.id);
    internet.crash(scope);
    record.stopped(this.id);
    const isPowerCut = kind === "power cut";
    const lost = isPowerCut ? this.drive.cutPower() : this.drive.killProcess();
    if (lost > 0) record.marks.reach("crash with unsynced data");
    world.note(scope.name, () => `${isPowerCut ? "loses power" : "is killed"}, ${lost} blocks or writes unfinished`);
    this.machine.end();
    this.drive.crashAfter = undefined;
    this.#scope = undefined;
    this.#core = undefined;
    this.#replica = undefined;
    this.#crashAfterSends = Number.POSITIVE_INFINITY;
  }

  /** Infinity to take that back. */
  crashAtDisk(afterOperations: number, kind?: CrashKind): void {
    const crash = (): void => {
      this.#around.record.marks.reach("crash at a disk operation");
      this.crash(kind);
    };
    const isDue = this.isUp && Number.isFinite(afterOperations);
    this.drive.crashAfter = isDue ? { operations: afterOperations, crash } : undefined;
  }

  failDisk(faults: DiskFaults): void {
    this.drive.fail(this.#usualDrive, faults);
  }

  /** The caller has asked the atlas whether this can be borne. */
  damageDisk(damage: DiskDamage): void {
    const { world, atlas, record } = this.#around;
    this.crash(damage.crash);
    const done = this.disk.damage(damage);
    if (done === undefined) return;
    const { part = "log" } = damage;
    // Marks say of a log what can be relied on; without them it is as good as before.
    if (part !== "marks") atlas.noteDamage(this.id);
    record.marks.reach(part === "log" ? "damaged segment" : `damaged ${part}`);
    world.note(`${this.id}`, () => `its disk loses ${done}`);
  }

  crashAfterSends(count: number, kind?: CrashKind): void {
    this.#crashAfterSends = count;
    this.#kindAfterSends = kind;
  }

  /**
   * An error of its operator, which no scenario but a named one makes: its process dies, and its disk, or one directory on
   * it, comes back empty. What it has promised is forgotten, and nobody is told.
   */
  wipe(what: "everything" | "log" | "state"): void {
    this.crash();
    this.disk.wipe(what);
    if (what === "state") return;
    this.durable.forget();
    this.#hasStarted = false;
  }

  /** Copies its disk while it runs. */
  copyDisk(): void {
    if (this.#core !== undefined) this.disk.copy(this.#core.incarnation);
  }

  /**
   * Its process dies, and its disk comes back empty, or as it was copied. What it has promised is forgotten, and nobody is
   * told. The caller has made sure that all others know better; from now on nobody counts on it, and nobody watches it.
   */
  loseDisk(how: "wiped" | "restored"): void {
    const { world, atlas, record } = this.#around;
    this.crash("power cut");
    if (how === "wiped") this.disk.wipe("everything");
    else this.disk.restore();
    atlas.noteLost(this.id);
    record.marks.reach(how === "wiped" ? "disk wiped" : "older copy of a disk restored");
    world.note(`${this.id}`, () => `its disk is ${how}`);
  }

  get isLost(): boolean {
    return this.#around.atlas.lost.has(this.id);
  }

  #openMachine(host: Host): void {
    const place = {
      member: this.id,
      host,
      directory: `${directory}/state`,
      checkers: this.isLost ? [] : this.#around.checkers,
    };
    this.#options.replicated.open(place, (error, opened) => {
      if (error === undefined) this.#openReplica(host, opened);
      else this.#startFailed(error, "could not open its state");
    });
  }

  #openReplica(host: Host, { machine, state }: OpenedMachine<State, Result>): void {
    const { id, configuration, limits, reads, segmentBytes, checkpointMs, keepLogBytes, replicated } = this.#options;
    this.#state = state;
    openReplica<Result>(
      {
        host,
        directory,
        clusterId: 1,
        memberId: id,
        initialConfiguration: configuration,
        stateMachine: machine,
        logger: this.#logger(),
        network: (setup, done) => this.#join(host, setup, done),
        log: { segmentBytes },
        raftLimits: limits,
        reads,
        checkpoint: { intervalMs: checkpointMs },
        ...(keepLogBytes === undefined ? {} : { transfer: { keepLogBytes } }),
        requestTimeoutMs: requestTimeouts * configuration.timing.electionTimeoutMs,
        createCore: (options) => this.#createCore(options),
      },
      (startError, replica) => {
        if (startError !== undefined) return this.#startFailed(startError, "could not start");
        this.#replica = replicated.around?.(replica) ?? replica;
        replica.onFatal((fatal) => {
          // The live loop stops the member for any error, those of the checkers included.
          throwViolationIn(fatal);
          if (fatal instanceof ForgottenStartError && this.isLost) return this.#isForgotten(fatal);
          if (!this.#mayStopFor(fatal)) throw this.#broken(`stopped by itself: ${fatal.message}`);
          this.#around.record.marks.reach("disk error stopped a member");
          this.#startAgain(fatal);
        });
      },
    );
  }

  #startFailed(error: Error, what: string): void {
    // Errors of the simulation itself come by this way too, wrapped by whoever opens.
    throwViolationIn(error);
    const { record, atlas } = this.#around;
    if (this.#mayStopFor(error)) {
      record.marks.reach("start failed for its disk");
      return this.#startAgain(error);
    }
    const isDamaged = atlas.damaged.has(this.id);
    if (isDamaged && isDamagedState(error)) return this.#discardState(error);
    if (!isDamaged || !leavesNothing(error)) throw this.#broken(`${what}: ${error.message}`);
    this.#isToBeReplaced(error);
  }

  /** What an operator does: an empty state takes all that the log has. */
  #discardState(error: Error): void {
    this.disk.wipe("state");
    this.#around.record.marks.reach("state made anew");
    this.#startAgain(error);
  }

  #isForgotten(error: ForgottenStartError): void {
    this.#around.record.marks.reach("forgotten start noticed");
    this.#isToBeReplaced(error);
  }

  #isToBeReplaced(error: Error): void {
    this.#around.world.note(`${this.id}`, () => `is beyond repair: ${error.message}`);
    this.#isBeyondRepair = true;
    this.crash("kill");
  }

  /** A member stops for an error of its disk, and for nothing else (DESIGN §4: never go on after a failed write). */
  #mayStopFor(error: Error): boolean {
    const hasFailed = this.drive.errors > this.#diskErrorsAtStart;
    return hasFailed && isOfDisk(error);
  }

  /** What a supervisor does: the process ends, and another one is started a little later. */
  #startAgain(error: Error): void {
    const { world, record } = this.#around;
    if (isFull(error)) record.marks.reach("disk full");
    world.note(`${this.id}`, () => `is stopped by its disk: ${error.message}`);
    this.crash("kill");
    const restart = (): void => {
      if (!this.isUp && !this.#isBeyondRepair) this.start();
    };
    const delayMs = this.#restarts.exponential(this.#options.configuration.timing.electionTimeoutMs / 2);
    world.schedule(delayMs, "fault", world.outside, restart, undefined);
  }

  /** What the member says goes into the trace. */
  #logger(): Logger {
    const { world, record } = this.#around;
    const say = (message: string): void => {
      if (message.startsWith("the log's end was cut")) record.marks.reach("torn tail cut");
      world.note(`${this.id}`, () => message);
    };
    return { debug: say, info: say, warn: say, error: say };
  }

  #createCore(options: RaftOptions): ReturnType<ObservedCore["asCore"]> {
    const { world, record, atlas } = this.#around;
    const { rules, broken } = this.#options;
    if (this.isLost) return (broken.createCore ?? createRaft)({ ...options, rules });
    if (!options.quarantined) atlas.noteWhole(this.id);
    else if (atlas.damaged.has(this.id)) record.marks.reach("quarantine entered");
    else throw this.#broken("takes what a crash left for damage");
    if (this.#hasStarted) {
      if (this.durable.found(options) > 0) record.marks.reach("crash with unsynced data");
    } else {
      this.#hasStarted = true;
      this.durable.begunWith(options);
      // The initial configuration is in every member's log from the start, and counts as committed.
      record.committed.add(1, options.hardState?.commit ?? 0, this.durable.view);
    }
    world.note(`${this.id}`, () => `has a log up to ${options.log.last.index}@${options.log.last.term}`);
    if ((options.hardState?.commit ?? 0) > options.appliedIndex) {
      record.marks.reach("restart with committed entries to apply");
    }
    this.#appliedAtStart = options.appliedIndex;
    this.#core = new ObservedCore({ ...options, rules }, this.durable, broken.createCore ?? createRaft, this.#around);
    const core = this.#core.asCore();
    return broken.log?.(core) ?? core;
  }

  #join(host: Host, setup: NetworkSetup, done: Callback<PeerNetwork>): void {
    const scope = this.#scope as Scope;
    const { broken, carrier } = this.#options;
    const events = broken.events?.(setup.events) ?? setup.events;
    if (carrier === "messages") {
      const network = this.#around.network.join(this.id, setup.incarnation, scope, events);
      host.timers.endOfTurn(() => done(undefined, this.#mortal(network, scope)));
      return;
    }
    createPeerTransport({ ...setup, events, host, listen: addressOf(this.id), peers: [] }, (error, network) => {
      if (error === undefined) done(undefined, this.#mortal(network, scope));
      else done(error, network);
    });
  }

  /** The same network, in the middle of whose messages the process may die. */
  #mortal(sound: PeerNetwork, scope: Scope): PeerNetwork {
    const network = this.#options.broken.network?.(sound) ?? sound;
    return {
      send: (to, lane, chunks, checkedChunks) => {
        // A process that dies in the middle of its turn: the rest of the turn runs, and reaches nobody.
        if (scope === this.#scope && this.#crashAfterSends-- <= 0) {
          this.#around.record.marks.reach("crash between two effects");
          this.crash(this.#kindAfterSends);
        }
        return !scope.ended && network.send(to, lane, chunks, checkedChunks);
      },
      setPeers: (peers) => network.setPeers(peers),
      roundTripMs: (peer) => network.roundTripMs(peer),
      close: (done) => network.close(done),
    };
  }

  #broken(what: string): SafetyViolation {
    return new SafetyViolation("member", `member ${this.id} ${what}`);
  }
}
