import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DurationHistogram, type Done } from "@quorate/host";
import { silentLogger } from "@quorate/host";
import type { Configuration } from "@quorate/raft";
import {
  ReplicaError,
  type MembershipOperation,
  type MembershipRefusal,
  type LeaderAnswerer,
  type Outcome,
  type Replica,
  type ReplicaErrorCode,
  type ReplicaStatus,
  type StateComparisonStatus,
  type TransferStatus,
} from "@quorate/replica";
import {
  encodeCommand,
  LeaseKeeping,
  MemoryEngine,
  openStore,
  type CommandResult,
  type KeyValueStore,
  type LeaseKeepingParts,
  type ScrubbingStatus,
} from "@quorate/store";
import { Admission } from "../../src/auth/admission.ts";
import { memberGuard } from "../../src/auth/guard.ts";
import { bcryptCosts, Passwords } from "../../src/auth/passwords.ts";
import { SimpleTokens } from "../../src/auth/simple-tokens.ts";
import { Snapshots } from "../../src/maintenance/snapshot/snapshots.ts";
import { Quota } from "../../src/maintenance/quota.ts";
import { Backups } from "../../src/admin/backups.ts";
import type { ServiceParts } from "../../src/service-parts.ts";

/** What a test can set about the member that its services stand on. */
export interface FakeMember {
  /** As the member itself has them. */
  readonly parts: ServiceParts;
  readonly admission: Admission;
  readonly store: KeyValueStore;
  readonly replica: FakeReplica;
  readonly condition: { isRebuilding: boolean; scrubbing: ScrubbingStatus | undefined };
}

/** The services' parts over a real store and a replica that commits at once, all in memory. */
export async function fakeMember(
  options: Partial<Pick<ServiceParts, "maxRequestBytes" | "maxTxnOps"> & { quotaBackendBytes: number }> = {},
): Promise<FakeMember> {
  const store = await new Promise<KeyValueStore>((resolve, reject) => {
    openStore({ engine: new MemoryEngine({ schedule: queueMicrotask }), timers }, (error, opened) =>
      opened === undefined ? reject(error ?? new Error("no store")) : resolve(opened),
    );
  });
  const replica = new FakeReplica(store);
  const condition: FakeMember["condition"] = { isRebuilding: false, scrubbing: undefined };
  const limits = { maxRequestBytes: 1.5 * 1024 * 1024, maxTxnOps: 128, ...options };
  const backups = new Backups({ replica, store });
  const guard = memberGuard(store);
  const tokens = new SimpleTokens();
  // A worker that is idle keeps no process alive.
  const passwords = new Passwords(bcryptCosts.least);
  const encode: ServiceParts["encodeCommand"] = (command) => encodeCommand(guard.commandOf(command));
  const leases = new LeaseKeeping({
    replica,
    leases: () => store.leases,
    encode,
    clock: { monotonicMs: () => performance.now() },
    timers: leaseTimers,
    logger: silentLogger,
    timeoutMs: 300,
  });
  // Of those that leases have asked for tests need not know.
  replica.barriers = 0;
  const folder = join(tmpdir(), `quorate-snapshots-${randomUUID()}`);
  const snapshots = new Snapshots({ folder, replica, store, logger: silentLogger });
  const { quotaBackendBytes: limitBytes = 0 } = options;
  const quota = new Quota({ store, replica, encodeCommand: encode, limitBytes, logger: silentLogger });
  const parts: ServiceParts = {
    hold: () => parts,
    leases,
    replica,
    store,
    watches: store.watches,
    guard,
    encodeCommand: encode,
    condition,
    backups,
    tokens,
    passwords,
    tls: noTls,
    quota,
    snapshots,
    ...limits,
  };
  const admission = new Admission({ parts, source: store, tokens, certificatesCount: false });
  return { parts, admission, store, replica, condition };
}

/** They keep no process alive. */
const leaseTimers: LeaseKeepingParts["timers"] = {
  after: (delayMs, callback) => setTimeout(callback, delayMs).unref(),
  cancel: (timer) => clearTimeout(timer as NodeJS.Timeout),
  afterPendingInput: (callback) => void setImmediate(callback),
};

const noTls: ServiceParts["tls"] = {
  status: { clients: undefined, peers: undefined, refusedPeers: 0, plainPeerStreams: undefined },
};
const timers = { afterPendingInput: (callback: () => void) => void setImmediate(callback) };

/** A leader of one, without a log: every proposal is applied in its turn. */
export class FakeReplica implements Replica<CommandResult> {
  stateComparison: StateComparisonStatus = {
    isSupported: true,
    agreements: 0,
    agreedIndex: undefined,
    agreedMsAgo: undefined,
    differing: [],
    isUndecided: false,
  };
  /** Proposals and reads fail with this from now on. */
  failsWith: ReplicaErrorCode | undefined;
  readonly operations: MembershipOperation[] = [];
  /** Operations are refused with this from now on. */
  refusesWith: MembershipRefusal | undefined;
  transfers: TransferStatus = {
    sending: undefined,
    sent: { whole: 0, increments: 0, failed: 0, bytes: 0 },
    received: { whole: 0, increments: 0, failed: 0, bytes: 0 },
  };
  readonly durations = {
    commits: new DurationHistogram([1, 2]),
    reads: { lease: new DurationHistogram([1, 2]), "read-index": new DurationHistogram([1, 2]) },
    logSyncs: new DurationHistogram([1, 2]),
    checkpoints: new DurationHistogram([1, 2]),
  };
  proposals = 0;
  barriers = 0;
  #status: ReplicaStatus;
  readonly #store: KeyValueStore;
  #answerer: LeaderAnswerer | undefined;
  readonly #listeners = new Set<(status: ReplicaStatus) => void>();
  #isApplying = false;
  readonly #waiting: { readonly command: Uint8Array; readonly outcome: Outcome<CommandResult> }[] = [];

  constructor(store: KeyValueStore) {
    this.#store = store;
    this.#status = firstStatus;
  }

  get status(): ReplicaStatus {
    return this.#status;
  }

  change(status: Partial<ReplicaStatus>): void {
    this.#status = { ...this.#status, ...status };
    for (const listener of this.#listeners) listener(this.#status);
  }

  administer(operation: MembershipOperation, outcome: Outcome<Configuration>): void {
    this.operations.push(operation);
    if (this.#refuse(outcome)) return;
    const { refusesWith: refusal } = this;
    const error =
      refusal === undefined ? undefined : new ReplicaError("refused", `a test asked for ${refusal}`, { refusal });
    queueMicrotask(() => outcome(error, this.#status.configuration));
  }

  carryOut(operation: MembershipOperation): Promise<Configuration> {
    return promised((outcome) => this.administer(operation, outcome));
  }

  propose(command: Uint8Array, outcome: Outcome<CommandResult>): void {
    this.proposals++;
    if (this.#refuse(outcome)) return;
    this.#waiting.push({ command, outcome });
    if (this.#isApplying) return;
    this.#isApplying = true;
    setImmediate(() => this.#applyNext());
  }

  readBarrier(outcome: Outcome<number>): void {
    this.barriers++;
    if (!this.#refuse(outcome)) setImmediate(() => outcome(undefined, this.#status.appliedIndex));
  }

  askLeader(question: Uint8Array, outcome: Outcome<Uint8Array>): void {
    if (this.#refuse(outcome)) return;
    const answered = (bytes: Uint8Array | undefined): void => {
      if (bytes === undefined) outcome(new ReplicaError("no-leader", "nobody answers"), new Uint8Array(0));
      else outcome(undefined, bytes);
    };
    const answerer = this.#status.role === "leader" ? this.#answerer : undefined;
    setImmediate(() => (answerer === undefined ? answered(undefined) : answerer(question, answered)));
  }

  answerAsLeader(answerer: LeaderAnswerer): void {
    this.#answerer = answerer;
  }

  submit(command: Uint8Array): Promise<CommandResult> {
    return promised((outcome) => this.propose(command, outcome));
  }

  read(): Promise<number> {
    return promised((outcome) => this.readBarrier(outcome));
  }

  onChange(listener: (status: ReplicaStatus) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  compareStates(): void {}

  requestCheckpoint(): void {
    const { appliedIndex: index, term } = this.#status;
    this.#store.checkpoint({ index, term }, () => {});
  }

  onFatal(): void {}

  close(done: Done): void {
    setImmediate(() => done(undefined));
  }

  #applyNext(): void {
    const next = this.#waiting.shift();
    if (next === undefined) {
      this.#isApplying = false;
      return;
    }
    const index = this.#status.appliedIndex + 1;
    this.#store.apply([{ index, term: this.#status.term, command: next.command }], (error, [result]) => {
      if (error !== undefined || result === undefined) throw error ?? new Error("no result");
      this.#status = {
        ...this.#status,
        appliedIndex: index,
        commitIndex: index,
        lastIndex: index,
        durableIndex: index,
      };
      // What its outcome proposes waits behind this one.
      next.outcome(undefined, result);
      setImmediate(() => this.#applyNext());
    });
  }

  #refuse(outcome: (error: ReplicaError, value: never) => void): boolean {
    const code = this.failsWith;
    if (code === undefined) return false;
    setImmediate(() => outcome(new ReplicaError(code, `a test asked for ${code}`), undefined as never));
    return true;
  }
}

function promised<T>(start: (outcome: Outcome<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)));
  });
}

const firstStatus: ReplicaStatus = {
  clusterId: 0x1234_5678_9abc,
  memberId: 7,
  role: "leader",
  term: 3,
  leader: 7,
  lastIndex: 1,
  commitIndex: 1,
  appliedIndex: 1,
  durableIndex: 1,
  baseIndex: 0,
  loopDelayMs: 0,
  stepsAside: 0,
  removedAccordingTo: 0,
  longestHeartbeatGapMs: 0,
  transferringTo: 0,
  followers: [],
  configurationIndex: 1,
  configuration: {
    voters: [7, 8],
    outgoing: [],
    learners: [9],
    promotable: [],
    removed: [],
    members: [
      { id: 7, name: "seven", peerUrls: ["http://127.0.0.1:2380"] },
      { id: 8, name: "eight", peerUrls: ["http://127.0.0.1:2480"] },
      { id: 9, name: "nine", peerUrls: ["http://127.0.0.1:2580", "http://127.0.0.1:2680"] },
    ],
    timing: { electionTimeoutMs: 1000, clockDriftPpm: 10_000 },
  },
  quarantined: false,
  roundTripMs: { 8: 0.25, 9: undefined },
  syncMs: 0.5,
  proposalsWaiting: 0,
  proposalsFailed: 0,
  readsWaiting: 0,
  leaderChanges: 1,
};
