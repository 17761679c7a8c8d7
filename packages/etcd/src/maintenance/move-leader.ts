import { create } from "@bufbuild/protobuf";
import { isMember, isVoter } from "@quorate/raft";
import { refusals } from "../errors.ts";
import {
  MoveLeaderResponseSchema,
  type MoveLeaderRequest,
  type MoveLeaderResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { memberIdIn } from "../members.ts";
import { replicaRefusal } from "../replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";

/** etcd's Maintenance.MoveLeader: only the leader takes it, as there. */
export function moveLeader(
  parts: ServiceParts,
  request: MoveLeaderRequest,
  respond: Respond<MoveLeaderResponse>,
): void {
  const { role, memberId, configuration } = parts.replica.status;
  if (role !== "leader") throw refusals.notLeader();
  const to = memberIdIn(request.targetID);
  const answer = (): void => respond(undefined, create(MoveLeaderResponseSchema, { header: responseHeader(parts) }));
  if (to === memberId) return answer();
  if (!isMember(configuration, to) || !isVoter(configuration, to)) throw refusals.badTransferee();
  parts.replica.administer({ kind: "transfer", to }, (error) => {
    if (error === undefined) return answer();
    if (error.refusal === "invalid") return respond(refusals.badTransferee(), undefined);
    if (error.refusal !== undefined || error.code === "timeout") {
      return respond(refusals.transferTookTooLong(), undefined);
    }
    respond(replicaRefusal(error), undefined);
  });
}
