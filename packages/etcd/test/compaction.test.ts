import assert from "node:assert/strict";
import { test } from "node:test";
import { grpcCodes } from "@quorate/grpc";
import {
  CompactionRequestSchema,
  CompactionResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  StatusRequestSchema,
  StatusResponseSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { EtcdClient, failure, serveFake } from "./support/serve-fake.ts";
import { startSingleMember } from "./support/single-member.ts";

const utf8 = (text: string): Buffer => Buffer.from(text);
const compacted = [grpcCodes.outOfRange, "etcdserver: mvcc: required revision has been compacted"];
const future = [grpcCodes.outOfRange, "etcdserver: mvcc: required revision is a future revision"];

const put = async (client: EtcdClient, key: string, value: string): Promise<bigint | undefined> =>
  (await client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: utf8(key), value: utf8(value) })).header
    ?.revision;

const compact = (client: EtcdClient, revision: bigint, physical = false) =>
  client.call("KV/Compact", CompactionRequestSchema, CompactionResponseSchema, { revision, physical });

const read = (client: EtcdClient, revision: bigint) =>
  client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key: utf8("a"), revision });

const size = async (client: EtcdClient): Promise<bigint> =>
  (await client.call("Maintenance/Status", StatusRequestSchema, StatusResponseSchema, {})).dbSize;

test("a compaction is refused where etcd refuses it, and so are reads before it", async (context) => {
  const { client } = await serveFake(context);
  for (let at = 0; at < 5; at++) await put(client, "a", `${at}`);
  for (const revision of [0n, -1n]) assert.deepEqual(await failure(compact(client, revision)), compacted);
  assert.deepEqual(await failure(compact(client, 7n)), future);
  const answer = await compact(client, 4n);
  assert.equal(answer.header?.revision, 6n, "the header says the newest revision");
  assert.deepEqual(await failure(compact(client, 4n)), compacted);
  assert.deepEqual(await failure(read(client, 3n)), compacted);
  assert.equal((await read(client, 4n)).kvs[0]?.value.toString(), utf8("2").toString());
});

test("a physical compaction is answered when its bytes are gone from the disk", async (context) => {
  const server = await startSingleMember(context);
  const client = new EtcdClient(new URL(server.clientUrls[0] as string).host);
  context.after(() => client.close());
  let revision = 0n;
  for (let at = 0; at < 50; at++) revision = (await put(client, "a", "x".repeat(10_000))) ?? 0n;
  const before = await size(client);
  assert.ok(before > 500_000n);
  await compact(client, revision - 1n, true);
  const after = await size(client);
  assert.ok(after < 50_000n, `${before} bytes became ${after}`);
  assert.equal((await read(client, revision - 1n)).count, 1n);
});
