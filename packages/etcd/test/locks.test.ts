import assert from "node:assert/strict";
import { test } from "node:test";
import { create, fromBinary, toBinary, type MessageShape } from "@bufbuild/protobuf";
import { Client, credentials, type ClientReadableStream } from "@grpc/grpc-js";
import { setTimeout as delay } from "node:timers/promises";
import { grpcCodes as codes } from "@quorate/grpc";
import {
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  LeaseGrantRequestSchema,
  LeaseGrantResponseSchema,
  LeaseRevokeRequestSchema,
  LeaseRevokeResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import {
  CampaignRequestSchema,
  CampaignResponseSchema,
  LeaderRequestSchema,
  LeaderResponseSchema,
  ProclaimRequestSchema,
  ProclaimResponseSchema,
  ResignRequestSchema,
  ResignResponseSchema,
  type LeaderKey,
  type LeaderResponse,
} from "../src/generated/v3electionpb/v3election_pb.ts";
import {
  LockRequestSchema,
  LockResponseSchema,
  UnlockRequestSchema,
  UnlockResponseSchema,
  type LockResponse,
} from "../src/generated/v3lockpb/v3lock_pb.ts";
import { failure, serveFake, type EtcdClient, type Served } from "./support/serve-fake.ts";

const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));
const text = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString();

/** Short ways to call the services. */
function callsOf(client: EtcdClient) {
  return {
    grant: (ID: bigint) =>
      client.call("Lease/LeaseGrant", LeaseGrantRequestSchema, LeaseGrantResponseSchema, { ID, TTL: 60n }),
    revoke: (ID: bigint) =>
      client.call("Lease/LeaseRevoke", LeaseRevokeRequestSchema, LeaseRevokeResponseSchema, { ID }),
    lock: (name: string, lease: bigint) =>
      client.callPath("/v3lockpb.Lock/Lock", LockRequestSchema, LockResponseSchema, { name: utf8(name), lease }),
    unlock: (key: Uint8Array) =>
      client.callPath("/v3lockpb.Lock/Unlock", UnlockRequestSchema, UnlockResponseSchema, { key }),
    campaign: (name: string, lease: bigint, value: string) =>
      client.callPath("/v3electionpb.Election/Campaign", CampaignRequestSchema, CampaignResponseSchema, {
        name: utf8(name),
        lease,
        value: utf8(value),
      }),
    proclaim: (leader: LeaderKey | undefined, value: string) =>
      client.callPath("/v3electionpb.Election/Proclaim", ProclaimRequestSchema, ProclaimResponseSchema, {
        ...(leader === undefined ? {} : { leader }),
        value: utf8(value),
      }),
    resign: (leader: LeaderKey | undefined) =>
      client.callPath(
        "/v3electionpb.Election/Resign",
        ResignRequestSchema,
        ResignResponseSchema,
        leader === undefined ? {} : { leader },
      ),
    leader: (name: string) =>
      client.callPath("/v3electionpb.Election/Leader", LeaderRequestSchema, LeaderResponseSchema, { name: utf8(name) }),
    get: (key: Uint8Array) => client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key }),
    remove: (key: Uint8Array) =>
      client.call("KV/DeleteRange", DeleteRangeRequestSchema, DeleteRangeResponseSchema, { key }),
  };
}

/** Whether a promise is still open, once all that is due at once has happened. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  await delay(60);
  return (await Promise.race([promise.then(() => "over"), Promise.resolve("open")])) === "open";
}

test("a lock is the key of its name and lease, and goes with the lease", async (context) => {
  const { client } = await serveFake(context);
  const { grant, lock, get, revoke } = callsOf(client);
  await grant(0x1abcn);
  const { key, header } = await lock("queue", 0x1abcn);
  assert.equal(text(key), "queue/1abc");
  const [held] = (await get(key)).kvs;
  assert.deepEqual([held?.lease, text(held?.value), held?.createRevision], [0x1abcn, "", header?.revision]);
  await revoke(0x1abcn);
  assert.equal((await get(key)).count, 0n);
});

test("whoever holds a lock is given it again", async (context) => {
  const { client } = await serveFake(context);
  const { grant, lock } = callsOf(client);
  await grant(1n);
  assert.deepEqual((await lock("a", 1n)).key, (await lock("a", 1n)).key);
});

test("without a lease a lock gets one of sixty seconds", async (context) => {
  const { client, store } = await serveFake(context);
  const { key } = await callsOf(client).lock("a", 0n);
  const [lease] = [...store.leases.all()];
  assert.deepEqual([lease?.ttl, text(key)], [60, `a/${lease?.id.toString(16)}`]);
});

test("a lock with a lease that is not there is refused", async (context) => {
  const { client } = await serveFake(context);
  assert.deepEqual(await failure(callsOf(client).lock("a", 7n)), [
    codes.notFound,
    "etcdserver: requested lease not found",
  ]);
});

test("others wait in the order in which they came, and names do not meet", async (context) => {
  const { client } = await serveFake(context);
  const { grant, lock, unlock } = callsOf(client);
  for (const id of [1n, 2n, 3n]) await grant(id);
  const first = await lock("a", 1n);
  const order: bigint[] = [];
  const next = async (id: bigint): Promise<LockResponse> => {
    const held = await lock("a", id);
    order.push(id);
    return held;
  };
  const second = next(2n);
  assert.ok(await isOpen(second));
  const third = next(3n);
  assert.ok(await isOpen(third));
  await lock("a/1", 3n);
  await unlock(first.key);
  await unlock((await second).key);
  await third;
  assert.deepEqual(order, [2n, 3n]);
});

test("whoever waits is given the lock when the owner's lease ends, and not when somebody else's does", async (context) => {
  const { client } = await serveFake(context);
  const { grant, lock, revoke } = callsOf(client);
  for (const id of [1n, 2n, 3n]) await grant(id);
  await lock("a", 1n);
  const second = failure(lock("a", 2n));
  assert.ok(await isOpen(second));
  const third = lock("a", 3n);
  assert.ok(await isOpen(third));
  await revoke(2n);
  assert.deepEqual(await second, [codes.unknown, "mutex: session is expired"]);
  assert.ok(await isOpen(third));
  await revoke(1n);
  await third;
});

test("whoever goes away while waiting is not waited for, and does not become the owner", async (context) => {
  const served = await serveFake(context);
  const { grant, lock, unlock } = callsOf(served.client);
  for (const id of [1n, 2n, 3n]) await grant(id);
  const first = await lock("a", 1n);
  const impatient = new Client(served.url.replace("http://", ""), credentials.createInsecure());
  const gone = new Promise((resolve) => {
    const call = impatient.makeUnaryRequest(
      "/v3lockpb.Lock/Lock",
      (message: MessageShape<typeof LockRequestSchema>) => Buffer.from(toBinary(LockRequestSchema, message)),
      (bytes) => bytes,
      create(LockRequestSchema, { name: utf8("a"), lease: 2n }),
      resolve,
    );
    setTimeout(() => call.cancel(), 100);
  });
  await gone;
  impatient.close();
  await delay(400);
  assert.equal([...served.store.leases.keysOf(2n)].length, 0, "its key is gone");
  const third = lock("a", 3n);
  await unlock(first.key);
  await third;
});

test("many who want one lock have it one at a time, in order, each with a higher token", async (context) => {
  const { client } = await serveFake(context);
  const { grant, lock, unlock, get } = callsOf(client);
  let owners = 0;
  const tokens: bigint[] = [];
  const worker = async (id: bigint): Promise<void> => {
    await grant(id);
    for (let round = 0; round < 5; round++) {
      const { key } = await lock("one", id);
      owners++;
      assert.equal(owners, 1);
      tokens.push((await get(key)).kvs[0]?.createRevision ?? 0n);
      await delay(1);
      owners--;
      await unlock(key);
    }
  };
  await Promise.all(Array.from({ length: 8 }, (_, at) => worker(BigInt(at + 1))));
  assert.equal(tokens.length, 40);
  assert.ok(tokens.every((token, at) => at === 0 || token > (tokens[at - 1] as bigint)));
});

test("an election: campaign, leader, proclaim, resign, and the next one leads", async (context) => {
  const { client } = await serveFake(context);
  const { grant, campaign, leader, proclaim, resign } = callsOf(client);
  for (const id of [1n, 2n]) await grant(id);
  assert.deepEqual(await failure(leader("e")), [codes.unknown, "election: no leader"]);
  const first = (await campaign("e", 1n, "one")).leader as LeaderKey;
  assert.deepEqual([text(first.name), text(first.key), first.lease], ["e", "e/1", 1n]);
  const second = campaign("e", 2n, "two");
  assert.ok(await isOpen(second));
  await proclaim(first, "one again");
  assert.equal(text((await leader("e")).kv?.value), "one again");
  await resign(first);
  const { leader: next } = await second;
  assert.equal(text((await leader("e")).kv?.value), "two");
  assert.deepEqual(await failure(proclaim(first, "too late")), [codes.unknown, "election: not leader"]);
  await resign(first);
  assert.equal(text((await leader("e")).kv?.key), text(next?.key));
});

test("whoever stands again with the same lease says what it says now", async (context) => {
  const { client } = await serveFake(context);
  const { grant, campaign, leader } = callsOf(client);
  await grant(1n);
  const first = await campaign("e", 1n, "one");
  const again = await campaign("e", 1n, "other");
  assert.equal(first.leader?.rev, again.leader?.rev);
  assert.equal(text((await leader("e")).kv?.value), "other");
});

test("a proclamation without a leader key is refused in etcd's words", async (context) => {
  const { client } = await serveFake(context);
  const { proclaim, resign } = callsOf(client);
  const missing = [codes.unknown, '"leader" field must be provided'];
  assert.deepEqual(await failure(proclaim(undefined, "x")), missing);
  assert.deepEqual(await failure(resign(undefined)), missing);
});

/** What an observer of an election is told, as "value@revision". */
function observe({ url }: Served, name: string, cleanup: { after(end: () => unknown): void }) {
  const client = new Client(url.replace("http://", ""), credentials.createInsecure());
  cleanup.after(() => client.close());
  const stream: ClientReadableStream<LeaderResponse> = client.makeServerStreamRequest(
    "/v3electionpb.Election/Observe",
    (message: MessageShape<typeof LeaderRequestSchema>) => Buffer.from(toBinary(LeaderRequestSchema, message)),
    (bytes) => fromBinary(LeaderResponseSchema, bytes),
    create(LeaderRequestSchema, { name: utf8(name) }),
  );
  const told: string[] = [];
  stream.on("data", ({ kv }: LeaderResponse) => told.push(text(kv?.value)));
  stream.on("error", () => {});
  return { told, cancel: () => stream.cancel() };
}

test("an observer is told of the present leader, of all that it proclaims, and of each that follows", async (context) => {
  const served = await serveFake(context);
  const { grant, campaign, proclaim, resign, revoke } = callsOf(served.client);
  for (const id of [1n, 2n, 3n]) await grant(id);
  const early = observe(served, "e", context);
  await delay(50);
  const first = (await campaign("e", 1n, "a")).leader as LeaderKey;
  const late = observe(served, "e", context);
  await delay(50);
  const second = campaign("e", 2n, "b");
  const third = campaign("e", 3n, "c");
  await delay(50);
  for (const value of ["a2", "a3"]) await proclaim(first, value);
  await resign(first);
  await second;
  await revoke(2n);
  const last = (await third).leader as LeaderKey;
  await resign(last);
  await delay(50);
  await campaign("e", 1n, "again");
  await delay(100);
  assert.deepEqual(early.told, ["a", "a2", "a3", "b", "c", "again"]);
  assert.deepEqual(late.told, early.told);
  early.cancel();
  late.cancel();
  await delay(50);
  assert.equal(served.store.watches.counts.groups, 0, "nothing is left of those who went away");
});

// What is refused behind a step that takes time (here: a lease of the lock's own) must be an answer: thrown, it would end the member.

test("a name of any length is taken, or refused as too large, whether or not a lease is brought", async (context) => {
  const { client } = await serveFake(context);
  const { grant, lock, campaign, leader } = callsOf(client);
  await grant(1n);
  const long = "n".repeat(200_000);
  for (const lease of [0n, 1n]) {
    assert.ok(text((await lock(`${long}${lease}`, lease)).key).startsWith(`${long}${lease}/`));
    await campaign(`${long}e${lease}`, lease, "");
    assert.ok((await leader(`${long}e${lease}`)).kv);
  }
  const tooLong = "n".repeat(600_000);
  const refused = [codes.invalidArgument, "etcdserver: request is too large"];
  for (const lease of [0n, 1n]) {
    assert.deepEqual(await failure(lock(tooLong, lease)), refused);
    assert.deepEqual(await failure(campaign(tooLong, lease, "")), refused);
  }
});

test("an election of a long name can be observed", async (context) => {
  const served = await serveFake(context);
  const name = "n".repeat(200_000);
  const observer = observe(served, name, context);
  await callsOf(served.client).campaign(name, 0n, "a");
  await delay(100);
  assert.deepEqual(observer.told, ["a"]);
});

test("where there is space for a lease and none for a key, a lock and a campaign are refused", async (context) => {
  const { client } = await serveFake(context, { quotaBackendBytes: 200 });
  const { lock, campaign } = callsOf(client);
  const noSpace = [codes.resourceExhausted, "etcdserver: mvcc: database space exceeded"];
  assert.deepEqual(await failure(lock("a", 0n)), noSpace);
  assert.deepEqual(await failure(campaign("a", 0n, "x".repeat(300))), noSpace);
});
