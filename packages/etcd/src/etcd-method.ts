import type { DescMessage } from "@bufbuild/protobuf";
import { unaryMethod, type UnaryMethod } from "./unary-method.ts";

/** One unary method of etcd's interface: served over gRPC under `path` and over JSON under `/v3` + `gatewayPath`. */
export interface EtcdMethod extends UnaryMethod {
  readonly gatewayPath: string;
}

/** `path` without the package: "KV/Put". */
export function etcdMethod<Input extends DescMessage, Output extends DescMessage>(
  path: string,
  gatewayPath: string,
  input: Input,
  output: Output,
  handle: UnaryMethod<Input, Output>["handle"],
): EtcdMethod {
  return { ...unaryMethod(`/etcdserverpb.${path}`, input, output, handle), gatewayPath };
}
