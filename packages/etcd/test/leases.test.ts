import { fromBinary, toBinary, create } from "@bufbuild/protobuf";
import { Client, credentials, type ClientDuplexStream, type ServiceError } from "@grpc/grpc-js";
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { grpcCodes as codes } from "@quorate/grpc";
import {
  LeaseGrantRequestSchema,
  LeaseGrantResponseSchema,
  LeaseKeepAliveRequestSchema,
  LeaseKeepAliveResponseSchema,
  LeaseLeasesRequestSchema,
  LeaseLeasesResponseSchema,
  LeaseRevokeRequestSchema,
  LeaseRevokeResponseSchema,
  LeaseTimeToLiveRequestSchema,
  LeaseTimeToLiveResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  type LeaseKeepAliveRequest,
  type LeaseKeepAliveResponse,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { failure, serveFake, type EtcdClient, type Served } from "./support/serve-fake.ts";

const utf8 = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text));

const grant = (client: EtcdClient, ID: bigint, TTL: bigint) =>
  client.call("Lease/LeaseGrant", LeaseGrantRequestSchema, LeaseGrantResponseSchema, { ID, TTL });
const revoke = (client: EtcdClient, ID: bigint) =>
  client.call("Lease/LeaseRevoke", LeaseRevokeRequestSchema, LeaseRevokeResponseSchema, { ID });
const timeToLive = (client: EtcdClient, ID: bigint, keys = false) =>
  client.call("Lease/LeaseTimeToLive", LeaseTimeToLiveRequestSchema, LeaseTimeToLiveResponseSchema, { ID, keys });
const list = (client: EtcdClient) =>
  client.call("Lease/LeaseLeases", LeaseLeasesRequestSchema, LeaseLeasesResponseSchema, {});
const put = (client: EtcdClient, key: string, lease: bigint) =>
  client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: utf8(key), value: utf8("v"), lease });
const get = (client: EtcdClient, key: string) =>
  client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key: utf8(key) });

type Stream = ClientDuplexStream<LeaseKeepAliveRequest, LeaseKeepAliveResponse>;

/** A stream of keep-alives; what comes back, and with what it ends. */
function keepAlive(
  context: TestContext,
  { url }: Served,
): { stream: Stream; next: () => Promise<LeaseKeepAliveResponse> } {
  const client = new Client(url.replace("http://", ""), credentials.createInsecure());
  context.after(() => client.close());
  const stream: Stream = client.makeBidiStreamRequest(
    "/etcdserverpb.Lease/LeaseKeepAlive",
    (message: LeaseKeepAliveRequest) => Buffer.from(toBinary(LeaseKeepAliveRequestSchema, message)),
    (bytes) => fromBinary(LeaseKeepAliveResponseSchema, bytes),
  );
  const arrived: LeaseKeepAliveResponse[] = [];
  const waiting: { resolve: (response: LeaseKeepAliveResponse) => void; reject: (error: Error) => void }[] = [];
  let failed: Error | undefined;
  stream.on("data", (response: LeaseKeepAliveResponse) => {
    const first = waiting.shift();
    if (first === undefined) arrived.push(response);
    else first.resolve(response);
  });
  stream.on("error", (error) => {
    failed = error;
    for (const { reject } of waiting.splice(0)) reject(error);
  });
  const next = (): Promise<LeaseKeepAliveResponse> =>
    new Promise((resolve, reject) => {
      const response = arrived.shift();
      if (response !== undefined) resolve(response);
      else if (failed !== undefined) reject(failed);
      else waiting.push({ resolve, reject });
    });
  return { stream, next };
}

const request = (ID: bigint): LeaseKeepAliveRequest => create(LeaseKeepAliveRequestSchema, { ID });

test("a grant chooses an id where none is given, and raises what is shorter than an election takes", async (context) => {
  const { client } = await serveFake(context);
  const chosen = await grant(client, 0n, 60n);
  assert.ok(chosen.ID > 0n && chosen.TTL === 60n && chosen.error === "");
  assert.equal(chosen.header?.revision, 1n);
  const short = await grant(client, 7n, -3n);
  assert.deepEqual([short.ID, short.TTL], [7n, 2n]);
});

test("leases are refused in etcd's words", async (context) => {
  const { client } = await serveFake(context);
  await grant(client, 7n, 60n);
  const refused = async (calling: Promise<unknown>, code: number, message: string): Promise<void> =>
    assert.deepEqual(await failure(calling), [code, `etcdserver: ${message}`]);
  await refused(grant(client, 7n, 60n), codes.failedPrecondition, "lease already exists");
  await refused(grant(client, 7n, 9_000_000_001n), codes.outOfRange, "too large lease TTL");
  await refused(revoke(client, 8n), codes.notFound, "requested lease not found");
  await refused(revoke(client, 0n), codes.notFound, "requested lease not found");
  await refused(put(client, "a", 8n), codes.notFound, "requested lease not found");
  assert.equal((await grant(client, 9n, 9_000_000_000n)).TTL, 9_000_000_000n);
});

test("the time to live comes with the keys when they are asked for, and is -1 for a lease that is not there", async (context) => {
  const { client } = await serveFake(context);
  await grant(client, 7n, 60n);
  await put(client, "b", 7n);
  await put(client, "a", 7n);
  const without = await timeToLive(client, 7n);
  assert.ok(without.TTL >= 58n && without.TTL <= 60n, `${without.TTL}`);
  assert.deepEqual([without.grantedTTL, without.keys], [60n, []]);
  const { keys } = await timeToLive(client, 7n, true);
  assert.deepEqual(keys.map((key) => Buffer.from(key).toString()).sort(), ["a", "b"]);
  const gone = await timeToLive(client, 8n, true);
  assert.deepEqual([gone.ID, gone.TTL, gone.grantedTTL, gone.keys], [8n, -1n, 0n, []]);
});

test("leases are listed, and a revoked one is not, nor its keys", async (context) => {
  const { client } = await serveFake(context);
  for (const id of [9n, -7n, 8n, 2n ** 63n - 1n]) await grant(client, id, 60n);
  await put(client, "a", 8n);
  await revoke(client, 8n);
  const { leases, header } = await list(client);
  assert.deepEqual(new Set(leases.map(({ ID }) => ID)), new Set([9n, -7n, 2n ** 63n - 1n]));
  assert.equal(header?.revision, 3n);
  assert.equal((await get(client, "a")).count, 0n);
});

test("many leases are listed, and others are served meanwhile", async (context) => {
  const { client } = await serveFake(context);
  for (let id = 1n; id <= 10_000n; id += 100n) {
    await Promise.all(Array.from({ length: 100 }, (_, at) => grant(client, id + BigInt(at), 60n)));
  }
  const [{ leases }] = await Promise.all([list(client), get(client, "a")]);
  assert.equal(new Set(leases.map(({ ID }) => ID)).size, 10_000);
});

test("keep-alives renew leases on one stream, any number of them, until the client ends it", async (context) => {
  const served = await serveFake(context);
  for (let id = 1n; id <= 300n; id++) await grant(served.client, id, 60n);
  const { stream, next } = keepAlive(context, served);
  for (let id = 1n; id <= 300n; id++) stream.write(request(id));
  const renewed = new Set<bigint>();
  for (let count = 0; count < 300; count++) {
    const { ID, TTL } = await next();
    assert.equal(TTL, 60n);
    renewed.add(ID);
  }
  assert.equal(renewed.size, 300);
  stream.write(request(999n));
  const none = await next();
  assert.deepEqual([none.ID, none.TTL], [999n, 0n]);
  const ended = new Promise((resolve) => stream.on("end", resolve));
  stream.end();
  await ended;
});

test("a stream of keep-alives without a leader fails as etcd's does", async (context) => {
  const served = await serveFake(context);
  served.replica.change({ role: "follower", leader: 0 });
  const { stream, next } = keepAlive(context, served);
  stream.write(request(7n));
  await assert.rejects(next(), (error: ServiceError) => {
    assert.deepEqual([error.code, error.details], [codes.unavailable, "etcdserver: request timed out"]);
    return true;
  });
  assert.deepEqual(await failure(timeToLive(served.client, 7n)), [codes.unavailable, "etcdserver: request timed out"]);
});

test("leases are counted", async (context) => {
  const served = await serveFake(context);
  for (const id of [7n, 8n]) await grant(served.client, id, 60n);
  await revoke(served.client, 8n);
  const { stream, next } = keepAlive(context, served);
  stream.write(request(7n));
  await next();
  const page = await (await fetch(`${served.url}/metrics`)).text();
  for (const line of [
    "quorate_leases 1",
    "quorate_leases_timed 1",
    "etcd_debugging_lease_granted_total 2",
    "etcd_debugging_lease_revoked_total 1",
    "etcd_debugging_lease_renewed_total 1",
    "etcd_server_lease_expired_total 0",
  ]) {
    assert.ok(page.split("\n").includes(line), line);
  }
});

test("bytes that are no keep-alive end the stream with an error", async (context) => {
  const { url } = await serveFake(context);
  const client = new Client(url.replace("http://", ""), credentials.createInsecure());
  context.after(() => client.close());
  const stream = client.makeBidiStreamRequest<Buffer, Buffer>(
    "/etcdserverpb.Lease/LeaseKeepAlive",
    (bytes) => bytes,
    (bytes) => bytes,
  );
  const failed = new Promise<ServiceError>((resolve) => stream.on("error", (error: ServiceError) => resolve(error)));
  stream.write(Buffer.from([0x08, 0xff]));
  assert.equal((await failed).code, codes.internal);
});
