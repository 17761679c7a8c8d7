import { etcdMethod as method, type EtcdMethod } from "../etcd-method.ts";
import {
  AlarmRequestSchema,
  AlarmResponseSchema,
  DefragmentRequestSchema,
  DefragmentResponseSchema,
  HashKVRequestSchema,
  HashKVResponseSchema,
  HashRequestSchema,
  HashResponseSchema,
  MoveLeaderRequestSchema,
  MoveLeaderResponseSchema,
  StatusRequestSchema,
  StatusResponseSchema,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { alarm } from "./alarm.ts";
import { defragment } from "./defragment.ts";
import { hash, hashKv } from "./hash.ts";
import { moveLeader } from "./move-leader.ts";
import { status } from "./status.ts";

/** etcd's Maintenance service. */
export const maintenanceMethods: readonly EtcdMethod[] = [
  method("Maintenance/Alarm", "/maintenance/alarm", AlarmRequestSchema, AlarmResponseSchema, alarm),
  method("Maintenance/Status", "/maintenance/status", StatusRequestSchema, StatusResponseSchema, status),
  method(
    "Maintenance/Defragment",
    "/maintenance/defragment",
    DefragmentRequestSchema,
    DefragmentResponseSchema,
    defragment,
  ),
  method("Maintenance/Hash", "/maintenance/hash", HashRequestSchema, HashResponseSchema, hash),
  method("Maintenance/HashKV", "/maintenance/hashkv", HashKVRequestSchema, HashKVResponseSchema, hashKv),
  method(
    "Maintenance/MoveLeader",
    "/maintenance/transfer-leadership",
    MoveLeaderRequestSchema,
    MoveLeaderResponseSchema,
    moveLeader,
  ),
];
