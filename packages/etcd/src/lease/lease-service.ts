import { create } from "@bufbuild/protobuf";
import { randomBytes } from "node:crypto";
import { maxLeaseTtl } from "@quorate/store";
import { authRefusalError } from "../auth/refusals.ts";
import { refusals } from "../errors.ts";
import {
  LeaseGrantResponseSchema,
  LeaseRevokeResponseSchema,
  LeaseTimeToLiveResponseSchema,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseRevokeRequest,
  type LeaseRevokeResponse,
  type LeaseTimeToLiveRequest,
  type LeaseTimeToLiveResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { propose, unexpected } from "../propose.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";

/** etcd's Lease service, but for keep-alives (`keep-alive.ts`) and the list (`lease-list.ts`). */

export function leaseGrant(
  parts: ServiceParts,
  request: LeaseGrantRequest,
  respond: Respond<LeaseGrantResponse>,
): void {
  if (request.TTL > BigInt(maxLeaseTtl)) throw refusals.leaseTtlTooLarge();
  const ttl = Math.max(Number(request.TTL), leastTtl(parts));
  const isChosen = request.ID !== 0n;
  const id = isChosen ? request.ID : randomId();
  const answer: Respond<LeaseGrantResponse> = (error, response) => {
    // Chance has hit an id that is taken: another one is asked for in its place.
    if (!isChosen && error?.message === refusals.leaseExists().message) leaseGrant(parts, request, respond);
    else respond(error, response);
  };
  propose(parts, { type: "lease-grant", lease: id, ttl }, answer, (header, result) => {
    if (result.type === "lease-grant") return create(LeaseGrantResponseSchema, { header, ID: id, TTL: BigInt(ttl) });
    throw unexpected(result.type);
  });
}

export function leaseRevoke(
  parts: ServiceParts,
  { ID: id }: LeaseRevokeRequest,
  respond: Respond<LeaseRevokeResponse>,
): void {
  if (id === 0n) throw refusals.leaseNotFound();
  propose(parts, { type: "lease-revoke", lease: id }, respond, (header, result) => {
    if (result.type === "lease-revoke") return create(LeaseRevokeResponseSchema, { header });
    throw unexpected(result.type);
  });
}

/** What is left is the leader's to say; which keys are attached every member knows. */
export function leaseTimeToLive(
  parts: ServiceParts,
  { ID: id, keys: wantsKeys }: LeaseTimeToLiveRequest,
  respond: Respond<LeaseTimeToLiveResponse>,
): void {
  parts.leases.timeToLive(id, (error, { ttl, granted }) => {
    if (error !== undefined) return respond(refusals.timeout(), undefined);
    const answer = (keys: readonly Uint8Array[]): void => {
      const header = responseHeader(parts, parts.store.revision);
      const fields = { header, ID: id, TTL: BigInt(ttl), grantedTTL: BigInt(granted), keys: [...keys] };
      respond(undefined, create(LeaseTimeToLiveResponseSchema, fields));
    };
    if (!wantsKeys || ttl < 0) return answer([]);
    parts.replica.readBarrier((barrierError) => {
      if (barrierError !== undefined) return respond(refusals.timeout(), undefined);
      const refusal = parts.guard.refusalOfLease("read", id);
      if (refusal !== undefined) return respond(authRefusalError(refusal), undefined);
      answer([...parts.store.leases.keysOf(id)]);
    });
  });
}

/** As in etcd: one and a half election timeouts, in whole seconds. A lease that is shorter could not survive a change of leaders. */
function leastTtl({ replica }: ServiceParts): number {
  return Math.max(1, Math.ceil((1.5 * replica.status.configuration.timing.electionTimeoutMs) / 1000));
}

/** 63 bits, and not 0. */
function randomId(): bigint {
  const id = BigInt.asUintN(63, randomBytes(8).readBigUInt64BE());
  return id === 0n ? 1n : id;
}
