import { create } from "@bufbuild/protobuf";
import type { Call } from "@quorate/grpc";
import {
  LockResponseSchema,
  UnlockResponseSchema,
  type LockRequest,
  type LockResponse,
  type UnlockRequest,
  type UnlockResponse,
} from "../generated/v3lockpb/v3lock_pb.ts";
import { propose } from "../propose.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";
import { awaitTurn, leaseFor, transact, concurrencyErrors } from "./claiming.ts";
import { firstUnder, ifCreatedAt, keyOf, noValue, oneKey, putOf } from "./ownership-keys.ts";
import type { WaitingCalls } from "./waiting-calls.ts";

/** etcd's Lock service. The answer to a lock names its key: its create revision is the fencing token (docs/locks-and-elections.md). */

export function lock(
  parts: ServiceParts,
  request: LockRequest,
  respond: Respond<LockResponse>,
  call: Call,
  waiting: WaitingCalls,
): void {
  const name = request.name.slice();
  leaseFor(parts, request.lease, respond, (lease) => {
    const key = keyOf(name, lease);
    const claim = ifCreatedAt(key, 0, [putOf(key, noValue, lease), firstUnder(name)], [oneKey(key), firstUnder(name)]);
    transact(parts, claim, (error, header, result) => {
      if (error !== undefined) return respond(error, undefined);
      const [own, first] = result.results;
      const revision = own?.type === "range" ? (own.items[0]?.createRevision ?? 0) : result.revision;
      const owner = first?.type === "range" ? first.items[0] : undefined;
      const isFirst = owner?.createRevision === revision;
      if (isFirst && !call.cancelled) return respond(undefined, create(LockResponseSchema, { header, key }));
      awaitTurn(parts, call, waiting, { name, key, revision }, (failure, heldAt) => {
        if (failure !== undefined) return respond(failure, undefined);
        respond(undefined, create(LockResponseSchema, { header: responseHeader(parts, heldAt), key }));
      });
    });
  });
}

export function unlock(parts: ServiceParts, { key }: UnlockRequest, respond: Respond<UnlockResponse>): void {
  if (key.length === 0) return respond(concurrencyErrors.emptyKey(), undefined);
  const operation = { type: "delete-range", range: { key, end: undefined }, previous: false } as const;
  propose(parts, operation, respond, (header) => create(UnlockResponseSchema, { header }));
}
