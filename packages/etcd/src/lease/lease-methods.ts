import { etcdMethod as method, type EtcdMethod } from "../etcd-method.ts";
import {
  LeaseGrantRequestSchema,
  LeaseGrantResponseSchema,
  LeaseLeasesRequestSchema,
  LeaseLeasesResponseSchema,
  LeaseRevokeRequestSchema,
  LeaseRevokeResponseSchema,
  LeaseTimeToLiveRequestSchema,
  LeaseTimeToLiveResponseSchema,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { leaseGrant, leaseLeases, leaseRevoke, leaseTimeToLive } from "./lease-service.ts";

/** etcd's Lease service, but for the stream of keep-alives. */
export const leaseMethods: readonly EtcdMethod[] = [
  method("Lease/LeaseGrant", "/lease/grant", LeaseGrantRequestSchema, LeaseGrantResponseSchema, leaseGrant),
  method("Lease/LeaseRevoke", "/lease/revoke", LeaseRevokeRequestSchema, LeaseRevokeResponseSchema, leaseRevoke),
  method(
    "Lease/LeaseTimeToLive",
    "/lease/timetolive",
    LeaseTimeToLiveRequestSchema,
    LeaseTimeToLiveResponseSchema,
    leaseTimeToLive,
  ),
  method("Lease/LeaseLeases", "/lease/leases", LeaseLeasesRequestSchema, LeaseLeasesResponseSchema, leaseLeases),
];
