import {
  ChangeRequestSchema,
  ChangeResponseSchema,
  DescribeRequestSchema,
  DescribeResponseSchema,
  ReadBackupRequestSchema,
  ReadBackupResponseSchema,
} from "../generated/quorate/v1/admin_pb.ts";
import { unaryMethod, type UnaryMethod } from "../unary-method.ts";
import { change } from "./change.ts";
import { describe } from "./describe.ts";
import { readBackup } from "./backups.ts";

/** The Admin service, over gRPC alone. */
export const adminMethods: readonly UnaryMethod[] = [
  unaryMethod("/quorate.v1.Admin/Describe", DescribeRequestSchema, DescribeResponseSchema, describe),
  unaryMethod("/quorate.v1.Admin/Change", ChangeRequestSchema, ChangeResponseSchema, change),
  unaryMethod("/quorate.v1.Admin/ReadBackup", ReadBackupRequestSchema, ReadBackupResponseSchema, readBackup),
];
