import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createNodeHost, syncDirectory, type NodeHost } from "@quorate/host-node";
import type { LogIndex } from "@quorate/raft";
import { openReplica, StateDamagedError, type Replica } from "@quorate/replica";
import { encodeCommand, LeaseKeeping, Scrubbing, type CommandResult, type KeyValueStore } from "@quorate/store";
import { createPeerTransport, type PeerTransport } from "@quorate/transport";
import { Admission } from "./auth/admission.ts";
import { memberGuard } from "./auth/guard.ts";
import { bcryptCosts, Passwords } from "./auth/passwords.ts";
import { tokenProvider } from "./auth/token-options.ts";
import type { TokenProvider } from "./auth/token-provider.ts";
import { Backups } from "./admin/backups.ts";
import { listenToClients, requestSlackBytes } from "./client-listeners.ts";
import { Closing } from "./closing.ts";
import { completion } from "./completion.ts";
import { findIdentity, type FoundIdentity } from "./find-identity.ts";
import { AutoCompaction } from "./maintenance/auto-compaction.ts";
import { Snapshots } from "./maintenance/snapshot/snapshots.ts";
import { Quota } from "./maintenance/quota.ts";
import type { Traffic } from "./metrics/peer-metrics.ts";
import { openState } from "./open-state.ts";
import { Probation } from "./probation.ts";
import { Publishing } from "./publishing.ts";
import { RebuildHistory } from "./rebuild-history.ts";
import { Rebuilding } from "./rebuilding.ts";
import { RemovalWatch } from "./removal-watch.ts";
import {
  defaultScrubBytesPerSecond,
  defaultScrubIntervalMs,
  EtcdServerError,
  type EtcdServerOptions,
} from "./server-options.ts";
import type { ServiceParts } from "./service-parts.ts";
import { warnOfExposure } from "./tls/exposure.ts";
import { MemberTls } from "./tls/server-tls.ts";
import { StateDirectory } from "./state-directory.ts";

/** One running member of an etcd-compatible cluster. */
export interface EtcdServer {
  readonly clusterId: number;
  readonly memberId: number;
  /** Where clients in fact connect, with the ports that the system chose. */
  readonly clientUrls: readonly string[];
  readonly replica: Replica<CommandResult>;
  /**
   * Called once if the member stops by itself: a failed disk, damage, a broken invariant, its removal from the cluster
   * (`MemberRemovedError`). It serves nothing any more. After a `StateDamagedError` it may be started again, and rebuilds its
   * state, a few times at most.
   */
  onFatal(listener: (error: Error) => void): void;
  /** Ends calls in order, makes a last checkpoint, closes files and sockets. The same promise each time. */
  close(): Promise<void>;
}

/**
 * Starts a member: the state is opened, which takes the engine's lock, then the log, then the links to its peers, and at
 * last it listens to clients.
 * Rejects with `EtcdServerError`, `HostError` or `ReplicaStartError`, each saying what to do; nothing stays open then.
 */
export async function startEtcdServer(options: EtcdServerOptions): Promise<EtcdServer> {
  const closing = new Closing();
  try {
    return await start(options, closing);
  } catch (error) {
    await closing.run().catch((second: unknown) => options.logger.error(`while giving up: ${String(second)}`));
    throw error;
  }
}

async function start(options: EtcdServerOptions, closing: Closing): Promise<EtcdServer> {
  const { dataDir, logger } = options;
  await makeDirectory(dataDir);
  const tls = await MemberTls.open(options);
  closing.add(async () => tls.stop());
  const host = createNodeHost(tls.peers);
  closing.add(() => host.close());
  const identity = await findIdentity(options, host.disk);
  const directory = new StateDirectory(dataDir);
  const backgroundBytesPerSecond = options.scrubBytesPerSecond ?? defaultScrubBytesPerSecond;
  const history = new RebuildHistory(dataDir);
  const { clusterId } = identity;
  const quotaBytes = options.quotaBackendBytes ?? 0;
  const opening = { host, dataDir, clusterId, directory, history, backgroundBytesPerSecond, quotaBytes, logger };
  const { store, isRebuilding, isOnProbation } = await openState(opening);
  const peers = new PeerTrafficSource();
  const replica = await joinCluster(options, identity, host, store, peers).catch(async (error: unknown) => {
    await completion<void>((done) => store.close((closeError) => done(closeError, undefined)));
    throw error;
  });
  closing.add(() => completion<void>((done) => replica.close((error) => done(error, undefined))));
  const rebuilding = isRebuilding ? new Rebuilding({ replica, store, directory, logger }) : undefined;
  const { appliedIndex } = replica.status;
  const from = (): LogIndex | undefined => (rebuilding === undefined ? appliedIndex : rebuilding.completedAt);
  const probation = isOnProbation ? new Probation({ replica, history, from, logger }) : undefined;
  const scrubbing = startScrubbing(options, host, store);
  closing.add(async () => {
    rebuilding?.stop();
    probation?.stop();
    scrubbing?.stop();
  });
  const backups = new Backups({ replica, store });
  closing.add(async () => backups.close());
  const snapshots = new Snapshots({ folder: join(dataDir, "snapshots"), replica, store, logger });
  closing.add(async () => snapshots.close());
  const guard = memberGuard(store);
  const tokens = providerOf(options);
  const passwords = new Passwords(options.auth?.bcryptCost ?? bcryptCosts.usual);
  closing.add(() => passwords.close());
  const leases = new LeaseKeeping({
    clock: host.clock,
    timers: host.timers,
    replica,
    logger,
    leases: () => store.leases,
    encode: (command) => encodeCommand(guard.commandOf(command)),
    timeoutMs: requestTimeoutMs(options),
    ...(options.leaseCheckpointMs === undefined ? {} : { checkpointMs: options.leaseCheckpointMs }),
  });
  closing.add(async () => leases.stop());
  const parts: ServiceParts = {
    backups,
    leases,
    replica,
    store,
    watches: store.watches,
    guard,
    tokens,
    passwords,
    tls,
    encodeCommand: (command) => encodeCommand(guard.commandOf(command)),
    hold: () => parts,
    maxRequestBytes: options.maxRequestBytes,
    maxTxnOps: options.maxTxnOps,
    snapshots,
    quota: new Quota({
      store,
      replica,
      encodeCommand: (command) => encodeCommand(guard.commandOf(command)),
      limitBytes: quotaBytes,
      logger,
    }),
    condition: {
      get isRebuilding() {
        return rebuilding?.isUnderWay ?? false;
      },
      get scrubbing() {
        return scrubbing?.status;
      },
    },
  };
  const compaction = startCompacting(options, host, parts);
  closing.add(async () => compaction?.stop());
  const admission = new Admission({
    parts,
    source: store,
    tokens,
    certificatesCount: options.clientTls?.clientCertAuth === true,
    membersAreOpen: options.auth?.membersAreOpen === true,
  });
  const clientUrls = await listenToClients({ options, parts, admission, tls, traffic: peers.traffic, closing });
  warnOfExposure(options, parts);
  const publishing = new Publishing(parts, options.name, options.advertiseClientUrls ?? clientUrls, logger);
  closing.add(async () => publishing.stop());
  const listeners: ((error: Error) => void)[] = [];
  let failure: Error | undefined;
  const ended = (error: Error): void => {
    void closing.run().catch(() => {});
    // Whoever is told may start the member again, which must find the mark.
    const marked = error instanceof StateDamagedError ? directory.markDamaged(error.message) : Promise.resolve();
    void marked
      .catch((cause: unknown) => logger.error(`the state could not be marked as damaged: ${String(cause)}`))
      .finally(() => {
        failure = error;
        for (const listener of listeners) listener(error);
      });
  };
  replica.onFatal(ended);
  const removal = new RemovalWatch({ replica, removed: ended, lookMs: options.electionTimeoutMs });
  closing.add(async () => removal.stop());
  return {
    clusterId: identity.clusterId,
    memberId: identity.memberId,
    clientUrls,
    replica,
    onFatal: (listener) => {
      if (failure === undefined) listeners.push(listener);
      else listener(failure);
    },
    close: () => closing.run(),
  };
}

function joinCluster(
  options: EtcdServerOptions,
  { clusterId, memberId, configuration, isJoining }: FoundIdentity,
  host: NodeHost,
  store: KeyValueStore,
  peers: PeerTrafficSource,
): Promise<Replica<CommandResult>> {
  const { dataDir, listenPeers, logger, maxRequestBytes, reads, keepLogBytes, transferBytesPerSecond } = options;
  // To those who ask a peer where clients are served.
  const answer = (): string => (options.advertiseClientUrls ?? []).join(",");
  return new Promise((resolve, reject) => {
    openReplica<CommandResult>(
      {
        host,
        directory: dataDir,
        clusterId,
        memberId,
        initialConfiguration: configuration,
        isJoining,
        stateMachine: store,
        network: (setup, done) =>
          createPeerTransport({ ...setup, host, listen: listenPeers, peers: [], answer }, (error, transport) => {
            if (error === undefined) peers.transport = transport;
            done(error, transport);
          }),
        logger,
        raftLimits: { maxCommandBytes: maxRequestBytes + requestSlackBytes },
        requestTimeoutMs: requestTimeoutMs(options),
        ...(options.logSegmentBytes === undefined ? {} : { log: { segmentBytes: options.logSegmentBytes } }),
        ...(options.checkpointBytes === undefined ? {} : { checkpoint: { dirtyBytes: options.checkpointBytes } }),
        ...(reads === undefined ? {} : { reads }),
        transfer: {
          ...(keepLogBytes === undefined ? {} : { keepLogBytes }),
          ...(transferBytesPerSecond === undefined ? {} : { bytesPerSecond: transferBytesPerSecond }),
        },
        ...(options.corruptCheckMs === undefined ? {} : { stateComparisonMs: options.corruptCheckMs }),
      },
      (error, replica) => (error === undefined ? resolve(replica) : reject(error)),
    );
  });
}

/** As in etcd. */
function requestTimeoutMs({ electionTimeoutMs }: EtcdServerOptions): number {
  return 5000 + 2 * electionTimeoutMs;
}

function providerOf({ auth }: EtcdServerOptions): TokenProvider {
  try {
    return tokenProvider(auth?.token);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EtcdServerError(`tokens cannot be made as the options say: ${why}`, { cause });
  }
}

function startScrubbing(options: EtcdServerOptions, host: NodeHost, store: KeyValueStore): Scrubbing | undefined {
  const intervalMs = options.scrubIntervalMs ?? defaultScrubIntervalMs;
  if (intervalMs === 0) return undefined;
  const { clock, timers, random } = host;
  return new Scrubbing({ store, clock, timers, random, logger: options.logger, intervalMs });
}

function startCompacting(options: EtcdServerOptions, host: NodeHost, parts: ServiceParts): AutoCompaction | undefined {
  const { autoCompaction: policy, logger } = options;
  if (policy === undefined) return undefined;
  const { clock, timers } = host;
  const { store, replica, encodeCommand } = parts;
  return new AutoCompaction({ policy, store, replica, encodeCommand, clock, timers, logger });
}

/** Tells of the links to peers, once there are any. */
class PeerTrafficSource {
  transport: PeerTransport | undefined;

  readonly traffic: Traffic = () => this.transport?.traffic() ?? new Map();
}

/** Creates the data directory, and makes its name durable in its parent. */
async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await syncDirectory(dirname(path));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EtcdServerError(`the data directory ${path} cannot be made: ${why}`, { cause });
  }
}
