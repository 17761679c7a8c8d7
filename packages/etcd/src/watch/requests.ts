import type { WatchCreate } from "@quorate/store";
import { WatchCreateRequest_FilterType, type WatchCreateRequest } from "../generated/etcdserverpb/rpc_pb.ts";

/** A client's wish as the store's watches take it. Revisions beyond 2^53 - 1 are cut to that: none gets there. */
export function watchCreate(request: WatchCreateRequest): WatchCreate {
  const { filters, startRevision } = request;
  return {
    // Views of the message: what is kept must not hold on to what else came with it.
    key: request.key.slice(),
    rangeEnd: request.rangeEnd.slice(),
    startRevision: cut(startRevision),
    wantsProgress: request.progressNotify,
    noPut: filters.includes(WatchCreateRequest_FilterType.NOPUT),
    noDelete: filters.includes(WatchCreateRequest_FilterType.NODELETE),
    previous: request.prevKv,
    watchId: request.watchId,
    fragment: request.fragment,
  };
}

function cut(revision: bigint): number {
  if (revision < 0n) return -1;
  return revision > BigInt(Number.MAX_SAFE_INTEGER) ? Number.MAX_SAFE_INTEGER : Number(revision);
}
