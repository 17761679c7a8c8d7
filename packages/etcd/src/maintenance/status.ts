import { create } from "@bufbuild/protobuf";
import { describeMember } from "@quorate/raft";
import { StatusResponseSchema, type StatusRequest, type StatusResponse } from "../generated/etcdserverpb/rpc_pb.ts";
import { responseHeader, type Respond, type ServiceParts } from "../service-parts.ts";
import { emulatedVersion } from "../version.ts";

const alarmTexts = { none: "", "no-space": "alarm:NOSPACE ", corrupt: "alarm:CORRUPT " } as const;

/** Of the member that is asked alone. */
export function status(parts: ServiceParts, _request: StatusRequest, respond: Respond<StatusResponse>): void {
  const { leader, commitIndex, term, appliedIndex, configuration, memberId, quarantined } = parts.replica.status;
  const bytes = BigInt(parts.store.approximateBytes);
  const errors = leader === 0 ? ["etcdserver: no leader"] : [];
  // In the words of etcd's own printing, space at the end included: clients look for them.
  for (const { member, kind } of parts.store.alarms) errors.push(`memberID:${member} ${alarmTexts[kind]}`);
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
      dbSizeQuota: BigInt(parts.quota.limitBytes),
      storageVersion: emulatedVersion,
      // A cluster has one version of its interface and none to go back to (`downgrade.ts`).
      downgradeInfo: { enabled: false, targetVersion: "" },
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
