import type { Host, Logger } from "@quorate/host";
import type { MemberId, RaftCore, ReadMode } from "@quorate/raft";
import type { PeerNetwork } from "@quorate/transport";
import type { StartHistory, Wal } from "@quorate/wal";
import type { KnownStartsStore } from "./known-starts.ts";
import type { CheckpointPolicy, ReplicaLimits, TransferPolicy } from "./options.ts";
import type { StateMachine } from "./state-machine.ts";

/** Everything a live member is made of, opened and ready. */
export interface MemberParts<Result> {
  readonly host: Host;
  readonly clusterId: number;
  readonly memberId: MemberId;
  readonly incarnation: number;
  /** As peers are told them. */
  readonly starts: StartHistory;
  readonly knownStarts: KnownStartsStore;
  readonly core: RaftCore;
  readonly wal: Wal;
  readonly network: PeerNetwork;
  readonly stateMachine: StateMachine<Result>;
  readonly logger: Logger;
  readonly limits: ReplicaLimits;
  readonly maxCommandBytes: number;
  readonly requestTimeoutMs: number;
  readonly checkpoint: CheckpointPolicy;
  readonly transfer: TransferPolicy;
  readonly reads: ReadMode;
  /** 0 for never. */
  readonly stateComparisonMs: number;
}
