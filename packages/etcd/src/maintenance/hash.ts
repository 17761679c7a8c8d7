import { create } from "@bufbuild/protobuf";
import { refusals } from "../errors.ts";
import {
  HashKVResponseSchema,
  HashResponseSchema,
  type HashKVRequest,
  type HashKVResponse,
  type HashRequest,
  type HashResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { toNumber } from "../kv-requests.ts";
import { refusalError } from "../kv-responses.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";

/**
 * The hash of the newest state. etcd hashes the whole of its file, which members that have done the same may lay out in different ways;
 * this is that of the keys and their versions, as `hashKv` gives it.
 */
export function hash(parts: ServiceParts, _request: HashRequest, respond: Respond<HashResponse>): void {
  parts.store.hash(0, (error, read) => {
    if (error !== undefined) return respond(refusals.corrupt(), undefined);
    if (!read.ok) return respond(refusalError(read.refusal), undefined);
    const header = responseHeader(parts, read.revision);
    respond(undefined, create(HashResponseSchema, { header, hash: read.result.hash }));
  });
}

/** The hash of the state at a revision: equal on all members. */
export function hashKv(parts: ServiceParts, request: HashKVRequest, respond: Respond<HashKVResponse>): void {
  parts.store.hash(Math.max(0, toNumber(request.revision)), (error, read) => {
    if (error !== undefined) return respond(refusals.corrupt(), undefined);
    if (!read.ok) return respond(refusalError(read.refusal), undefined);
    const { hash, revision, compactedRevision } = read.result;
    const response = create(HashKVResponseSchema, {
      header: responseHeader(parts, read.revision),
      hash,
      compactRevision: BigInt(compactedRevision),
      hashRevision: BigInt(revision),
    });
    respond(undefined, response);
  });
}
