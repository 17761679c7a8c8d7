import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { isJoint, type Configuration, type MemberAddress } from "@quorate/raft";
import {
  DescribeResponseSchema,
  Role,
  type DescribeRequest,
  type DescribeResponse,
  type MemberSchema,
  type ProgressSchema,
} from "../generated/quorate/v1/admin_pb.ts";
import type { Respond, ServiceParts } from "../service-parts.ts";

/** Admin.Describe: who the members are and how far each has come, from what this member knows. */
export function describe(parts: ServiceParts, _request: DescribeRequest, respond: Respond<DescribeResponse>): void {
  respond(undefined, description(parts));
}

export function description(parts: ServiceParts): DescribeResponse {
  const { status } = parts.replica;
  const { configuration } = status;
  const { electionTimeoutMs, clockDriftPpm } = configuration.timing;
  return create(DescribeResponseSchema, {
    clusterId: BigInt(status.clusterId),
    memberId: BigInt(status.memberId),
    leader: BigInt(status.leader),
    term: BigInt(status.term),
    baseIndex: BigInt(status.baseIndex),
    lastIndex: BigInt(status.lastIndex),
    commitIndex: BigInt(status.commitIndex),
    isJoint: isJoint(configuration),
    transferringTo: BigInt(status.transferringTo),
    timing: { electionTimeoutMs, clockDriftPpm },
    members: configuration.members.flatMap((member) => {
      const role = roleOf(configuration, member.id);
      return role === undefined ? [] : [described(parts, member, role)];
    }),
  });
}

function described(parts: ServiceParts, address: MemberAddress, role: Role): MessageInitShape<typeof MemberSchema> {
  const { replica, store } = parts;
  const { id, name, peerUrls, priority } = address;
  const published = store.members.get(id);
  const progress = progressOf(parts, id);
  return {
    id: BigInt(id),
    // What it publishes is what it is called now.
    name: published?.name ?? name,
    peerUrls: [...peerUrls],
    clientUrls: [...(published?.clientUrls ?? [])],
    role,
    isPromotable: replica.status.configuration.promotable.includes(id),
    priority: priority ?? 0,
    ...(progress === undefined ? {} : { progress }),
  };
}

function progressOf({ replica }: ServiceParts, id: number): MessageInitShape<typeof ProgressSchema> | undefined {
  const follower = replica.status.followers.find((one) => one.id === id);
  if (follower === undefined) return undefined;
  const { sending } = replica.transfers;
  const transfer = sending?.to === id ? sending : undefined;
  return {
    state: follower.state,
    matchIndex: BigInt(follower.match),
    heardMsAgo: BigInt(follower.heardMsAgo),
    sentBytes: BigInt(transfer?.sentBytes ?? 0),
    totalBytes: BigInt(transfer?.totalBytes ?? 0),
  };
}

/** Undefined for a member that has left and is named a little longer, so that it can be told. */
function roleOf({ voters, outgoing, learners }: Configuration, id: number): Role | undefined {
  if (voters.includes(id)) return Role.VOTER;
  if (learners.includes(id)) return Role.LEARNER;
  return outgoing.includes(id) ? Role.LEAVING : undefined;
}
