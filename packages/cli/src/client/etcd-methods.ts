import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  HashKVRequestSchema,
  HashKVResponseSchema,
  MemberListRequestSchema,
  MemberListResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  StatusRequestSchema,
  StatusResponseSchema,
} from "@quorate/etcd";
import type { Method } from "./calls.ts";

/** The methods of etcd's v3 API that the command calls, in the messages that the server's package generates. */
export const range = method("KV/Range", RangeRequestSchema, RangeResponseSchema, { readOnly: true });
export const put = method("KV/Put", PutRequestSchema, PutResponseSchema, { readOnly: false });
export const deleteRange = method("KV/DeleteRange", DeleteRangeRequestSchema, DeleteRangeResponseSchema, {
  readOnly: false,
});
export const memberList = method("Cluster/MemberList", MemberListRequestSchema, MemberListResponseSchema, {
  readOnly: true,
});
export const memberStatus = method("Maintenance/Status", StatusRequestSchema, StatusResponseSchema, { readOnly: true });
export const hashKv = method("Maintenance/HashKV", HashKVRequestSchema, HashKVResponseSchema, { readOnly: true });

function method<Input extends DescMessage, Output extends DescMessage>(
  name: string,
  input: Input,
  output: Output,
  { readOnly }: { readonly readOnly: boolean },
): Method<MessageInitShape<Input>, MessageShape<Output>> {
  return {
    path: `/etcdserverpb.${name}`,
    readOnly,
    encode: (request) => toBinary(input, create(input, request)),
    decode: (bytes) => fromBinary(output, bytes),
  };
}
