import { silentLogger, type Logger } from "@quorate/host";
import {
  createRaft,
  defaultLimits,
  describeConfiguration,
  describePosition,
  initialHardState,
  isVoter,
} from "@quorate/raft";
import type { PeerEvents, PeerNetwork } from "@quorate/transport";
import { openWal, type Recovered, type Wal, type WalEvents } from "@quorate/wal";
import { checkOptions } from "./check-options.ts";
import { ReplicaStartError, type ReplicaStartErrorCode } from "./errors.ts";
import type { Replica } from "./interface.ts";
import { nextIncarnation } from "./incarnations.ts";
import { knownStartsFile, openKnownStarts, type KnownStartsStore } from "./known-starts.ts";
import { LiveMember } from "./live-member.ts";
import { largestMessage } from "./message-sizes.ts";
import {
  defaultCheckpointPolicy,
  defaultReplicaLimits,
  defaultRequestTimeoutMs,
  defaultStateComparisonMs,
  defaultTransferPolicy,
  type ReplicaOptions,
} from "./options.ts";
import {
  appliedWithinLog,
  bootstrapRecord,
  bootstrappedLog,
  canBeSent,
  checkBase,
  checkDamage,
  checkStateAgainstLog,
  configurationAtBase,
  emptyLog,
  forgottenVoter,
  isBrandNew,
  readEntriesAfter,
  type StartingLog,
} from "./starting-log.ts";

/** The outcome of opening: exactly one call, never from inside the call that opened. */
export type Opened<Result> = (error: ReplicaStartError | undefined, replica: Replica<Result>) => void;

/**
 * Opens one member: its log is recovered (or begun, with the initial configuration), what the state machine lacks is read
 * back, the network is joined, and the live loop starts. What is committed and not yet applied is applied from then on;
 * a linearizable read waits for it.
 */
export function openReplica<Result>(options: ReplicaOptions<Result>, done: Opened<Result>): void {
  const wrong = checkOptions(options);
  if (wrong !== undefined) return options.host.timers.endOfTurn(() => done(wrong, undefined as never));
  new Opening(options, done).openLog();
}

/** One member on its way up: the steps in order, and what they have opened so far. */
class Opening<Result> {
  readonly #options: ReplicaOptions<Result>;
  readonly #done: Opened<Result>;
  readonly #logger: Logger;
  #wal: Wal | undefined;
  #member: LiveMember<Result> | undefined;
  #whenBootstrapped: (() => void) | undefined;
  #failed = false;

  constructor(options: ReplicaOptions<Result>, done: Opened<Result>) {
    this.#options = options;
    this.#done = done;
    this.#logger = options.logger ?? silentLogger;
  }

  openLog(): void {
    const { host, directory, clusterId, memberId, stateMachine } = this.#options;
    const events: WalEvents = {
      stored: (sequence, last) => {
        if (this.#member !== undefined) return this.#member.stored(sequence, last);
        this.#whenBootstrapped?.();
      },
      failed: (error) => {
        if (this.#member !== undefined) this.#member.failed(error);
        else this.#fail("log", `the log could not be written: ${error.message}`, error);
      },
    };
    const next = (previous: number, isDamaged: boolean): number => nextIncarnation(host.random, previous, isDamaged);
    const place = { host, directory: `${directory}/log`, clusterId, memberId, state: stateMachine.restored };
    const log = { ...this.#options.log, ...place, events, nextIncarnation: next };
    openWal(log, (error, opened) => {
      if (error !== undefined) return this.#fail("log", `the log could not be opened: ${error.message}`, error);
      this.#wal = opened.wal;
      this.#check(opened.wal, opened.recovered);
    });
  }

  #check(wal: Wal, recovered: Recovered): void {
    const { initialConfiguration, stateMachine } = this.#options;
    const { tornTail, damage } = recovered;
    if (recovered.finishedInstall !== undefined) this.#logger.warn(recovered.finishedInstall);
    if (tornTail !== undefined) this.#logger.warn(`the log's end was cut: ${tornTail}`);
    if (damage !== undefined)
      this.#logger.error(`the log is damaged, this member has no voice until it is healed: ${damage}`);
    const wrong =
      checkBase(recovered) ??
      checkDamage(recovered, initialConfiguration) ??
      checkStateAgainstLog(stateMachine.restored, recovered, canBeSent(stateMachine, recovered));
    if (wrong !== undefined) return this.#giveUp(wrong);
    if (isBrandNew(recovered)) return this.#begin(wal, recovered);
    this.#logger.debug(`the log ends at ${describePosition(recovered.last)}`, { incarnation: recovered.incarnation });
    const { restored } = stateMachine;
    if (restored.index > recovered.last.index) {
      this.#logger.warn(
        `the state holds everything up to ${restored.index}, and the damaged log ends at ${recovered.last.index}: ` +
          "what lies between comes from the leader, and is not applied twice",
      );
    }
    readEntriesAfter(wal, appliedWithinLog(restored, recovered), recovered.last.index, (error, entries) => {
      if (error !== undefined) return this.#fail("log", `the log could not be read: ${error.message}`, error);
      const { hardState, base, last, termRuns, configurations, frameBytes } = recovered;
      const log = { base, last, termRuns, configurations, entries, frameBytes };
      this.#join(wal, recovered, { hardState: hardState ?? initialHardState, log });
    });
  }

  #begin(wal: Wal, recovered: Recovered): void {
    const { initialConfiguration, isJoining, memberId } = this.#options;
    if (isJoining !== true) return this.#bootstrap(wal, recovered);
    if (isVoter(initialConfiguration, memberId)) return this.#giveUp(forgottenVoter(memberId));
    this.#logger.info(`a new log in a cluster that runs: ${describeConfiguration(initialConfiguration)}`);
    this.#join(wal, recovered, emptyLog);
  }

  #bootstrap(wal: Wal, recovered: Recovered): void {
    const { initialConfiguration } = this.#options;
    this.#whenBootstrapped = () => {
      this.#whenBootstrapped = undefined;
      this.#logger.info(`a new log: ${describeConfiguration(initialConfiguration)}`);
      this.#join(wal, recovered, bootstrappedLog(initialConfiguration));
    };
    wal.persist(bootstrapRecord(initialConfiguration));
  }

  #join(wal: Wal, recovered: Recovered, starting: StartingLog): void {
    const { host, directory } = this.#options;
    openKnownStarts(host.disk, directory, (error, known, isDamaged) => {
      if (error !== undefined)
        return this.#fail("peers", `what was known of the peers could not be read: ${error.message}`, error);
      if (isDamaged) {
        this.#logger.error(
          `${directory}/${knownStartsFile} is damaged, and this member knows no start of its peers any more: it cannot tell ` +
            "whether the disk of one of them was wiped, until it has heard them again",
        );
      }
      if (!this.#failed) this.#joinNetwork(wal, known, recovered, starting);
    });
  }

  #joinNetwork(wal: Wal, known: KnownStartsStore, recovered: Recovered, starting: StartingLog): void {
    const { clusterId, memberId, initialConfiguration, limits, network, raftLimits } = this.#options;
    const { incarnation } = recovered;
    const largestMessageBytes = largestMessage({ ...defaultLimits, ...raftLimits, ...defaultReplicaLimits, ...limits });
    const events: PeerEvents = {
      message: (from, incarnation, bytes) => this.#member?.peers.message(from, incarnation, bytes),
      connected: (peer, lane, incarnation) => this.#member?.peers.connected(peer, lane, incarnation),
      disconnected: (peer, lane, reason) => this.#member?.peers.disconnected(peer, lane, reason),
      admits: (peer) => this.#member?.peers.admits(peer) ?? false,
      hasLeft: (peer) => this.#member?.peers.hasLeft(peer) ?? false,
      wasRemoved: (by) => this.#member?.peers.toldOfRemoval(by),
      refused: (remote, reason) => this.#member?.peers.refused(remote, reason),
    };
    const inForce = (): number => (this.#member?.timing ?? initialConfiguration.timing).electionTimeoutMs;
    const timing = {
      get electionTimeoutMs(): number {
        return inForce();
      },
    };
    const setup = { clusterId, memberId, incarnation, largestMessageBytes, timing, events, logger: this.#logger };
    network(setup, (error, joined) => {
      if (error !== undefined) return this.#fail("network", `the network could not be joined: ${error.message}`, error);
      if (!this.#failed) return this.#start(wal, joined, known, recovered, starting);
      joined.close(() => {});
    });
  }

  #start(
    wal: Wal,
    network: PeerNetwork,
    knownStarts: KnownStartsStore,
    recovered: Recovered,
    starting: StartingLog,
  ): void {
    const { host, clusterId, memberId, initialConfiguration, stateMachine } = this.#options;
    const { incarnation, damage } = recovered;
    const raftLimits = { ...defaultLimits, ...this.#options.raftLimits };
    const { configuration, index: configurationIndex } = configurationAtBase(recovered, initialConfiguration);
    try {
      const core = (this.#options.createCore ?? createRaft)({
        id: memberId,
        incarnation,
        now: host.clock.monotonicMs(),
        hardState: starting.hardState,
        log: starting.log,
        appliedIndex: appliedWithinLog(stateMachine.restored, {
          ...starting.log,
          hardState: starting.hardState,
          damage,
        }),
        configuration,
        configurationIndex,
        quarantined: damage !== undefined,
        limits: raftLimits,
        random: () => host.random.next(),
      });
      this.#member = new LiveMember({
        host,
        clusterId,
        memberId,
        incarnation,
        starts: recovered.starts,
        knownStarts,
        core,
        wal,
        network,
        stateMachine,
        logger: this.#logger,
        limits: { ...defaultReplicaLimits, ...this.#options.limits },
        maxCommandBytes: raftLimits.maxCommandBytes,
        requestTimeoutMs: this.#options.requestTimeoutMs ?? defaultRequestTimeoutMs,
        checkpoint: { ...defaultCheckpointPolicy, ...this.#options.checkpoint },
        reads: this.#options.reads ?? "read-index",
        transfer: { ...defaultTransferPolicy, ...this.#options.transfer },
        stateComparisonMs: this.#options.stateComparisonMs ?? defaultStateComparisonMs,
      });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : "unknown";
      network.close(() => this.#fail("log", `what the log holds cannot be right: ${why}`, cause));
      return;
    }
    this.#done(undefined, this.#member.front);
  }

  #fail(code: ReplicaStartErrorCode, message: string, cause: unknown): void {
    this.#giveUp(new ReplicaStartError(code, message, { cause }));
  }

  /** Closes what is open; the state machine stays the caller's. */
  #giveUp(error: ReplicaStartError): void {
    if (this.#failed) return;
    this.#failed = true;
    if (this.#wal === undefined) return this.#done(error, undefined as never);
    this.#wal.close(() => this.#done(error, undefined as never));
  }
}
