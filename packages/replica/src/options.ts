import type { Callback, Host, Logger } from "@quorate/host";
import type { Configuration, Limits, MemberId, RaftCore, RaftOptions, ReadMode } from "@quorate/raft";
import type { PeerEvents, PeerNetwork } from "@quorate/transport";
import type { StateMachine } from "./state-machine.ts";

/** What a member is opened with. */
export interface ReplicaOptions<Result> {
  readonly host: Host;
  /**
   * Absolute path of this member's own directory, which must exist. The log goes into a directory "log" in it. Whoever
   * opens the member holds the lock of the directory (`Disk.lock`), taken before the state machine's files were touched.
   */
  readonly directory: string;
  /** An integer from 1 to 2^53 - 1, the same on every member of a cluster and different between clusters. */
  readonly clusterId: number;
  readonly memberId: MemberId;
  /**
   * The members that a new cluster starts with, the same on each of them. It is written as entry 1 of a brand-new log and
   * not read again afterwards: from then on the log says who the members are.
   */
  readonly initialConfiguration: Configuration;
  /**
   * The cluster runs already: `initialConfiguration` is its present one, in which this member is a learner, or one without
   * anybody where that is not known. A log that is new is then filled by the leader, and begins nothing of its own.
   */
  readonly isJoining?: boolean;
  /** Opened by the caller, closed by the replica; when `openReplica` fails it stays the caller's. */
  readonly stateMachine: StateMachine<Result>;
  /** Joins the members' network: `createPeerTransport` over real links, or a simulator's. */
  readonly network: NetworkFactory;
  /** Silent unless given. */
  readonly logger?: Logger;
  /** How the log lies on disk: the size of one of its files, in bytes, if not the log's own choice. */
  readonly log?: { readonly segmentBytes?: number };
  readonly limits?: Partial<ReplicaLimits>;
  /** Bounds of the core, the largest command (`maxCommandBytes`) among them. */
  readonly raftLimits?: Partial<Limits>;
  readonly checkpoint?: Partial<CheckpointPolicy>;
  /**
   * How often the leader compares the members' states, in ms, where the state machine gives digests; 0 for never. 5 minutes
   * unless given, and no more than a twentieth of the time.
   */
  readonly stateComparisonMs?: number;
  /**
   * How linearizable reads are made sure of: "read-index" (unless given) asks a quorum, and rests on no clock; "lease" lets a
   * leader answer by its clock, which is right only while no two members' clocks differ in rate by more than the
   * configuration's `clockDriftPpm` (docs/raft.md, "Lease reads").
   */
  readonly reads?: ReadMode;
  /** How states are sent to members whose log cannot catch up, and how much of the log is kept for the others. */
  readonly transfer?: Partial<TransferPolicy>;
  /** How long a proposal or a read may take, in ms, 1 or more. 5,000 unless given. */
  readonly requestTimeoutMs?: number;
  /** `createRaft` unless a test or a simulation puts something around it. */
  readonly createCore?: (options: RaftOptions) => RaftCore;
}

/** Opens this member's side of the network. `setPeers` is called on it before anything is sent. */
export type NetworkFactory = (setup: NetworkSetup, done: Callback<PeerNetwork>) => void;

export interface NetworkSetup {
  readonly clusterId: number;
  readonly memberId: MemberId;
  /** Of this start; rises with each. */
  readonly incarnation: number;
  /** The largest message that this member may send, in bytes: a network that cannot carry it must not be joined. */
  readonly largestMessageBytes: number;
  /** T of the configuration in force, in ms: read it at each use. */
  readonly timing: { readonly electionTimeoutMs: number };
  readonly events: PeerEvents;
  readonly logger: Logger;
}

/** Bounds of one member, beyond those of its core. */
export interface ReplicaLimits {
  /** Proposals of this member's own callers without an outcome: how many, and how many bytes of them not yet appended. */
  readonly maxProposalsWaiting: number;
  readonly maxProposalBytesWaiting: number;
  /** Read barriers without an outcome. */
  readonly maxReadsWaiting: number;
  /** Proposals that travel together: one append on the leader, or one message to it. A larger command goes alone. */
  readonly maxBatchCommands: number;
  readonly maxBatchBytes: number;
  /** Committed entries given to the state machine at a time: how many, and how many bytes of frames. */
  readonly maxApplyEntries: number;
  readonly maxApplyBytes: number;
}

export const defaultReplicaLimits: ReplicaLimits = {
  maxProposalsWaiting: 100_000,
  maxProposalBytesWaiting: 64 * 1024 * 1024,
  maxReadsWaiting: 100_000,
  maxBatchCommands: 4096,
  maxBatchBytes: 1024 * 1024,
  maxApplyEntries: 1024,
  maxApplyBytes: 1024 * 1024,
};

/** When the state machine is made durable: a restart replays what came after the last checkpoint. */
export interface CheckpointPolicy {
  /** As soon as `dirtyBytes` of the state machine passes this. */
  readonly dirtyBytes: number;
  /** This often (ms) while anything was applied since the last one. */
  readonly intervalMs: number;
}

export const defaultCheckpointPolicy: CheckpointPolicy = { dirtyBytes: 32 * 1024 * 1024, intervalMs: 30_000 };

/** What is kept for members that are behind, and how they are served. */
export interface TransferPolicy {
  /**
   * The log is pruned behind a checkpoint, but for so many bytes of its files (rounded up to whole ones), 0 or more: a member
   * that lacks no more than that catches up from the log.
   */
  readonly keepLogBytes: number;
  /** States are sent at this rate at most, in bytes of state in a second, 64 KiB or more. */
  readonly bytesPerSecond: number;
}

export const defaultTransferPolicy: TransferPolicy = {
  keepLogBytes: 256 * 1024 * 1024,
  bytesPerSecond: 128 * 1024 * 1024,
};

export const defaultRequestTimeoutMs = 5000;

export const defaultStateComparisonMs = 5 * 60_000;
