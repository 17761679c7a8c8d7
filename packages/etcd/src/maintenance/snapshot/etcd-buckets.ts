import { create, toBinary } from "@bufbuild/protobuf";
import { alarmKinds, type Permission, type StateContents } from "@quorate/store";
import { Permission_Type, RoleSchema, UserSchema } from "../../generated/authpb/auth_pb.ts";
import { AlarmMemberSchema, type Member } from "../../generated/etcdserverpb/rpc_pb.ts";
import { LeaseSchema } from "../../generated/leasepb/lease_pb.ts";
import { keyValueMessage } from "../../kv-responses.ts";
import { KeyValueSchema } from "../../generated/mvccpb/kv_pb.ts";
import type { DatabaseFile } from "../bbolt/database-file.ts";
import type { LeafItem } from "../bbolt/pages.ts";
import type { PlacedVersion } from "./revision-order.ts";

/**
 * Writes a state into the buckets of etcd's backend, as etcd 3.4 to 3.6 read them. `cluster` stays empty: the version in it would keep older
 * servers from starting. What etcd needs to begin anew (members, the index) its restoring replaces.
 */
export async function writeBuckets(
  file: DatabaseFile,
  contents: StateContents,
  versions: AsyncIterable<PlacedVersion>,
  members: readonly Member[],
): Promise<void> {
  const { tables, record } = contents;
  await file.bucket("alarm", inOrder(alarms(tables.alarms)));
  await file.bucket("auth", inOrder(auth(tables.auth)));
  await file.bucket("authRoles", inOrder(roles(tables.auth)));
  await file.bucket("authUsers", inOrder(users(tables.auth)));
  await file.bucket("cluster", []);
  await file.bucket("key", keys(versions));
  await file.bucket("lease", inOrder(leases(tables.leases)));
  await file.bucket("members", inOrder(members.map(memberItem)));
  await file.bucket("members_removed", []);
  await file.bucket("meta", inOrder(meta(record)));
}

const tombstone = "t".charCodeAt(0);

async function* keys(versions: AsyncIterable<PlacedVersion>): AsyncIterable<LeafItem> {
  for await (const { revision, sub, isPut, item } of versions) {
    const place = revisionBytes(revision, sub);
    const key = isPut ? place : Buffer.concat([place, Buffer.of(tombstone)]);
    yield plain(key, toBinary(KeyValueSchema, keyValueMessage(item)));
  }
}

/** etcd's revision: main, an underscore, sub. */
function revisionBytes(main: number, sub: number): Buffer {
  const bytes = Buffer.alloc(17);
  bytes.writeBigUInt64BE(BigInt(main), 0);
  bytes.write("_", 8);
  bytes.writeBigUInt64BE(BigInt(sub), 9);
  return bytes;
}

function* alarms({ raised }: StateContents["tables"]["alarms"]): Iterable<LeafItem> {
  for (const { member, kind } of raised) {
    const alarm = create(AlarmMemberSchema, { memberID: member, alarm: alarmKinds.indexOf(kind) as 0 | 1 | 2 });
    yield plain(toBinary(AlarmMemberSchema, alarm), new Uint8Array(0));
  }
}

function* auth({ state }: StateContents["tables"]["auth"]): Iterable<LeafItem> {
  yield plain(Buffer.from("authEnabled"), Buffer.of(state.isEnabled ? 1 : 0));
  yield plain(Buffer.from("authRevision"), uint64(BigInt(state.revision)));
}

function* users({ state }: StateContents["tables"]["auth"]): Iterable<LeafItem> {
  for (const name of state.userNames()) {
    const user = state.user(name);
    if (user === undefined) continue;
    const message = create(UserSchema, {
      name: Buffer.from(name),
      password: Buffer.from(user.passwordHash),
      roles: [...user.roles],
      options: { noPassword: user.hasNoPassword },
    });
    yield plain(Buffer.from(name), toBinary(UserSchema, message));
  }
}

const permissionTypes = {
  read: Permission_Type.READ,
  write: Permission_Type.WRITE,
  "read-write": Permission_Type.READWRITE,
} as const satisfies Record<Permission["kind"], Permission_Type>;

function* roles({ state }: StateContents["tables"]["auth"]): Iterable<LeafItem> {
  for (const name of state.roleNames()) {
    const keyPermission = (state.role(name)?.permissions ?? []).map(({ kind, range }) => ({
      permType: permissionTypes[kind],
      key: range.key,
      rangeEnd: range.end ?? new Uint8Array(0),
    }));
    const message = create(RoleSchema, { name: Buffer.from(name), keyPermission });
    yield plain(Buffer.from(name), toBinary(RoleSchema, message));
  }
}

function* leases(all: StateContents["tables"]["leases"]): Iterable<LeafItem> {
  for (const { id, ttl, remaining } of all.all()) {
    // What is left is told where less is left than was granted.
    const RemainingTTL = remaining < ttl ? BigInt(remaining) : 0n;
    yield plain(uint64(id), toBinary(LeaseSchema, create(LeaseSchema, { ID: id, TTL: BigInt(ttl), RemainingTTL })));
  }
}

function memberItem({ ID, name, peerURLs, clientURLs, isLearner }: Member): LeafItem {
  const quoted = JSON.stringify({ peerURLs, ...(isLearner ? { isLearner } : {}), name, clientURLs });
  // The id is a number of 64 bits, which JSON has and JavaScript has not.
  return plain(Buffer.from(ID.toString(16)), Buffer.from(`{"id":${ID},${quoted.slice(1)}`));
}

function* meta({ position, compactedRevision }: StateContents["record"]): Iterable<LeafItem> {
  yield plain(Buffer.from("consistent_index"), uint64(BigInt(position.index)));
  if (compactedRevision > 0) {
    yield plain(Buffer.from("finishedCompactRev"), revisionBytes(compactedRevision, 0));
    yield plain(Buffer.from("scheduledCompactRev"), revisionBytes(compactedRevision, 0));
  }
  yield plain(Buffer.from("term"), uint64(BigInt(position.term)));
}

function plain(key: Uint8Array, value: Uint8Array): LeafItem {
  return { key, value, isBucket: false };
}

function uint64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt.asUintN(64, value));
  return bytes;
}

/** What is in memory anyhow, in the order of its keys' bytes. */
function inOrder(items: Iterable<LeafItem>): LeafItem[] {
  return [...items].sort((left, right) => Buffer.compare(left.key, right.key));
}
