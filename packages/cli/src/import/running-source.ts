import { status } from "@grpc/grpc-js";
import type { KeyValue } from "@quorate/etcd/api";
import { CallError, type Calls } from "../client/calls.ts";
import {
  authStatus,
  leaseLeases,
  leaseTimeToLive,
  range,
  roleGet,
  roleList,
  userGet,
  userList,
} from "../client/etcd-methods.ts";
import { endOfPrefix } from "../client/text-and-bytes.ts";
import { FailureError } from "../errors.ts";
import type { Source, SourceAuth, SourceLease } from "./source.ts";

/** How many bytes a page should have: the limit of the next one follows from the last one's. */
const pageBytes = 4 * 1024 * 1024;
const mostRecords = 5000;
/** Of calls about single leases and users at a time. */
const atOnce = 16;

/** An etcd that runs, or anything that speaks as it does. All that it shows is read at one revision. */
export async function openRunningSource(
  calls: Calls,
  { name, prefix, revision: wanted }: { name: string; prefix: Uint8Array; revision: number | undefined },
): Promise<Source> {
  const bounds =
    prefix.length === 0
      ? { key: new Uint8Array(1), rangeEnd: new Uint8Array(1) }
      : { key: prefix, rangeEnd: endOfPrefix(prefix) };
  // The newest revision is that of a linearizable read; all later ones are of this revision, at whichever member.
  const newest = await calls.call(range, { ...bounds, countOnly: true });
  const revision = BigInt(wanted ?? newest.header?.revision ?? 0n);
  const counted = await calls.call(range, { ...bounds, countOnly: true, revision }).catch(saysCompacted);
  return {
    name,
    revision: Number(revision),
    keyCount: Number(counted.count),
    records: () => recordsOf(calls, bounds, revision),
    leases: () => leasesOf(calls),
    auth: () => authOf(calls),
    close: () => Promise.resolve(calls.close()),
  };
}

async function* recordsOf(
  calls: Calls,
  { key, rangeEnd }: { key: Uint8Array; rangeEnd: Uint8Array },
  revision: bigint,
): AsyncGenerator<readonly KeyValue[]> {
  let from = key;
  let limit = 64;
  for (;;) {
    const request = { key: from, rangeEnd, revision, limit: BigInt(limit), serializable: false };
    const { kvs, more } = await calls.call(range, request).catch(saysCompacted);
    if (kvs.length > 0) yield kvs;
    const last = kvs.at(-1);
    if (!more || last === undefined) return;
    from = Buffer.concat([last.key, new Uint8Array(1)]);
    const bytes = kvs.reduce((sum, one) => sum + one.key.length + one.value.length + 32, 0);
    limit = Math.max(1, Math.min(mostRecords, limit * 4, Math.floor((pageBytes * kvs.length) / bytes)));
  }
}

async function leasesOf(calls: Calls): Promise<readonly SourceLease[]> {
  const { leases } = await calls.call(leaseLeases, {});
  const found: SourceLease[] = [];
  for (let index = 0; index < leases.length; index += atOnce) {
    const some = leases.slice(index, index + atOnce);
    const answers = await Promise.all(some.map(({ ID }) => calls.call(leaseTimeToLive, { ID })));
    // One that has ended since it was listed has nothing left.
    for (const { ID, TTL, grantedTTL } of answers) if (TTL > 0n) found.push({ id: ID, seconds: grantedTTL });
  }
  return found;
}

async function authOf(calls: Calls): Promise<SourceAuth> {
  const { users: names } = await calls.call(userList, {});
  const { roles: roleNames } = await calls.call(roleList, {});
  const users = [];
  for (const name of names) {
    const { roles } = await calls.call(userGet, { name });
    users.push({ name, roles, hasNoPassword: undefined, passwordHash: undefined });
  }
  const roles = [];
  for (const role of roleNames) roles.push({ name: role, permissions: (await calls.call(roleGet, { role })).perm });
  return { users, roles, isEnabled: await isEnabled(calls) };
}

/** etcd 3.4 cannot say. */
async function isEnabled(calls: Calls): Promise<boolean | undefined> {
  try {
    return (await calls.call(authStatus, {})).enabled;
  } catch (error) {
    if (error instanceof CallError && error.code === status.UNIMPLEMENTED) return undefined;
    throw error;
  }
}

function saysCompacted(error: unknown): never {
  if (error instanceof CallError && error.details === "etcdserver: mvcc: required revision has been compacted") {
    throw new FailureError(
      "The source has compacted the revision that is being read. Turn its automatic compaction off for so long, and run this again.",
      { cause: error },
    );
  }
  throw error;
}
