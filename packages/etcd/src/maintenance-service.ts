import { create } from "@bufbuild/protobuf";
import { grpcCodes } from "@quorate/grpc";
import { describeMember, recipients } from "@quorate/raft";
import { EtcdError, refusals } from "./errors.ts";
import {
  AlarmRequest_AlarmAction,
  AlarmResponseSchema,
  AlarmType,
  HashKVResponseSchema,
  StatusResponseSchema,
  type AlarmRequest,
  type AlarmResponse,
  type HashKVRequest,
  type HashKVResponse,
  type StatusRequest,
  type StatusResponse,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { toNumber } from "./kv-requests.ts";
import { refusalError } from "./kv-responses.ts";
import { responseHeader, type Respond, type ServiceParts } from "./service-parts.ts";
import { emulatedVersion } from "./version.ts";

/** etcd's Maintenance service, of one member: nothing here asks the others. */

export function status(parts: ServiceParts, _request: StatusRequest, respond: Respond<StatusResponse>): void {
  const { leader, commitIndex, term, appliedIndex, configuration, memberId, quarantined } = parts.replica.status;
  const bytes = BigInt(parts.store.approximateBytes);
  const errors = leader === 0 ? ["etcdserver: no leader"] : [];
  errors.push(...stateErrors(parts));
  if (quarantined) errors.push("quorate: quarantined after damage to its log: takes entries, has no vote");
  respond(
    undefined,
    create(StatusResponseSchema, {
      header: responseHeader(parts, parts.store.revision),
      version: emulatedVersion,
      dbSize: bytes,
      dbSizeInUse: bytes,
      leader: BigInt(leader),
      raftIndex: BigInt(commitIndex),
      raftTerm: BigInt(term),
      raftAppliedIndex: BigInt(appliedIndex),
      errors,
      isLearner: configuration.learners.includes(memberId),
    }),
  );
}

/** What is wrong with the members' states, as far as this member knows. */
function stateErrors({ condition, replica }: ServiceParts): string[] {
  const { differing, isUndecided } = replica.stateComparison;
  const errors: string[] = [];
  if (condition.isRebuilding)
    errors.push("quorate: rebuilding its state after damage: local reads wait until it is whole");
  if (differing.length > 0) {
    errors.push(
      `quorate: the state of ${differing.map((id) => describeMember(id)).join(", ")} differs from the majority's`,
    );
  }
  if (isUndecided) errors.push("quorate: the members' states differ, and none has a majority");
  return errors;
}

/** The hash of the state at a revision: equal on all members. */
export function hashKv(parts: ServiceParts, request: HashKVRequest, respond: Respond<HashKVResponse>): void {
  parts.store.hash(Math.max(0, toNumber(request.revision)), (error, read) => {
    if (error !== undefined) return respond(refusals.corrupt(), undefined);
    if (!read.ok) return respond(refusalError(read.refusal), undefined);
    const { hash, revision, compactedRevision } = read.result;
    const response = create(HashKVResponseSchema, {
      header: responseHeader(parts, read.revision),
      hash,
      compactRevision: BigInt(compactedRevision),
      hashRevision: BigInt(revision),
    });
    respond(undefined, response);
  });
}

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
