import type { Disk, Host, LogFields, Logger } from "@quorate/host";
import { createRaft } from "@quorate/raft";
import type { MemberId, RaftOptions, RaftStatus } from "@quorate/raft";
import { openReplica } from "@quorate/replica";
import type { Replica, StateMachine } from "@quorate/replica";
import type { DiskDamage } from "../disk-damage.ts";
import { crashKinds } from "../drive.ts";
import type { CrashKind, DiskFaults, Drive, DriveSettings } from "../drive.ts";
import type { Scope } from "../event-queue.ts";
import { Machine } from "../machine.ts";
import { SafetyViolation } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import { simulatedHost } from "../simulated-host.ts";
import { around } from "../stand-in.ts";
import { ClaimedLog } from "./claimed-log.ts";
import { LogMeter } from "./log-meter.ts";
import { MemberDisk } from "./member-disk.ts";
import { MemberNetwork } from "./member-network.ts";
import { ObservedCore } from "./observed-core.ts";
import { requestTimeouts } from "./replica-member-options.ts";
import type { ReplicaMemberOptions, ReplicaSurroundings } from "./replica-member-options.ts";
import type { OpenedMachine } from "./replicated.ts";
import { Supervisor } from "./supervisor.ts";

/** Where a member keeps everything. */
const directory = "/member";

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
  readonly #network: MemberNetwork;
  /** Undefined where the log is never pruned. */
  readonly logMeter: LogMeter | undefined;
  readonly #supervisor: Supervisor;
  /** How it dies where nobody says. */
  readonly #kinds: RandomStream;
  readonly #jitter: RandomStream;
  #scope: Scope | undefined;
  #core: ObservedCore | undefined;
  #replica: Replica<Result> | undefined;
  #state: State | undefined;
  #hasStarted = false;
  #appliedAtStart = 0;
  /** How far the state machine had come that was opened last. */
  #restored = 0;

  constructor(options: ReplicaMemberOptions<State, Result>, drive: Drive, around: ReplicaSurroundings) {
    this.id = options.id;
    this.#options = options;
    this.drive = drive;
    this.durable = new ClaimedLog((index) => around.record.committed.upTo(index));
    this.#usualDrive = drive.settings;
    this.machine = new Machine(around.world, around.record.marks, options.clock);
    this.#around = around;
    this.#kinds = around.world.streams.stream(`crashes of member ${options.id}`);
    this.#jitter = around.world.streams.stream(`jitter of member ${options.id}`);
    this.disk = new MemberDisk(options.id, drive, directory, options.replicated.beside);
    this.#network = new MemberNetwork(options, around, (kind) => this.crash(kind));
    const { segmentBytes, keepLogBytes: keptBytes } = options;
    const log = `${directory}/log`;
    this.logMeter =
      keptBytes === undefined ? undefined : new LogMeter({ tree: drive.tree, directory: log, segmentBytes, keptBytes });
    this.#supervisor = new Supervisor(this, around, options.configuration.timing.electionTimeoutMs / 2);
  }

  /** Whether its process runs; it may still be on its way up. */
  get isUp(): boolean {
    return this.#scope !== undefined;
  }

  /** Its disk holds nothing that it could start from: an operator would put another member in its place. */
  get isBeyondRepair(): boolean {
    return this.#supervisor.isBeyondRepair;
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
    this.#supervisor.starting();
    this.logMeter?.started();
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
      if (error !== undefined) throw this.#supervisor.broken(`could not lock its directory: ${error.message}`);
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
    const { world, record } = this.#around;
    world.end(scope);
    this.#network.gone(scope);
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
    this.#network.crashAfterSends(count, kind);
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
      else this.#supervisor.startFailed(error, "could not open its state");
    });
  }

  #openReplica(host: Host, { machine, state }: OpenedMachine<State, Result>): void {
    const { id, configuration, limits, reads, segmentBytes, checkpointMs, keepLogBytes, replicated } = this.#options;
    this.#state = state;
    this.#restored = machine.restored.index;
    const meter = this.logMeter;
    openReplica<Result>(
      {
        host,
        directory,
        clusterId: 1,
        memberId: id,
        initialConfiguration: configuration,
        isJoining: configuration.voters.length === 0,
        stateMachine: meter === undefined ? machine : metered(machine, meter),
        logger: this.#logger(),
        network: (setup, done) => this.#network.join(host, this.#scope as Scope, setup, done),
        log: { segmentBytes },
        raftLimits: limits,
        reads,
        checkpoint: { intervalMs: checkpointMs },
        ...(keepLogBytes === undefined ? {} : { transfer: { keepLogBytes } }),
        requestTimeoutMs: requestTimeouts * configuration.timing.electionTimeoutMs,
        createCore: (options) => this.#createCore(options),
      },
      (startError, replica) => {
        if (startError !== undefined) return this.#supervisor.startFailed(startError, "could not start");
        this.#replica = replicated.around?.(replica) ?? replica;
        replica.onFatal((fatal) => this.#supervisor.stopped(fatal));
      },
    );
  }

  /** A log begins behind what the state holds durably, or what lies between is on this disk no more (DESIGN §5). */
  #checkState(base: number): void {
    if (this.#restored >= base) this.disk.isStateLost = false;
    if (this.#restored >= base || this.disk.isStateLost) return;
    const told = `member ${this.id} holds a state up to entry ${this.#restored}, and a log that begins after entry ${base}`;
    throw new SafetyViolation("durable log", told);
  }

  /** What the member says goes into the trace. */
  #logger(): Logger {
    const { world, record } = this.#around;
    const other = this.#options.broken.logger?.(this.id);
    const sayAt =
      (level: keyof Logger) =>
      (message: string, fields?: LogFields): void => {
        if (message.startsWith("the log's end was cut")) record.marks.reach("torn tail cut");
        world.note(`${this.id}`, () => message);
        other?.[level](message, fields);
      };
    return { debug: sayAt("debug"), info: sayAt("info"), warn: sayAt("warn"), error: sayAt("error") };
  }

  #createCore(options: RaftOptions): ReturnType<ObservedCore["asCore"]> {
    const { world, record, atlas } = this.#around;
    const { rules, broken } = this.#options;
    if (this.isLost) return (broken.createCore ?? createRaft)({ ...options, rules });
    if (!options.quarantined) atlas.noteWhole(this.id);
    else if (atlas.damaged.has(this.id)) record.marks.reach("quarantine entered");
    else throw this.#supervisor.broken("takes what a crash left for damage");
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
    this.#checkState(options.log.base.index);
    // A state that is known to be damaged may end before what the core counts as applied: it is sent another.
    this.#appliedAtStart = Math.min(options.appliedIndex, this.#restored);
    this.#core = new ObservedCore(
      { ...options, rules },
      this.durable,
      broken.createCore ?? createRaft,
      this.#around,
      this.logMeter,
    );
    const core = this.#core.asCore();
    return broken.log?.(core) ?? core;
  }
}

/** The same state machine, whose checkpoints are noted. */
function metered<Result>(machine: StateMachine<Result>, meter: LogMeter): StateMachine<Result> {
  return around(machine, {
    checkpoint: (position, done) => {
      meter.checkpointBegins();
      machine.checkpoint(position, (error) => {
        if (error === undefined) meter.checkpointEnds();
        done(error);
      });
    },
  });
}
