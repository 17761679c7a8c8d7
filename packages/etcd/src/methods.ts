import { fromBinary, toBinary, type DescMessage, type MessageShape } from "@bufbuild/protobuf";
import { grpcCodes, okStatus, type Method } from "@quorate/grpc";
import type { Replica } from "@quorate/replica";
import type { CommandResult } from "@quorate/store";
import { adminMethods } from "./admin/admin-methods.ts";
import { authMethods } from "./auth/auth-methods.ts";
import type { Admission } from "./auth/admission.ts";
import { credentialsOfCall } from "./auth/credentials.ts";
import { memberAdd, memberList, memberPromote, memberRemove, memberUpdate } from "./cluster-service.ts";
import { compact } from "./compaction-service.ts";
import { concurrencyMethods } from "./concurrency/concurrency-methods.ts";
import { EtcdError } from "./errors.ts";
import { etcdMethod as method } from "./etcd-method.ts";
import {
  CompactionRequestSchema,
  CompactionResponseSchema,
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  MemberAddRequestSchema,
  MemberAddResponseSchema,
  MemberListRequestSchema,
  MemberListResponseSchema,
  MemberPromoteRequestSchema,
  MemberPromoteResponseSchema,
  MemberRemoveRequestSchema,
  MemberRemoveResponseSchema,
  MemberUpdateRequestSchema,
  MemberUpdateResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { hotMethods } from "./hot/hot-methods.ts";
import { deleteRange, put, range, refusalOf, txn } from "./kv-service.ts";
import { keepAliveMethod } from "./lease/keep-alive.ts";
import { leaseListMethod } from "./lease/lease-list.ts";
import { leaseMethods } from "./lease/lease-methods.ts";
import { snapshotMethod } from "./maintenance/snapshot/snapshot-method.ts";
import { maintenanceMethods } from "./maintenance/maintenance-methods.ts";
import { nesting } from "./nesting.ts";
import { rangeStreamMethod } from "./range-stream.ts";
import type { Respond, ServiceParts } from "./service-parts.ts";
import type { UnaryMethod } from "./unary-method.ts";

export const etcdMethods: readonly UnaryMethod[] = [
  method("KV/Range", RangeRequestSchema, RangeResponseSchema, range),
  method("KV/Put", PutRequestSchema, PutResponseSchema, put),
  method("KV/DeleteRange", DeleteRangeRequestSchema, DeleteRangeResponseSchema, deleteRange),
  method("KV/Txn", TxnRequestSchema, TxnResponseSchema, txn),
  method("KV/Compact", CompactionRequestSchema, CompactionResponseSchema, compact),
  method("Cluster/MemberAdd", MemberAddRequestSchema, MemberAddResponseSchema, memberAdd),
  method("Cluster/MemberRemove", MemberRemoveRequestSchema, MemberRemoveResponseSchema, memberRemove),
  method("Cluster/MemberUpdate", MemberUpdateRequestSchema, MemberUpdateResponseSchema, memberUpdate),
  method("Cluster/MemberList", MemberListRequestSchema, MemberListResponseSchema, memberList),
  method("Cluster/MemberPromote", MemberPromoteRequestSchema, MemberPromoteResponseSchema, memberPromote),
  ...maintenanceMethods,
  ...leaseMethods,
  ...authMethods,
];

/** Runs a handler so that what it throws becomes its answer. */
export function serve<T>(handle: (respond: Respond<T>) => void, respond: Respond<T>): void {
  try {
    handle(respond);
  } catch (thrown) {
    respond(refusalOf(thrown), undefined);
  }
}

/** The same methods over gRPC: bytes in, bytes out. The hottest of them have a shorter way of their own. */
export function grpcMethods(admission: Admission, replica: Replica<CommandResult>): Method[] {
  const hot = hotMethods(admission, replica);
  const others = etcdMethods.filter(({ path }) => !hot.some((method) => method.path === path));
  const unary = [...others, ...adminMethods].map((method) => libraryMethod(admission, method));
  return [
    ...hot,
    ...unary,
    rangeStreamMethod(admission, replica),
    keepAliveMethod(admission),
    leaseListMethod(admission),
    snapshotMethod(admission),
    ...concurrencyMethods(admission),
  ];
}

/** A method whose messages the protobuf library reads and writes. */
export function libraryMethod(admission: Admission, { path, input, output, handle }: UnaryMethod): Method {
  return {
    kind: "unary",
    path,
    handle: (call, bytes, respond) => {
      let request: MessageShape<DescMessage>;
      try {
        request = fromBinary(input, bytes, nesting);
      } catch {
        return respond({ code: grpcCodes.internal, message: `grpc: error unmarshalling request for ${path}` });
      }
      const answer: Respond<MessageShape<DescMessage>> = (error, response) => {
        if (error !== undefined) respond({ code: error.code, message: error.message });
        else if (response !== undefined) respond(okStatus, toBinary(output, response));
        else respond(new EtcdError(grpcCodes.internal, "the handler gave no response"));
      };
      const go = (parts: ServiceParts): void => serve((done) => handle(parts, request, done), answer);
      admission.admit(path, credentialsOfCall(call), request, go, (error) => answer(error, undefined));
    },
  };
}
