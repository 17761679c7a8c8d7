import type { UnaryMethod } from "../unary-method.ts";
import { etcdMethod as method } from "../etcd-method.ts";
import {
  LeaseGrantRequestSchema,
  LeaseGrantResponseSchema,
  LeaseRevokeRequestSchema,
  LeaseRevokeResponseSchema,
  LeaseTimeToLiveRequestSchema,
  LeaseTimeToLiveResponseSchema,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { leaseGrant, leaseRevoke, leaseTimeToLive } from "./lease-service.ts";

/** etcd's Lease service, but for the stream of keep-alives and the list. */
export const leaseMethods: readonly UnaryMethod[] = [
  method("Lease/LeaseGrant", LeaseGrantRequestSchema, LeaseGrantResponseSchema, leaseGrant),
  method("Lease/LeaseRevoke", LeaseRevokeRequestSchema, LeaseRevokeResponseSchema, leaseRevoke),
  method("Lease/LeaseTimeToLive", LeaseTimeToLiveRequestSchema, LeaseTimeToLiveResponseSchema, leaseTimeToLive),
];
