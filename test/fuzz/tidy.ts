import { create, type DescMessage, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AlarmRequestSchema,
  AlarmResponseSchema,
  AuthRoleAddRequestSchema,
  AuthRoleDeleteRequestSchema,
  AuthRoleListRequestSchema,
  AuthRoleListResponseSchema,
  AuthUserAddRequestSchema,
  AuthUserDeleteRequestSchema,
  AuthUserListRequestSchema,
  AuthUserListResponseSchema,
  CompactionRequestSchema,
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  LeaseGrantRequestSchema,
  MemberListRequestSchema,
  MemberListResponseSchema,
  MemberRemoveRequestSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "@quorate/etcd/api";
import { encoded } from "./extreme-messages.ts";
import type { Calls } from "./member-calls.ts";

/** Whatever was asked: what is written is read. */
export async function stillServes(calls: Calls, after: string): Promise<void> {
  const [key, value] = ["still", "here"].map((text) => Buffer.from(text)) as [Buffer, Buffer];
  try {
    await calls.call(kv("Put"), PutRequestSchema, PutResponseSchema, { key, value });
    const { kvs } = await calls.call(kv("Range"), RangeRequestSchema, RangeResponseSchema, { key });
    if (!value.equals(kvs[0]?.value ?? new Uint8Array(0))) throw new Error("what was written is not read");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`after ${after}, the member does not serve: ${why}`, { cause: error });
  }
}

/** Undoes what would pile up, or refuse what follows; and has something there of every kind that requests name. */
export async function tidy(calls: Calls): Promise<void> {
  const { header, members } = await calls.call(
    cluster("MemberList"),
    MemberListRequestSchema,
    MemberListResponseSchema,
    {},
  );
  for (const { ID } of members) {
    if (ID !== header?.memberId)
      await calls.ask(cluster("MemberRemove"), [encodedOf(MemberRemoveRequestSchema, { ID })]);
  }
  const alarm = maintenance("Alarm");
  const { alarms } = await calls.call(alarm, AlarmRequestSchema, AlarmResponseSchema, { action: 0 });
  for (const { memberID, alarm: kind } of alarms) {
    await calls.call(alarm, AlarmRequestSchema, AlarmResponseSchema, { action: 2, memberID, alarm: kind });
  }
  const { users } = await calls.call(auth("UserList"), AuthUserListRequestSchema, AuthUserListResponseSchema, {});
  for (const name of users) await calls.ask(auth("UserDelete"), [encodedOf(AuthUserDeleteRequestSchema, { name })]);
  const { roles } = await calls.call(auth("RoleList"), AuthRoleListRequestSchema, AuthRoleListResponseSchema, {});
  for (const role of roles) await calls.ask(auth("RoleDelete"), [encodedOf(AuthRoleDeleteRequestSchema, { role })]);
  const everything = { key: Buffer.of(0), rangeEnd: Buffer.of(0) };
  const removed = await calls.call(kv("DeleteRange"), DeleteRangeRequestSchema, DeleteRangeResponseSchema, everything);
  const { revision } = removed.header as { revision: bigint };
  await calls.ask(kv("Compact"), [encodedOf(CompactionRequestSchema, { revision })]);
  await calls.ask(auth("RoleAdd"), [encodedOf(AuthRoleAddRequestSchema, { name: "a" })]);
  await calls.ask(auth("UserAdd"), [encodedOf(AuthUserAddRequestSchema, { name: "a", password: "a" })]);
  for (const ID of [1n, 2n]) {
    const lease = encodedOf(LeaseGrantRequestSchema, { ID, TTL: 1_000_000n });
    await calls.ask("/etcdserverpb.Lease/LeaseGrant", [lease]);
  }
  const puts = Array.from({ length: 100 }, (_, at) => {
    const value = { key: Buffer.from(`a${at}`), value: Buffer.from("a"), lease: BigInt(at % 3) };
    return { request: { case: "requestPut" as const, value } };
  });
  await calls.call(kv("Txn"), TxnRequestSchema, TxnResponseSchema, { success: puts });
}

const [kv, cluster, maintenance, auth] = ["KV", "Cluster", "Maintenance", "Auth"].map(
  (service) => (method: string) => `/etcdserverpb.${service}/${method}`,
) as [(method: string) => string, (method: string) => string, (method: string) => string, (method: string) => string];

function encodedOf<T extends DescMessage>(type: T, message: MessageInitShape<T>): Buffer {
  return encoded(type, create(type, message));
}
