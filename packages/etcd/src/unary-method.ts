import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import type { Respond, ServiceParts } from "./service-parts.ts";

/** One unary method whose messages the protobuf library reads and writes. */
export interface UnaryMethod<Input extends DescMessage = DescMessage, Output extends DescMessage = DescMessage> {
  /** "/etcdserverpb.KV/Put" */
  readonly path: string;
  readonly input: Input;
  readonly output: Output;
  /** Answers once; what it throws becomes its answer. */
  readonly handle: (parts: ServiceParts, request: MessageShape<Input>, respond: Respond<MessageShape<Output>>) => void;
}

/** A method with its handler's own types, as one of many. */
export function unaryMethod<Input extends DescMessage, Output extends DescMessage>(
  path: string,
  input: Input,
  output: Output,
  handle: UnaryMethod<Input, Output>["handle"],
): UnaryMethod {
  return { path, input, output, handle: handle as UnaryMethod["handle"] };
}
