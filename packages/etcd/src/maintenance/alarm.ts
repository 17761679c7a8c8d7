import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import { recipients } from "@quorate/raft";
import { EtcdError } from "../errors.ts";
import {
  AlarmRequest_AlarmAction,
  AlarmResponseSchema,
  AlarmType,
  type AlarmRequest,
  type AlarmResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";

/**
 * The one alarm there is: CORRUPT, for members whose state differs, or for all while nobody can tell which is right. This
 * member's own knowledge, which ends by itself when the members are compared and agree: nothing is there to be cleared.
 */
export function alarm(parts: ServiceParts, request: AlarmRequest, respond: Respond<AlarmResponse>): void {
  if (request.action === AlarmRequest_AlarmAction.ACTIVATE) {
    return respond(new EtcdError(grpcCodes.unimplemented, "quorate: alarms cannot be raised by hand"), undefined);
  }
  const { differing, isUndecided } = parts.replica.stateComparison;
  const suspects = isUndecided ? recipients(parts.replica.status.configuration) : differing;
  const alarms = suspects.map((id) => ({ memberID: BigInt(id), alarm: AlarmType.CORRUPT }));
  respond(undefined, create(AlarmResponseSchema, { header: responseHeader(parts, parts.store.revision), alarms }));
}
