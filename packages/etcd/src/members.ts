import { randomBytes } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { MemberSchema, type Member } from "./generated/etcdserverpb/rpc_pb.ts";
import type { ServiceParts } from "./service-parts.ts";

/** Peer URLs as replicated in the configuration; name and client URLs as each member has published them. */
export function membersOf({ replica, store }: Pick<ServiceParts, "replica" | "store">): Member[] {
  const { configuration } = replica.status;
  const { voters, outgoing, learners } = configuration;
  // Those that left with the last change are named a little longer, so that they can be told.
  const present = new Set([...voters, ...outgoing, ...learners]);
  return configuration.members
    .filter(({ id }) => present.has(id))
    .map(({ id, peerUrls }) => {
      const published = store.members.get(id);
      return create(MemberSchema, {
        ID: BigInt(id),
        name: published?.name ?? "",
        peerURLs: [...peerUrls],
        clientURLs: [...(published?.clientUrls ?? [])],
        isLearner: learners.includes(id),
      });
    });
}

/** An id for a new member: 53 random bits, so that no former member had it. Never 0. */
export function newMemberId(): number {
  const bytes = randomBytes(7);
  const value = (bytes.readUIntBE(0, 3) & 0x1f_ffff) * 0x1_0000_0000 + bytes.readUInt32BE(3);
  return value === 0 ? 1 : value;
}

/** An id of a request; 0, which nobody has, for what is no member's. */
export function memberIdIn(id: bigint): number {
  return id > BigInt(Number.MAX_SAFE_INTEGER) ? 0 : Number(id);
}
