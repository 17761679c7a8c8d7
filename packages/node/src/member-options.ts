import type { Host, Logger, NetworkAddress } from "@quorate/host";
import type { LogIndex, Timing } from "@quorate/raft";
import type {
  CheckpointPolicy,
  MemoryState,
  Replica,
  ReplicaLimits,
  ReplicaStatus,
  StateMachine,
} from "@quorate/replica";

/** What a member is started with. `members` must be the same on every member of the cluster. */
export interface MemberOptions<Result> {
  /** Which of `members` this one is. */
  readonly id: number;
  /** The members that a new cluster starts with, by id (an integer from 1): where they reach each other, "http://host:port". */
  readonly members: Readonly<Record<number, string>>;
  /** Where log and state are kept; created when missing. Every member has its own. */
  readonly directory: string;
  /**
   * What is replicated: a state in memory, or (as a function) any other state machine, made on the member's host before
   * the member starts.
   */
  readonly state: MemoryState<Result> | ((host: Host) => Promise<StateMachine<Result>>);
  /** Where to listen for other members, when that is not the address that they are given. */
  readonly listen?: NetworkAddress;
  /** An integer from 1 to 2^53 - 1 that no other cluster has; derived from `members` unless given. */
  readonly clusterId?: number;
  /** How fast a lost leader is noticed, and how far clocks may drift. Read when a new cluster begins. */
  readonly timing?: Partial<Timing>;
  /** Silent unless given. */
  readonly logger?: Logger;
  readonly limits?: Partial<ReplicaLimits>;
  readonly checkpoint?: Partial<CheckpointPolicy>;
  /** How long a command or a read may take, in ms. 5,000 unless given. */
  readonly requestTimeoutMs?: number;
}

/** A running member. */
export interface Member<Result> {
  /**
   * Applies a command (1 byte to 2 MiB) on every member and gives the result that this member's state returned.
   * @throws ReplicaError with a `code` that says what is known about the outcome.
   */
  submit(command: Uint8Array): Promise<Result>;
  /** Resolves once this member's state holds everything that was written anywhere before the call. Then read your state. */
  read(): Promise<LogIndex>;
  readonly status: ReplicaStatus;
  /** The same member with callbacks, for hot paths. */
  readonly replica: Replica<Result>;
  /** Saves the state and closes everything. */
  close(): Promise<void>;
}
