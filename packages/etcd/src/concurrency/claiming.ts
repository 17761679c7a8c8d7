import { grpcCodes, type Call } from "@quorate/grpc";
import type { TxnOperation, TxnResult } from "@quorate/store";
import { EtcdError } from "../errors.ts";
import type { ResponseHeader } from "../generated/etcdserverpb/rpc_pb.ts";
import { leaseGrant } from "../lease/lease-service.ts";
import { create } from "@bufbuild/protobuf";
import { LeaseGrantRequestSchema } from "../generated/etcdserverpb/rpc_pb.ts";
import { propose, unexpected } from "../propose.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";
import { giveUp } from "./ownership-keys.ts";
import { Turn, type Claim } from "./turn.ts";
import type { WaitingCalls } from "./waiting-calls.ts";

/** What etcd's own errors of these services are: no status of gRPC, so clients see them as "unknown". */
export const concurrencyErrors = {
  sessionExpired: () => new EtcdError(grpcCodes.unknown, "mutex: session is expired"),
  notLeader: () => new EtcdError(grpcCodes.unknown, "election: not leader"),
  noLeader: () => new EtcdError(grpcCodes.unknown, "election: no leader"),
  emptyKey: () => new EtcdError(grpcCodes.unknown, "etcdserver: key is not provided"),
  missingLeaderKey: () => new EtcdError(grpcCodes.unknown, '"leader" field must be provided'),
} as const;

/** Of a lease that is made for whoever brings none, in seconds; nobody renews it (as in etcd). */
const ownLeaseTtl = 60n;

/** Gives the lease that was asked for, or a new one. */
export function leaseFor<T>(
  parts: ServiceParts,
  lease: bigint,
  respond: Respond<T>,
  use: (lease: bigint) => void,
): void {
  if (lease !== 0n) return use(lease);
  leaseGrant(parts, create(LeaseGrantRequestSchema, { TTL: ownLeaseTtl }), (error, granted) => {
    if (granted === undefined) respond(error, undefined);
    else use(granted.ID);
  });
}

/** Takes a transaction through the log. */
export function transact(
  parts: ServiceParts,
  txn: TxnOperation,
  done: (error: EtcdError | undefined, header: ResponseHeader, result: TxnResult) => void,
): void {
  interface Answered {
    readonly header: ResponseHeader;
    readonly result: TxnResult;
  }
  const respond: Respond<Answered> = (error, answered) => {
    const { header, result } = answered ?? ({} as Answered);
    done(error, header, result);
  };
  propose(parts, txn, respond, (header, result): Answered => {
    if (result.type === "txn") return { header, result };
    throw unexpected(result.type);
  });
}

/**
 * Waits for a claim's turn on behalf of a call. Who goes away meanwhile gives the claim up, and so does one whose waiting fails: a key
 * that nobody knows of would keep all others waiting until its lease ends.
 */
export function awaitTurn(
  parts: ServiceParts,
  call: Call,
  waiting: WaitingCalls,
  claim: Claim,
  done: (error: EtcdError | undefined, revision: number) => void,
): void {
  const withdraw = (): void => transact(parts, giveUp(claim.key, claim.revision), () => {});
  const turn = new Turn(parts, claim, (outcome) => {
    settled();
    if (outcome.type === "lost") return done(concurrencyErrors.sessionExpired(), 0);
    if (outcome.type === "first" && !call.cancelled) return done(undefined, outcome.revision);
    withdraw();
    done(outcome.type === "failed" ? outcome.error : canceled(), 0);
  });
  const settled = waiting.add(call, () => {
    turn.cancel();
    withdraw();
    done(canceled(), 0);
  });
}

function canceled(): EtcdError {
  return new EtcdError(grpcCodes.canceled, "context canceled");
}
