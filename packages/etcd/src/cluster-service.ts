import { create } from "@bufbuild/protobuf";
import {
  MemberListResponseSchema,
  MemberSchema,
  type Member,
  type MemberListRequest,
  type MemberListResponse,
} from "./generated/etcdserverpb/rpc_pb.ts";
import { replicaRefusal } from "./replica-errors.ts";
import { responseHeader, type Respond, type ServiceParts } from "./service-parts.ts";

/** etcd's Cluster service: who the members are. */
export function memberList(
  parts: ServiceParts,
  request: MemberListRequest,
  respond: Respond<MemberListResponse>,
): void {
  const answer = (): void =>
    // etcd's header has no revision here.
    respond(undefined, create(MemberListResponseSchema, { header: responseHeader(parts), members: membersOf(parts) }));
  if (!request.linearizable) return answer();
  parts.replica.readBarrier((error) => {
    if (error === undefined) answer();
    else respond(replicaRefusal(error), undefined);
  });
}

/** Peer URLs as replicated in the configuration; name and client URLs as each member has published them. */
export function membersOf({ replica, store }: ServiceParts): Member[] {
  const { configuration } = replica.status;
  return configuration.members.map(({ id, peerUrls }) => {
    const published = store.members.get(id);
    return create(MemberSchema, {
      ID: BigInt(id),
      name: published?.name ?? "",
      peerURLs: [...peerUrls],
      clientURLs: [...(published?.clientUrls ?? [])],
      isLearner: configuration.learners.includes(id),
    });
  });
}
