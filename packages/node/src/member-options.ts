import type { Host, Logger, NetworkAddress } from "@quorate/host";
import type { Configuration, LogIndex, ReadMode, Timing } from "@quorate/raft";
import type {
  CheckpointPolicy,
  MembershipOperation,
  MemoryState,
  Replica,
  ReplicaLimits,
  ReplicaStatus,
  StateMachine,
  TransferPolicy,
} from "@quorate/replica";

/** What a member is started with. `members` must be the same on every member that a cluster begins with. */
export interface MemberOptions<Result> {
  /** Which of `members` this one is. */
  readonly id: number;
  /** The members that a new cluster starts with, by id (an integer from 1): where they reach each other, "http://host:port". */
  readonly members: Readonly<Record<number, string>>;
  /**
   * The cluster runs already, and this member was added to it (`change`) under its `id`: `members` are those that it can turn
   * to, itself included, and `clusterId` is the cluster's. Say so at every start of such a member.
   */
  readonly isJoining?: boolean;
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
  /** "read-index" unless given; "lease" rests on the members' clocks (docs/raft.md, "Lease reads"). */
  readonly reads?: ReadMode;
  /** Silent unless given. */
  readonly logger?: Logger;
  readonly limits?: Partial<ReplicaLimits>;
  readonly checkpoint?: Partial<CheckpointPolicy>;
  /** How much of the log is kept for members that are behind, and how fast states are sent to them. */
  readonly transfer?: Partial<TransferPolicy>;
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
  /**
   * Changes who the members are, on any member: adds one, as a learner (under an id that the cluster never had), removes,
   * promotes, moves, or says who votes. Resolves with the configuration in which the change is over.
   * @throws ReplicaError of code "refused" with a `refusal` where nothing changed
   */
  change(operation: MembershipOperation): Promise<Configuration>;
  /** Hands the leadership to the member with this id, or to the one that suits best. Writes wait for a moment. */
  transferLeadership(to?: number): Promise<void>;
  readonly status: ReplicaStatus;
  /** The same member with callbacks, for hot paths. */
  readonly replica: Replica<Result>;
  /** Saves the state and closes everything. */
  close(): Promise<void>;
}
