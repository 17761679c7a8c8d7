import type { Host, Logger } from "@quorate/host";
import type { Configuration, Limits, MemberId, RaftOptions, RaftStatus, Rules } from "@quorate/raft";
import { memoryMachine, openReplica } from "@quorate/replica";
import type { NetworkSetup, Replica } from "@quorate/replica";
import type { PeerNetwork } from "@quorate/transport";
import type { ClusterRecord } from "../cluster-record.ts";
import type { Drive } from "../drive.ts";
import type { Scope } from "../event-queue.ts";
import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";
import type { RandomStream } from "../random-streams.ts";
import type { ClockSettings } from "../simulated-clock.ts";
import { simulatedHost } from "../simulated-host.ts";
import type { SimulatedInternet } from "../simulated-links.ts";
import type { SimulatedNetwork } from "../simulated-network.ts";
import type { World } from "../world.ts";
import { ClaimedLog } from "./claimed-log.ts";
import { ObservedCore } from "./observed-core.ts";
import { Tally } from "./tally.ts";

/** Where a member keeps everything. */
const directory = "/member";

export interface ReplicaSurroundings {
  readonly world: World;
  readonly network: SimulatedNetwork;
  readonly internet: SimulatedInternet;
  readonly checkers: readonly Checker[];
  readonly record: ClusterRecord;
}

export interface ReplicaMemberOptions {
  readonly id: MemberId;
  readonly configuration: Configuration;
  readonly limits: Partial<Limits>;
  readonly rules: Rules;
  readonly clock: ClockSettings;
  readonly segmentBytes: number;
  readonly checkpointMs: number;
}

/** A production member: `openReplica` with its log on a simulated disk, a memory machine, and the simulator's network. */
export class ReplicaMember {
  readonly id: MemberId;
  readonly drive: Drive;
  readonly durable = new ClaimedLog();
  readonly #options: ReplicaMemberOptions;
  readonly #around: ReplicaSurroundings;
  readonly #random: RandomStream;
  #scope: Scope | undefined;
  #core: ObservedCore | undefined;
  #replica: Replica<number> | undefined;
  #tally = new Tally();
  #hasStarted = false;
  #appliedAtStart = 0;
  /** Die when this many more messages have been sent. */
  #crashAfterSends = Number.POSITIVE_INFINITY;

  constructor(options: ReplicaMemberOptions, drive: Drive, around: ReplicaSurroundings) {
    this.id = options.id;
    this.#options = options;
    this.drive = drive;
    this.#around = around;
    this.#random = around.world.streams.stream(`crashes of member ${options.id}`);
    drive.tree.makeDirectory(directory);
    drive.tree.syncDirectory("/");
  }

  /** Whether its process runs; it may still be on its way up. */
  get isUp(): boolean {
    return this.#scope !== undefined;
  }

  get scope(): Scope | undefined {
    return this.#scope;
  }

  /** Undefined until the member is open. */
  get replica(): Replica<number> | undefined {
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

  get tally(): Tally {
    return this.#tally;
  }

  start(): void {
    const { world, internet } = this.#around;
    const scope = world.scope(`${this.id}`);
    this.#scope = scope;
    this.#tally = new Tally();
    const host = simulatedHost(world, {
      member: this.id,
      scope,
      clock: this.#options.clock,
      drive: this.drive,
      internet,
    });
    world.note(scope.name, () => "starts");
    host.disk.lock(directory, (error) => {
      if (error !== undefined) throw this.#broken(`could not lock its directory: ${error.message}`);
      this.#openMachine(host);
    });
  }

  /** The process is gone; half of the time with a power cut, which takes what was not synced. */
  crash(): void {
    const scope = this.#scope;
    if (scope === undefined) return;
    const { world, network, internet, record } = this.#around;
    world.end(scope);
    network.leave(this.id);
    internet.crash(scope);
    record.stopped(this.id);
    const isPowerCut = this.#random.chance(0.5);
    const lost = isPowerCut ? this.drive.cutPower() : this.drive.killProcess();
    if (lost > 0) record.marks.reach("crash with unsynced data");
    world.note(scope.name, () => `${isPowerCut ? "loses power" : "is killed"}, ${lost} blocks or writes unfinished`);
    this.#scope = undefined;
    this.#core = undefined;
    this.#replica = undefined;
    this.#crashAfterSends = Number.POSITIVE_INFINITY;
  }

  crashAfterSends(count: number): void {
    this.#crashAfterSends = count;
  }

  #openMachine(host: Host): void {
    memoryMachine<number>(this.#tally, { disk: host.disk, directory: `${directory}/state` }, (error, stateMachine) => {
      if (error !== undefined) throw this.#broken(`could not open its state: ${error.message}`);
      const { id, configuration, limits, segmentBytes, checkpointMs } = this.#options;
      openReplica<number>(
        {
          host,
          directory,
          clusterId: 1,
          memberId: id,
          initialConfiguration: configuration,
          stateMachine,
          logger: this.#logger(),
          network: (setup, done) => host.timers.endOfTurn(() => done(undefined, this.#join(setup))),
          log: { segmentBytes },
          raftLimits: limits,
          checkpoint: { intervalMs: checkpointMs },
          requestTimeoutMs: 10 * configuration.timing.electionTimeoutMs,
          createCore: (options) => this.#createCore(options),
        },
        (startError, replica) => {
          if (startError !== undefined) throw this.#broken(`could not start: ${startError.message}`);
          this.#replica = replica;
          replica.onFatal((fatal) => {
            // The live loop stops the member for any error, those of the checkers included.
            if (fatal instanceof SafetyViolation) throw fatal;
            throw this.#broken(`stopped by itself: ${fatal.message}`);
          });
        },
      );
    });
  }

  /** What the member says goes into the trace. */
  #logger(): Logger {
    const { world } = this.#around;
    const say = (message: string): void => world.note(`${this.id}`, () => message);
    return { debug: say, info: say, warn: say, error: say };
  }

  #createCore(options: RaftOptions): ReturnType<ObservedCore["asCore"]> {
    const { world, record } = this.#around;
    if (options.quarantined) throw this.#broken("takes what a crash left for damage");
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
    this.#core = new ObservedCore({ ...options, rules: this.#options.rules }, this.durable, this.#around);
    return this.#core.asCore();
  }

  #join(setup: NetworkSetup): PeerNetwork {
    const scope = this.#scope as Scope;
    const network = this.#around.network.join(this.id, setup.incarnation, scope, setup.events);
    return {
      send: (to, lane, chunks) => {
        // A process that dies in the middle of its turn: the rest of the turn runs, and reaches nobody.
        if (scope === this.#scope && this.#crashAfterSends-- <= 0) {
          this.#around.record.marks.reach("crash between two effects");
          this.crash();
        }
        return !scope.ended && network.send(to, lane, chunks);
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
