import { create } from "@bufbuild/protobuf";
import type { Callback, Done } from "@quorate/host";
import type { Replica } from "@quorate/replica";
import type {
  AppliedCounts,
  Alarm,
  AuthView,
  CommandResult,
  LeaseKeeping,
  LeaseView,
  PageOperation,
  PageResult,
  PlainCommand,
  RangeOperation,
  RangeResult,
  ReadResult,
  ScrubbingStatus,
  StateContents,
  StateSource,
  TxnOperation,
  TxnResult,
  WatchHub,
} from "@quorate/store";
import type { Backups } from "./admin/backups.ts";
import type { Guard } from "./auth/guard.ts";
import type { Passwords } from "./auth/passwords.ts";
import type { TokenProvider } from "./auth/token-provider.ts";
import type { Snapshots } from "./maintenance/snapshot/snapshots.ts";
import type { Quota } from "./maintenance/quota.ts";
import type { EtcdError } from "./errors.ts";
import type { TlsStatus } from "./tls/server-tls.ts";
import { ResponseHeaderSchema, type ResponseHeader } from "./generated/etcdserverpb/rpc_pb.ts";

/**
 * What the services stand on: one live member and the state that it replicates. Each call gets parts of its own, which do for
 * its caller what the caller may do (`Admission`): nothing of them is kept for another call.
 */
export interface ServiceParts {
  readonly replica: Replica<CommandResult>;
  readonly store: KeyValueState;
  /** Who watches must ask `guard` whether the caller may. */
  readonly watches: WatchHub;
  /** What a service proposes: on behalf of the caller, when auth is enabled. */
  readonly encodeCommand: (command: PlainCommand) => Uint8Array;
  /** What the caller may do. Reads through `store`, and what is encoded here, are checked without further ado. */
  readonly guard: Guard;
  /** The same, for a call that may last longer than its caller's token. */
  readonly hold: () => ServiceParts;
  /** The largest command, in bytes. */
  readonly maxRequestBytes: number;
  readonly maxTxnOps: number;
  readonly quota: Quota;
  readonly snapshots: Snapshots;
  readonly condition: StateCondition;
  readonly backups: Backups;
  /** Whoever may ask may renew any lease and learn what is left of it, as in etcd. */
  readonly leases: Pick<LeaseKeeping, "renew" | "timeToLive" | "lessor">;
  readonly tokens: TokenProvider;
  readonly passwords: Passwords;
  readonly tls: { readonly status: TlsStatus };
}

/** How it is about the state itself. */
export interface StateCondition {
  /**
   * It is being rebuilt after damage and may lack what this member has shown before: local reads wait like linearizable
   * ones, and the member is not healthy.
   */
  readonly isRebuilding: boolean;
  /** Undefined when the state is not scrubbed. */
  readonly scrubbing: ScrubbingStatus | undefined;
}

/** The part of the store that the services read. */
export interface KeyValueState {
  readonly revision: number;
  readonly compactedRevision: number;
  /** Names and client URLs that members have made known, by member id. */
  readonly members: ReadonlyMap<number, { readonly name: string; readonly clientUrls: readonly string[] }>;
  readonly approximateBytes: number;
  readonly keyCount: number;
  readonly applied: AppliedCounts;
  readonly alarms: readonly Alarm[];
  readonly auth: AuthView;
  readonly leases: LeaseView;
  range(operation: RangeOperation, done: Callback<ReadResult<RangeResult>>): void;
  page(operation: PageOperation, done: Callback<ReadResult<PageResult>>): void;
  readTxn(operation: TxnOperation, done: Callback<ReadResult<TxnResult>>): void;
  /** Up to where the last checkpoint goes. */
  readonly checkpointed: { readonly index: number };
  openSource(since: Uint8Array | undefined, done: Callback<StateSource>): void;
  hash(revision: number, done: Callback<ReadResult<StateHash>>): void;
  /** Has the engine give back the space of what was removed, while everything else goes on. */
  defragment(done: Done): void;
  openContents(done: Callback<StateContents>): void;
  /** Completes once everything is removed that a compaction at `revision` gave up, which a checkpoint must have taken. */
  whenCompacted(revision: number, done: Done): void;
}

export interface StateHash {
  /** 32 bits, unsigned. */
  readonly hash: number;
  readonly revision: number;
  readonly compactedRevision: number;
}

/** The outcome of a call: exactly one of an error and a response. */
export type Respond<T> = (error: EtcdError | undefined, response: T | undefined) => void;

/** Who answers, from which state; without a revision where etcd leaves it out. */
export function responseHeader({ replica }: ServiceParts, revision?: number): ResponseHeader {
  const { clusterId, memberId, term } = replica.status;
  return create(ResponseHeaderSchema, {
    clusterId: BigInt(clusterId),
    memberId: BigInt(memberId),
    raftTerm: BigInt(term),
    revision: BigInt(revision ?? 0),
  });
}
