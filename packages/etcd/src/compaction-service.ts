import { create } from "@bufbuild/protobuf";
import { refusals } from "./errors.ts";
import {
  CompactionResponseSchema,
  type CompactionRequest,
  type CompactionResponse,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { toNumber } from "./kv-requests.ts";
import { refusalError } from "./kv-responses.ts";
import { replicaRefusal } from "./replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "./service-parts.ts";

/**
 * etcd's KV.Compact: gives up the history before a revision, on every member. A physical one is answered once nothing is left of it on the
 * disk of the member that was asked.
 */
export function compact(parts: ServiceParts, request: CompactionRequest, respond: Respond<CompactionResponse>): void {
  const revision = toNumber(request.revision);
  if (revision <= 0) throw refusals.compacted();
  parts.replica.propose(parts.encodeCommand({ type: "compact", revision }), (error, applied) => {
    if (error !== undefined) return respond(replicaRefusal(error), undefined);
    if (!applied.ok) return respond(refusalError(applied.refusal), undefined);
    const answer = (): void =>
      respond(undefined, create(CompactionResponseSchema, { header: responseHeader(parts, applied.revision) }));
    if (!request.physical) return answer();
    parts.store.whenCompacted(revision, (error) => {
      if (error === undefined) answer();
      else respond(error.code === "closed" ? refusals.stopped() : refusals.corrupt(), undefined);
    });
    // What is to be removed is what a checkpoint has taken.
    parts.replica.requestCheckpoint();
  });
}
