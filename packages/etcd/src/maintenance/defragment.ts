import { create } from "@bufbuild/protobuf";
import type { HostError } from "@quorate/host";
import { refusals } from "../errors.ts";
import {
  DefragmentResponseSchema,
  type DefragmentRequest,
  type DefragmentResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";

/**
 * Answers once this member's engine has given back what it can, what compaction gave up until now included. Nobody need wait for that:
 * it goes on serving meanwhile.
 */
export function defragment(
  parts: ServiceParts,
  _request: DefragmentRequest,
  respond: Respond<DefragmentResponse>,
): void {
  const { store, replica } = parts;
  const finish = (error: HostError | undefined): void => {
    if (error === undefined) respond(undefined, create(DefragmentResponseSchema, {}));
    else respond(error.code === "closed" ? refusals.stopped() : refusals.corrupt(), undefined);
  };
  store.whenCompacted(store.compactedRevision, (error) => {
    if (error === undefined) store.defragment(finish);
    else finish(error);
  });
  // What is to be removed is what a checkpoint has taken.
  replica.requestCheckpoint();
}
