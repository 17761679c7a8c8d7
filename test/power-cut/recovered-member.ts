import { mkdirSync } from "node:fs";
import type { Host, Logger } from "@quorate/host";
import { openLevelEngine } from "@quorate/host-node";
import { createRaft, initialHardState } from "@quorate/raft";
import { openReplica, parsePeerUrl, type Replica } from "@quorate/replica";
import { openStore, type CommandResult, type KeyValueStore } from "@quorate/store";
import { createPeerTransport } from "@quorate/transport";
import { completion } from "../../packages/etcd/src/completion.ts";
import { initialIdentity } from "../../packages/etcd/src/initial-configuration.ts";
import { small } from "./program-changes.ts";
import type { MemberIdentity } from "./world-plan.ts";

/** A member that was started in this process, from a directory that a power cut has left. */
export interface RecoveredMember {
  readonly name: string;
  readonly replica: Replica<CommandResult>;
  readonly store: KeyValueStore;
  /** What its log held when it started. */
  readonly found: FoundLog;
  /** What it had to say for itself: warnings and errors. */
  readonly said: readonly string[];
  close(): Promise<void>;
}

export interface FoundLog {
  readonly term: number;
  readonly vote: number;
  readonly lastIndex: number;
}

/**
 * Starts what `quorate serve` starts, in the same order (packages/etcd/src/server.ts), without the part that serves
 * clients. Rejects when the member refuses to start; nothing stays open then.
 */
export async function startRecovered(host: Host, dataDir: string, identity: MemberIdentity): Promise<RecoveredMember> {
  mkdirSync(dataDir, { recursive: true });
  const said: string[] = [];
  const engine = await openLevelEngine(`${dataDir}/state`, {
    writeBufferBytes: small.writeBufferBytes,
    cacheBytes: 1 << 20,
  });
  const store = await completion<KeyValueStore | undefined>((done) => openStore({ engine, timers: host.timers }, done));
  if (store === undefined) throw new Error("the state did not open");
  const closeStore = (): Promise<void> => completion((done) => store.close((error) => done(error, undefined)));
  try {
    let found: FoundLog = { term: 0, vote: 0, lastIndex: 0 };
    const look = (log: FoundLog): void => void (found = log);
    const replica = await join({ host, dataDir, identity, store, logger: loggerInto(said), look });
    const close = (): Promise<void> => completion((done) => replica.close((error) => done(error, undefined)));
    return { name: identity.name, replica, store, found, said, close };
  } catch (error) {
    await closeStore();
    throw error;
  }
}

interface Joining {
  readonly host: Host;
  readonly dataDir: string;
  readonly identity: MemberIdentity;
  readonly store: KeyValueStore;
  readonly logger: Logger;
  readonly look: (log: FoundLog) => void;
}

function join({ host, dataDir, identity, store, logger, look }: Joining): Promise<Replica<CommandResult>> {
  const { clusterId, memberId, configuration, listen } = identityOf(identity);
  return new Promise((resolve, reject) => {
    openReplica<CommandResult>(
      {
        host,
        directory: dataDir,
        clusterId,
        memberId,
        initialConfiguration: configuration,
        stateMachine: store,
        network: (setup, done) => createPeerTransport({ ...setup, host, listen, peers: [] }, done),
        logger,
        log: { segmentBytes: small.segmentBytes },
        checkpoint: { dirtyBytes: small.dirtyBytes },
        requestTimeoutMs: 60_000,
        createCore: (options) => {
          const { term, vote } = options.hardState ?? initialHardState;
          look({ term, vote, lastIndex: options.log.last.index });
          return createRaft(options);
        },
      },
      (error, replica) => (error === undefined ? resolve(replica) : reject(error)),
    );
  });
}

function identityOf({ name, initialCluster, token, electionTimeoutMs }: MemberIdentity) {
  const members = initialCluster.split(",").map((entry) => {
    const [member = "", url = ""] = entry.split("=");
    return { name: member, peerUrls: [url] };
  });
  const url = members.find((member) => member.name === name)?.peerUrls[0] ?? "";
  const listen = parsePeerUrl(url);
  if (listen === undefined) throw new Error(`${name} has no peer URL in ${initialCluster}`);
  const identity = initialIdentity({
    name,
    initialCluster: members,
    initialClusterToken: token,
    electionTimeoutMs,
  });
  return { ...identity, listen };
}

function loggerInto(said: string[]): Logger {
  const keep = (message: string): void => void said.push(message);
  return { debug: () => {}, info: () => {}, warn: keep, error: keep };
}
