/**
 * etcd's interface alone: messages and services, for clients. Importing this loads no server.
 *
 * @packageDocumentation
 */
export * from "./generated/authpb/auth_pb.ts";
export * from "./generated/etcdserverpb/rpc_pb.ts";
export * from "./generated/mvccpb/kv_pb.ts";
export * as admin from "./generated/quorate/v1/admin_pb.ts";
export * as leaseRecords from "./generated/leasepb/lease_pb.ts";
export * as electionService from "./generated/v3electionpb/v3election_pb.ts";
export * as lockService from "./generated/v3lockpb/v3lock_pb.ts";
