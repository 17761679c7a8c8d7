import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { fromBinary } from "@bufbuild/protobuf";
import { KeyValueSchema, leaseRecords, RoleSchema, UserSchema, type KeyValue } from "@quorate/etcd/api";
import { readBucket } from "./bbolt/buckets.ts";
import { damaged, PageFile, type Entry } from "./bbolt/pages.ts";
import type { Source, SourceAuth, SourceLease } from "./source.ts";

const pageBytes = 4 * 1024 * 1024;
const checksumBytes = 32;
/** A key of the bucket "key" is a revision: 8 bytes, "_", 8 bytes; one more where the key was deleted. */
const revisionBytes = 17;

/**
 * A file of `etcdctl snapshot save`. Its checksum is compared first; a database file taken from a data directory has none.
 * What is in memory is a number for each key, as in etcd itself, and a few MiB of records.
 */
export async function openSnapshotSource(path: string, prefix: Uint8Array): Promise<Source> {
  await compareChecksum(path);
  const handle = await open(path);
  try {
    const file = await PageFile.open(handle);
    const { live, revision } = await indexOf(file, prefix);
    return {
      name: path,
      revision,
      keyCount: live.size,
      records: () => recordsOf(file, live),
      leases: () => leasesOf(file),
      auth: () => authOf(file),
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** Where the newest record of each key is that is not deleted. */
interface Index {
  /** By key, one character for each byte: the revision, and its part within one. */
  readonly live: ReadonlyMap<string, string>;
  readonly revision: number;
}

async function indexOf(file: PageFile, prefix: Uint8Array): Promise<Index> {
  const live = new Map<string, string>();
  const wanted = Buffer.from(prefix).toString("latin1");
  let revision = 0;
  for await (const entry of readBucket(file, "key")) {
    const { key } = recordOf(entry);
    const name = Buffer.from(key).toString("latin1");
    revision = Math.max(revision, Number(entry.key.readBigUInt64BE(0)));
    if (!name.startsWith(wanted)) continue;
    if (entry.key.length > revisionBytes) live.delete(name);
    else live.set(name, entry.key.toString("latin1"));
  }
  return { live, revision };
}

async function* recordsOf(file: PageFile, live: Index["live"]): AsyncGenerator<readonly KeyValue[]> {
  let page: KeyValue[] = [];
  let bytes = 0;
  for await (const entry of readBucket(file, "key")) {
    const record = recordOf(entry);
    if (live.get(Buffer.from(record.key).toString("latin1")) !== entry.key.toString("latin1")) continue;
    page.push(record);
    bytes += entry.value.length;
    if (bytes < pageBytes) continue;
    yield page;
    page = [];
    bytes = 0;
  }
  if (page.length > 0) yield page;
}

async function leasesOf(file: PageFile): Promise<readonly SourceLease[]> {
  const found: SourceLease[] = [];
  for await (const { value } of readBucket(file, "lease")) {
    const { ID, TTL } = parse(() => fromBinary(leaseRecords.LeaseSchema, value));
    found.push({ id: ID, seconds: TTL });
  }
  return found;
}

async function authOf(file: PageFile): Promise<SourceAuth> {
  const users = [];
  for await (const { value } of readBucket(file, "authUsers")) {
    const { name, roles, password, options } = parse(() => fromBinary(UserSchema, value));
    const hasNoPassword = options?.noPassword === true;
    users.push({
      name: Buffer.from(name).toString("utf8"),
      roles,
      hasNoPassword,
      passwordHash: hasNoPassword ? undefined : password,
    });
  }
  const roles = [];
  for await (const { value } of readBucket(file, "authRoles")) {
    const { name, keyPermission } = parse(() => fromBinary(RoleSchema, value));
    roles.push({ name: Buffer.from(name).toString("utf8"), permissions: keyPermission });
  }
  let isEnabled = false;
  for await (const { key, value } of readBucket(file, "auth")) {
    if (key.toString() === "authEnabled") isEnabled = value[0] === 1;
  }
  return { users, roles, isEnabled };
}

function recordOf({ key, value }: Entry): KeyValue {
  if (key.length < revisionBytes) throw damaged("a record has no revision");
  return parse(() => fromBinary(KeyValueSchema, value));
}

function parse<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw Object.assign(damaged("a record cannot be read"), { cause: error });
  }
}

/** The last 32 bytes are the SHA-256 of all before them, where the file is as long as its pages and those. */
async function compareChecksum(path: string): Promise<void> {
  const { size } = await stat(path);
  if (size % 512 !== checksumBytes) return;
  const hash = createHash("sha256");
  const body = createReadStream(path, { end: size - checksumBytes - 1 });
  for await (const chunk of body) hash.update(chunk as Buffer);
  const file = await open(path);
  try {
    const given = Buffer.alloc(checksumBytes);
    await file.read(given, 0, checksumBytes, size - checksumBytes);
    if (!given.equals(hash.digest())) throw damaged("its checksum is wrong");
  } finally {
    await file.close();
  }
}
