import type { CompactionPolicy } from "./maintenance/auto-compaction.ts";
import type { Logger, NetworkAddress } from "@quorate/host";
import type { Configuration, ReadMode } from "@quorate/raft";
import type { AuthOptions } from "./auth/token-options.ts";
import type { InitialMember } from "./identity.ts";
import type { ClientTls, PeerTls } from "./tls/tls-options.ts";

/** What one member of an etcd-compatible cluster is started with. */
export interface EtcdServerOptions {
  /** For people; unique in the cluster. */
  readonly name: string;
  /** Absolute path; created when it is absent. It belongs to this member of this cluster from then on. */
  readonly dataDir: string;
  /** Where clients connect; port 0 lets the system choose. At least one. */
  readonly listenClients: readonly ClientListener[];
  /** The URLs that clients are told; the listening addresses unless given. */
  readonly advertiseClientUrls?: readonly string[];
  /** Where metrics and health are served too, and nothing else. */
  readonly listenMetrics?: readonly ClientListener[];
  /** Traces of calls for OpenTelemetry; none unless given. */
  readonly tracing?: TracingOptions;
  /** "extensive": also how long each call takes. "basic" unless given. */
  readonly metrics?: "basic" | "extensive";
  /** Origins whose web pages may use what is served over HTTP; "*", all of them, unless given. */
  readonly cors?: readonly string[];
  /** Where peers connect. */
  readonly listenPeers: NetworkAddress;
  /** The members that the new cluster starts with, the same on each of them, this one included. */
  readonly initialCluster: readonly InitialMember[];
  /**
   * The cluster runs already, and this is who the member is in it. Needed for a data directory that is empty; one that is not
   * knows, and is refused where it belongs to anybody else. `initialCluster` is not read then.
   */
  readonly joining?: Joining;
  /** Sets clusters apart that were started from the same URLs. */
  readonly initialClusterToken: string;
  /** T, in ms: part of the replicated configuration, read only when the cluster is new. */
  readonly electionTimeoutMs: number;
  /** How much of a lease may pass before the log is told, in ms: what a change of leaders gives it back at most. 5 minutes unless given. */
  readonly leaseCheckpointMs?: number;
  /** The largest request, in bytes. */
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  /** What the state may take, in bytes, before nothing more is taken in: 0, which it is unless given, for no bound. */
  readonly quotaBackendBytes?: number;
  /** What of the history is kept when nobody compacts; all of it unless given. */
  readonly autoCompaction?: CompactionPolicy;
  /** From the end of one scrub of the state to the next, in ms, up to 20 days; 0 for none. 24 hours unless given. */
  readonly scrubIntervalMs?: number;
  /** What scrubs and comparisons of the state read in a second at most, in bytes, 64 KiB or more. 16 MiB unless given. */
  readonly scrubBytesPerSecond?: number;
  /** How often the leader compares the members' states, in ms, up to 20 days; 0 for never. 5 minutes unless given. */
  readonly corruptCheckMs?: number;
  /** How often watches that ask for it are told how far they are, in ms, 100 or more: 10 minutes unless given. */
  readonly watchProgressNotifyMs?: number;
  /** How linearizable reads are made sure of: "read-index" unless given (docs/raft.md, "Lease reads"). */
  readonly reads?: ReadMode;
  /** The size of one of the log's files, in bytes: 64 MiB unless given. The log is dropped file by file. */
  readonly logSegmentBytes?: number;
  /** The state is made durable as soon as so many bytes of it are not: 32 MiB unless given. */
  readonly checkpointBytes?: number;
  /** How much of the log is kept for members that are behind, in bytes: 256 MiB unless given. */
  readonly keepLogBytes?: number;
  /** What sending a state to another member may take in a second at most, in bytes, 64 KiB or more: 128 MiB unless given. */
  readonly transferBytesPerSecond?: number;
  /** TLS for those of `listenClients` that are `secure`. */
  readonly clientTls?: ClientTls;
  /** TLS between members: all of them, or none. */
  readonly peerTls?: PeerTls;
  /** How users are told from others, once auth is enabled. */
  readonly auth?: AuthOptions;
  readonly logger: Logger;
}

/** Where clients are served: over TLS where it is `secure`. */
export interface ClientListener extends NetworkAddress {
  readonly secure?: boolean;
}

/** Where traces go, and how many there are. */
export interface TracingOptions {
  /** Of the collector, "localhost:4317". */
  readonly address: string;
  readonly serviceName: string;
  /** Tells members apart; not said unless given. */
  readonly instanceId?: string;
  /** Of calls that nobody follows so far; those whose caller follows them are always traced. */
  readonly samplesPerMillion: number;
}

/** What a member begins with in a cluster that runs already. */
export interface Joining {
  readonly clusterId: number;
  readonly memberId: number;
  /** In which the member is a learner: whom it turns to, until its log says who the members are. */
  readonly configuration: Configuration;
}

export const defaultScrubIntervalMs = 24 * 60 * 60 * 1000;
export const defaultScrubBytesPerSecond = 16 * 1024 * 1024;

/** What is wrong with the options, or with what was found at start: a sentence that says what to do. */
export class EtcdServerError extends Error {
  override readonly name = "EtcdServerError";
}
