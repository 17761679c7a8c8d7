import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import { recipients } from "@quorate/raft";
import { alarmKinds, type Alarm } from "@quorate/store";
import { EtcdError } from "../errors.ts";
import {
  AlarmMemberSchema,
  AlarmRequest_AlarmAction,
  AlarmResponseSchema,
  AlarmType,
  type AlarmRequest,
  type AlarmResponse,
} from "../generated/etcdserverpb/rpc_pb.ts";
import { propose, unexpected } from "../propose.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";

/**
 * Shows, raises and disarms alarms. Those that were raised are the cluster's, in its log. CORRUPT is shown besides for members whose
 * state differs, or for all while nobody can tell which is right: this member's own knowledge, which ends no writing, and ends by
 * itself when the members are compared and agree, so that it cannot be disarmed.
 */
export function alarm(parts: ServiceParts, request: AlarmRequest, respond: Respond<AlarmResponse>): void {
  switch (request.action) {
    case AlarmRequest_AlarmAction.GET:
      return respond(undefined, answer(parts, alarmsOf(parts).filter(isWanted(request.alarm))));
    case AlarmRequest_AlarmAction.ACTIVATE:
      return change(parts, "alarm-raise", request, respond);
    case AlarmRequest_AlarmAction.DEACTIVATE:
      return change(parts, "alarm-disarm", request, respond);
    default:
      throw new EtcdError(grpcCodes.invalidArgument, `quorate: unknown action ${String(request.action)} on alarms`);
  }
}

/** All that are raised, and what this member knows of differing states. */
export function alarmsOf({ store, replica }: ServiceParts): Alarm[] {
  const { differing, isUndecided } = replica.stateComparison;
  const raised = store.alarms;
  const suspects = isUndecided ? recipients(replica.status.configuration) : differing;
  const corrupt = suspects.map((id): Alarm => ({ member: BigInt(id), kind: "corrupt" }));
  const isRaised = ({ member }: Alarm): boolean =>
    raised.some((alarm) => alarm.kind === "corrupt" && alarm.member === member);
  return [...raised, ...corrupt.filter((alarm) => !isRaised(alarm))];
}

const alarmTypes = { none: AlarmType.NONE, "no-space": AlarmType.NOSPACE, corrupt: AlarmType.CORRUPT } as const;

function isWanted(type: AlarmType): (alarm: Alarm) => boolean {
  return ({ kind }) => type === AlarmType.NONE || alarmKinds[type] === kind;
}

function change(
  parts: ServiceParts,
  type: "alarm-raise" | "alarm-disarm",
  request: AlarmRequest,
  respond: Respond<AlarmResponse>,
): void {
  const kind = alarmKinds[request.alarm];
  if (kind === undefined) throw new EtcdError(grpcCodes.invalidArgument, `quorate: unknown alarm ${request.alarm}`);
  propose(parts, { type, alarm: { member: request.memberID, kind } }, respond, (_header, result) => {
    if (result.type !== "alarm") throw unexpected(result.type);
    return answer(parts, result.alarm === undefined ? [] : [result.alarm]);
  });
}

function answer(parts: ServiceParts, alarms: readonly Alarm[]): AlarmResponse {
  return create(AlarmResponseSchema, {
    header: responseHeader(parts, parts.store.revision),
    alarms: alarms.map(({ member, kind }) => create(AlarmMemberSchema, { memberID: member, alarm: alarmTypes[kind] })),
  });
}
