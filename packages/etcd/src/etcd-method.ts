import type { DescMessage } from "@bufbuild/protobuf";
import { unaryMethod, type UnaryMethod } from "./unary-method.ts";

/** One unary method of etcd's interface. `path` without the package: "KV/Put". */
export function etcdMethod<Input extends DescMessage, Output extends DescMessage>(
  path: string,
  input: Input,
  output: Output,
  handle: UnaryMethod<Input, Output>["handle"],
): UnaryMethod {
  return unaryMethod(`/etcdserverpb.${path}`, input, output, handle);
}
