import type { DescMessage, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { admin } from "@quorate/etcd/api";
import type { Method } from "./calls.ts";

/** The methods of Quorate's own Admin service. */
export const describe = method("Describe", admin.DescribeRequestSchema, admin.DescribeResponseSchema, true);
export const change = method("Change", admin.ChangeRequestSchema, admin.ChangeResponseSchema, false);

export const readBackup = method("ReadBackup", admin.ReadBackupRequestSchema, admin.ReadBackupResponseSchema, false);

function method<Input extends DescMessage, Output extends DescMessage>(
  name: string,
  input: Input,
  output: Output,
  readOnly: boolean,
): Method<MessageInitShape<Input>, MessageShape<Output>> {
  return {
    path: `/quorate.v1.Admin/${name}`,
    readOnly,
    encode: (request) => toBinary(input, create(input, request)),
    decode: (bytes) => fromBinary(output, bytes),
  };
}
