import { create } from "@bufbuild/protobuf";
import { parsePeerUrl, type MembershipOperation, type MembershipRefusal, type ReplicaError } from "@quorate/replica";
import { refusals, type EtcdError } from "./errors.ts";
import {
  MemberAddResponseSchema,
  MemberListResponseSchema,
  MemberPromoteResponseSchema,
  MemberRemoveResponseSchema,
  MemberUpdateResponseSchema,
  type MemberAddRequest,
  type MemberAddResponse,
  type MemberListRequest,
  type MemberListResponse,
  type MemberPromoteRequest,
  type MemberPromoteResponse,
  type MemberRemoveRequest,
  type MemberRemoveResponse,
  type MemberUpdateRequest,
  type MemberUpdateResponse,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { memberIdIn, membersOf, newMemberId } from "./members.ts";
import { replicaRefusal } from "./replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "./service-parts.ts";

/** etcd's Cluster service: who the members are. Its headers have no revision. */

export function memberList(
  parts: ServiceParts,
  request: MemberListRequest,
  respond: Respond<MemberListResponse>,
): void {
  const answer = (): void => respond(undefined, create(MemberListResponseSchema, afterwards(parts)));
  if (!request.linearizable) return answer();
  parts.replica.readBarrier((error) => {
    if (error === undefined) answer();
    else respond(replicaRefusal(error), undefined);
  });
}

/** A new member is a learner first; without `isLearner` it is promoted by itself as soon as it has caught up. */
export function memberAdd(parts: ServiceParts, request: MemberAddRequest, respond: Respond<MemberAddResponse>): void {
  const peerUrls = checkedUrls(request.peerURLs);
  const id = newMemberId();
  const operation = { kind: "add", member: { id, name: "", peerUrls }, isPromotable: !request.isLearner } as const;
  change(parts, operation, respond, () => {
    const answer = afterwards(parts);
    const member = answer.members.find(({ ID }) => ID === BigInt(id));
    return create(MemberAddResponseSchema, member === undefined ? answer : { ...answer, member });
  });
}

export function memberRemove(
  parts: ServiceParts,
  request: MemberRemoveRequest,
  respond: Respond<MemberRemoveResponse>,
): void {
  const operation = { kind: "remove", id: idOf(request.ID) } as const;
  change(parts, operation, respond, () => create(MemberRemoveResponseSchema, afterwards(parts)));
}

export function memberUpdate(
  parts: ServiceParts,
  request: MemberUpdateRequest,
  respond: Respond<MemberUpdateResponse>,
): void {
  const peerUrls = checkedUrls(request.peerURLs);
  const id = idOf(request.ID);
  const present = parts.replica.status.configuration.members.find((member) => member.id === id);
  const operation = { kind: "update", member: { ...present, id, name: present?.name ?? "", peerUrls } } as const;
  change(parts, operation, respond, () => create(MemberUpdateResponseSchema, afterwards(parts)));
}

export function memberPromote(
  parts: ServiceParts,
  request: MemberPromoteRequest,
  respond: Respond<MemberPromoteResponse>,
): void {
  const operation = { kind: "promote", id: idOf(request.ID) } as const;
  change(parts, operation, respond, () => create(MemberPromoteResponseSchema, afterwards(parts)));
}

function change<T>(parts: ServiceParts, operation: MembershipOperation, respond: Respond<T>, answer: () => T): void {
  parts.replica.administer(operation, (error) => {
    if (error === undefined) respond(undefined, answer());
    else respond(changeRefusal(error, operation.kind), undefined);
  });
}

function afterwards(parts: ServiceParts) {
  return { header: responseHeader(parts), members: membersOf(parts) };
}

function checkedUrls(urls: readonly string[]): string[] {
  const areGood = urls.length > 0 && urls.every((url) => URL.canParse(url) && parsePeerUrl(url) !== undefined);
  if (!areGood) throw refusals.badMemberUrls();
  return [...urls];
}

/** Whether the id is a member's is for the leader to say: this member may know less. */
function idOf(given: bigint): number {
  const id = memberIdIn(given);
  if (id === 0) throw refusals.memberNotFound();
  return id;
}

/** etcd's words for why nothing was changed. */
function changeRefusal(error: ReplicaError, kind: MembershipOperation["kind"]): EtcdError {
  const { refusal } = error;
  if (error.code !== "refused" || refusal === undefined) return replicaRefusal(error);
  return etcdRefusal(refusal, kind) ?? replicaRefusal(error);
}

function etcdRefusal(refusal: MembershipRefusal, kind: MembershipOperation["kind"]): EtcdError | undefined {
  switch (refusal) {
    case "unknown-member":
      return refusals.memberNotFound();
    case "id-in-use":
    case "id-was-removed":
      return refusals.memberExists();
    case "address-in-use":
      return refusals.peerUrlExists();
    case "not-a-learner":
      return refusals.notLearner();
    case "not-caught-up":
      return kind === "promote" ? refusals.learnerNotReady() : refusals.notEnoughStarted();
    case "no-voters-left":
      return refusals.notEnoughStarted();
    case "not-ready":
      return refusals.unhealthy();
    case "name-in-use":
    case "change-in-progress":
    case "busy":
    case "invalid":
    case "not-leader":
    case "nothing-to-abandon":
    case "given-up":
    case "transfer-failed":
      return undefined;
  }
}
