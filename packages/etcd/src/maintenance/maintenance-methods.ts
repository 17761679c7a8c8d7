import type { UnaryMethod } from "../unary-method.ts";
import { etcdMethod as method } from "../etcd-method.ts";
import {
  AlarmRequestSchema,
  AlarmResponseSchema,
  DefragmentRequestSchema,
  DefragmentResponseSchema,
  DowngradeRequestSchema,
  DowngradeResponseSchema,
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
import { downgrade } from "./downgrade.ts";
import { hash, hashKv } from "./hash.ts";
import { moveLeader } from "./move-leader.ts";
import { status } from "./status.ts";

/** etcd's Maintenance service. */
export const maintenanceMethods: readonly UnaryMethod[] = [
  method("Maintenance/Alarm", AlarmRequestSchema, AlarmResponseSchema, alarm),
  method("Maintenance/Status", StatusRequestSchema, StatusResponseSchema, status),
  method("Maintenance/Defragment", DefragmentRequestSchema, DefragmentResponseSchema, defragment),
  method("Maintenance/Hash", HashRequestSchema, HashResponseSchema, hash),
  method("Maintenance/HashKV", HashKVRequestSchema, HashKVResponseSchema, hashKv),
  method("Maintenance/MoveLeader", MoveLeaderRequestSchema, MoveLeaderResponseSchema, moveLeader),
  method("Maintenance/Downgrade", DowngradeRequestSchema, DowngradeResponseSchema, downgrade),
];
