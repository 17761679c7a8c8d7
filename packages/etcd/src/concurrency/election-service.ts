import { create } from "@bufbuild/protobuf";
import type { Call } from "@quorate/grpc";
import { refusals } from "../errors.ts";
import {
  CampaignResponseSchema,
  LeaderResponseSchema,
  ProclaimResponseSchema,
  ResignResponseSchema,
  type CampaignRequest,
  type CampaignResponse,
  type LeaderKey,
  type LeaderRequest,
  type LeaderResponse,
  type ProclaimRequest,
  type ProclaimResponse,
  type ResignRequest,
  type ResignResponse,
} from "../generated/v3electionpb/v3election_pb.ts";
import { keyValueMessage, refusalError } from "../kv-responses.ts";
import { toNumber } from "../kv-requests.ts";
import { replicaRefusal } from "../replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";
import { awaitTurn, concurrencyErrors, leaseFor, transact } from "./claiming.ts";
import { firstUnder, giveUp, ifCreatedAt, keyOf, oneKey, putOf } from "./ownership-keys.ts";
import type { WaitingCalls } from "./waiting-calls.ts";

/** etcd's Election service, but for `observe.ts`. */

export function campaign(
  parts: ServiceParts,
  request: CampaignRequest,
  respond: Respond<CampaignResponse>,
  call: Call,
  waiting: WaitingCalls,
): void {
  const [name, value] = [request.name.slice(), request.value.slice()];
  leaseFor(parts, request.lease, respond, (lease) => {
    const key = keyOf(name, lease);
    transact(parts, ifCreatedAt(key, 0, [putOf(key, value, lease)], [oneKey(key)]), (error, header, result) => {
      if (error !== undefined) return respond(error, undefined);
      const [own] = result.results;
      const present = own?.type === "range" ? own.items[0] : undefined;
      const revision = present?.createRevision ?? result.revision;
      const leader = { name, key, rev: BigInt(revision), lease };
      const stand = (): void =>
        awaitTurn(parts, call, waiting, { name, key, revision }, (failure) => {
          if (failure !== undefined) return respond(failure, undefined);
          respond(undefined, create(CampaignResponseSchema, { header, leader }));
        });
      // Somebody with the same lease stands already, and says something else.
      if (present === undefined || Buffer.compare(present.value, value) === 0) return stand();
      transact(parts, ifCreatedAt(key, revision, [putOf(key, value, lease)]), (problem, _header, { succeeded }) => {
        if (problem !== undefined) respond(problem, undefined);
        else if (succeeded) stand();
        else respond(concurrencyErrors.notLeader(), undefined);
      });
    });
  });
}

export function proclaim(parts: ServiceParts, request: ProclaimRequest, respond: Respond<ProclaimResponse>): void {
  const { key, revision, lease } = leaderOf(request.leader);
  transact(parts, ifCreatedAt(key, revision, [putOf(key, request.value, lease)]), (error, header, result) => {
    if (error !== undefined) respond(error, undefined);
    else if (result.succeeded) respond(undefined, create(ProclaimResponseSchema, { header }));
    else respond(concurrencyErrors.notLeader(), undefined);
  });
}

/** Who leads no more has nothing to resign from: that is no error (as in etcd). */
export function resign(parts: ServiceParts, request: ResignRequest, respond: Respond<ResignResponse>): void {
  const { key, revision } = leaderOf(request.leader);
  transact(parts, giveUp(key, revision), (error, header) => {
    if (error !== undefined) respond(error, undefined);
    else respond(undefined, create(ResignResponseSchema, { header }));
  });
}

export function leader(parts: ServiceParts, { name }: LeaderRequest, respond: Respond<LeaderResponse>): void {
  const operation = firstUnder(name.slice());
  parts.replica.readBarrier((barrierError) => {
    if (barrierError !== undefined) return respond(replicaRefusal(barrierError), undefined);
    parts.store.range(operation, (error, read) => {
      if (error !== undefined) return respond(refusals.corrupt(), undefined);
      if (!read.ok) return respond(refusalError(read.refusal), undefined);
      const [first] = read.result.items;
      if (first === undefined) return respond(concurrencyErrors.noLeader(), undefined);
      const header = responseHeader(parts, read.revision);
      respond(undefined, create(LeaderResponseSchema, { header, kv: keyValueMessage(first) }));
    });
  });
}

function leaderOf(message: LeaderKey | undefined): { key: Uint8Array; revision: number; lease: bigint } {
  if (message === undefined) throw concurrencyErrors.missingLeaderKey();
  if (message.key.length === 0) throw refusals.emptyKey();
  return { key: message.key, revision: toNumber(message.rev), lease: message.lease };
}
