import {
  createRaft,
  defaultLimits,
  type Configuration,
  type MemberId,
  type RaftCore,
  type ReadMode,
} from "@quorate/raft";
import type { Clock, Done, LogFields, Logger } from "@quorate/host";
import {
  Drive,
  healthyDrive,
  idealClock,
  NetworkConditions,
  simulatedHost,
  SimulatedInternet,
  SimulatedNetwork,
  World,
  type Scope,
} from "@quorate/simulator";
import type { PeerEvents } from "@quorate/transport";
import type { WalEvents } from "@quorate/wal";
import type { Replica } from "../../src/interface.ts";
import type { KnownStarts, KnownStartsStore } from "../../src/known-starts.ts";
import { LiveMember } from "../../src/live-member.ts";
import { defaultReplicaLimits, defaultTransferPolicy, type CheckpointPolicy } from "../../src/options.ts";
import { bootstrappedLog, bootstrapRecord, emptyLog, isBrandNew } from "../../src/starting-log.ts";
import { Journal } from "./journal.ts";
import { MemoryLog, MemoryWal } from "./memory-log.ts";

export interface SimulatedMember {
  readonly replica: Replica<string>;
  /** The loop behind it, for what the network and the log would tell it. */
  readonly live: LiveMember<string>;
  readonly journal: Journal;
  readonly wal: MemoryWal;
  readonly core: RaftCore;
  readonly scope: Scope;
  readonly lines: string[];
  fatal: Error | undefined;
}

/** Members in one world of virtual time, over a simulated network; their logs and checkpoints outlive a crash. */
export class SimulatedCluster {
  readonly world: World;
  readonly conditions: NetworkConditions;
  readonly members = new Map<MemberId, SimulatedMember>();
  readonly logs = new Map<MemberId, MemoryLog>();
  readonly knownStarts = new Map<MemberId, KnownStarts>();
  readonly checkpoints = new Map<MemberId, Journal>();
  readonly #network: SimulatedNetwork;
  readonly #internet: SimulatedInternet;
  readonly #configuration: Configuration;
  readonly #checkpoint: CheckpointPolicy;
  readonly #stateComparisonMs: number;
  readonly #reads: ReadMode;
  readonly #clock: (clock: Clock) => Clock;

  constructor(
    size: number,
    options: {
      seed?: number;
      checkpoint?: CheckpointPolicy;
      stateComparisonMs?: number;
      reads?: ReadMode;
      /** Makes the members' clocks out of ideal ones. */
      clock?: (clock: Clock) => Clock;
    } = {},
  ) {
    this.world = new World(options.seed ?? 1);
    this.conditions = new NetworkConditions(this.world.streams);
    this.#network = new SimulatedNetwork(this.world, this.conditions);
    this.#internet = new SimulatedInternet(this.world, this.conditions);
    this.#checkpoint = options.checkpoint ?? { dirtyBytes: 1e9, intervalMs: 1e9 };
    this.#stateComparisonMs = options.stateComparisonMs ?? 0;
    this.#reads = options.reads ?? "read-index";
    this.#clock = options.clock ?? ((clock) => clock);
    const ids = Array.from({ length: size }, (_, at) => at + 1);
    this.#configuration = {
      voters: ids,
      outgoing: [],
      learners: [],
      promotable: [],
      removed: [],
      members: ids.map((id) => ({ id, name: `m${id}`, peerUrls: [`http://10.0.0.${id}:2380`] })),
      timing: { electionTimeoutMs: 1000, clockDriftPpm: 10_000 },
    };
    for (const id of ids) this.start(id);
  }

  /** What a member knows of the starts of others outlives it, like its log. */
  #knownStarts(id: MemberId, scope: Scope): KnownStartsStore {
    const save = (known: KnownStarts, done: Done): void => {
      const saved = (): void => {
        this.knownStarts.set(id, known);
        done(undefined);
      };
      this.world.schedule(0.2, "disk", scope, saved, undefined);
    };
    return { starts: this.knownStarts.get(id) ?? new Map(), save };
  }

  /** Starts a new member of the running cluster, whose present configuration is `configuration`. */
  join(id: MemberId, configuration: Configuration): SimulatedMember {
    return this.start(id, configuration);
  }

  start(id: MemberId, joining?: Configuration): SimulatedMember {
    const { world } = this;
    const log = this.logs.get(id) ?? new MemoryLog();
    this.logs.set(id, log);
    const recovered = log.recover();
    const scope = world.scope(`m${id}.${recovered.incarnation}`);
    const drive = new Drive(world.streams.stream(`drive ${id}`), healthyDrive);
    const simulated = simulatedHost(world, { member: id, scope, clock: idealClock, drive, internet: this.#internet });
    const host = { ...simulated, clock: this.#clock(simulated.clock) };
    const journal = this.checkpoints.get(id)?.copy() ?? new Journal();
    journal.saved = (saved) => this.checkpoints.set(id, saved);
    let starting = bootstrappedLog(this.#configuration);
    if (isBrandNew(recovered) && joining !== undefined) {
      starting = emptyLog;
    } else if (isBrandNew(recovered)) {
      log.take(bootstrapRecord(this.#configuration));
    } else {
      const { hardState, base, last, termRuns, configurations } = recovered;
      const entries = log.entries.slice(journal.restored.index);
      starting = {
        hardState: hardState ?? starting.hardState,
        log: { base, last, termRuns, configurations, entries },
      };
    }
    const live: { member: LiveMember<string> | undefined } = { member: undefined };
    const events: PeerEvents & WalEvents = {
      message: (from, incarnation, bytes) => live.member?.peers.message(from, incarnation, bytes),
      connected: (peer, lane, incarnation) => live.member?.peers.connected(peer, lane, incarnation),
      disconnected: (peer, lane, reason) => live.member?.peers.disconnected(peer, lane, reason),
      stored: (sequence, last) => live.member?.stored(sequence, last),
      failed: (error) => live.member?.failed(error),
    };
    const wal = new MemoryWal(log, events, (callback) => {
      host.timers.after(0.3, callback);
    });
    const core = createRaft({
      id,
      incarnation: recovered.incarnation,
      now: host.clock.monotonicMs(),
      hardState: starting.hardState,
      log: starting.log,
      appliedIndex: journal.restored.index,
      configuration: joining ?? this.#configuration,
      quarantined: false,
      random: () => host.random.next(),
    });
    const lines: string[] = [];
    const made = new LiveMember({
      host,
      clusterId: 7,
      memberId: id,
      incarnation: recovered.incarnation,
      starts: recovered.starts,
      knownStarts: this.#knownStarts(id, scope),
      core,
      wal,
      network: this.#network.join(id, recovered.incarnation, scope, events),
      stateMachine: journal,
      logger: recordingLogger(lines),
      limits: defaultReplicaLimits,
      maxCommandBytes: defaultLimits.maxCommandBytes,
      requestTimeoutMs: 5000,
      checkpoint: this.#checkpoint,
      reads: this.#reads,
      transfer: defaultTransferPolicy,
      stateComparisonMs: this.#stateComparisonMs,
    });
    live.member = made;
    const replica = made.front;
    const member: SimulatedMember = { replica, live: made, journal, wal, core, scope, lines, fatal: undefined };
    replica.onFatal((error) => {
      member.fatal = error;
    });
    this.members.set(id, member);
    return member;
  }

  /** The process is gone at once; what was synced stays. */
  crash(id: MemberId): void {
    this.world.end(this.member(id).scope);
    this.#network.leave(id);
    this.members.delete(id);
  }

  member(id: MemberId): SimulatedMember {
    const member = this.members.get(id);
    if (member === undefined) throw new Error(`member ${id} does not run`);
    return member;
  }

  /** The one leader that the others follow, or undefined. */
  get leaderId(): MemberId | undefined {
    const leaders = [...this.members].filter(([, { core }]) => core.status().role === "leader");
    leaders.sort(([, a], [, b]) => b.core.status().term - a.core.status().term);
    return leaders[0]?.[0];
  }

  get followerIds(): MemberId[] {
    return [...this.members.keys()].filter((id) => id !== this.leaderId);
  }

  /** Runs until every member follows one leader, which has committed in its term. */
  elect(): MemberId {
    const isSettled = (): boolean => {
      const leader = this.leaderId;
      if (leader === undefined) return false;
      const { lastIndex, appliedIndex } = this.member(leader).replica.status;
      if (lastIndex !== appliedIndex) return false;
      return [...this.members.values()].every(({ core }) => core.status().leader === leader);
    };
    if (!this.world.runUntil(isSettled, 60_000)) throw new Error("no leader within a minute");
    return this.leaderId as MemberId;
  }

  /** Proposes and returns the outcome, as text, once there is one. */
  propose(id: MemberId, command: string): { outcome: string | undefined } {
    const told: { outcome: string | undefined } = { outcome: undefined };
    const bytes = Uint8Array.from(command, (character) => character.charCodeAt(0));
    this.member(id).replica.propose(bytes, (error, result) => {
      if (told.outcome !== undefined) throw new Error("told twice");
      told.outcome = error?.code ?? (result as string | undefined) ?? "no result";
    });
    return told;
  }

  read(id: MemberId): { outcome: string | undefined } {
    const told: { outcome: string | undefined } = { outcome: undefined };
    this.member(id).replica.readBarrier((error) => {
      if (told.outcome !== undefined) throw new Error("told twice");
      told.outcome = error === undefined ? this.member(id).journal.text : error.code;
    });
    return told;
  }

  until(done: () => boolean, limitMs = 30_000): void {
    if (!this.world.runUntil(done, limitMs)) throw new Error(`not within ${limitMs} ms of virtual time`);
  }
}

export function recordingLogger(lines: string[]): Logger {
  const log = (message: string, _fields?: LogFields): void => {
    lines.push(message);
  };
  return { debug: log, info: log, warn: log, error: log };
}
