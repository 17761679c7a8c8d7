import { create } from "@bufbuild/protobuf";
import { refusals } from "../errors.ts";
import {
  DefragmentResponseSchema,
  type DefragmentRequest,
  type DefragmentResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";

/** Answers once this member's engine has given back what it can. Nobody need wait for that: it goes on serving meanwhile. */
export function defragment(
  parts: ServiceParts,
  _request: DefragmentRequest,
  respond: Respond<DefragmentResponse>,
): void {
  parts.store.defragment((error) => {
    if (error === undefined) respond(undefined, create(DefragmentResponseSchema, {}));
    else respond(error.code === "closed" ? refusals.stopped() : refusals.corrupt(), undefined);
  });
}
