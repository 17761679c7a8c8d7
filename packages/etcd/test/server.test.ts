import assert from "node:assert/strict";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { HostError, type Logger } from "@quorate/host";
import {
  MemberListRequestSchema,
  MemberListResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  startEtcdServer,
  type EtcdServer,
} from "../src/index.ts";
import { EtcdClient, failure } from "./support/serve-fake.ts";
import { memberOptions, startSingleMember, temporaryFolder, untilLeads } from "./support/single-member.ts";

function clientOf(context: TestContext, server: EtcdServer): EtcdClient {
  const client = new EtcdClient(new URL(server.clientUrls[0] as string).host);
  context.after(() => client.close());
  return client;
}

const put = (client: EtcdClient, key: string, value: string | Uint8Array) =>
  client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: Buffer.from(key), value: Buffer.from(value) });
const get = async (client: EtcdClient, key: string): Promise<string | undefined> => {
  const { kvs } = await client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, { key: Buffer.from(key) });
  return kvs[0] === undefined ? undefined : Buffer.from(kvs[0].value).toString();
};

test("a member serves, stops, and starts again with everything that it acknowledged", async (context) => {
  const options = memberOptions(join(temporaryFolder(context), "data"));
  const first = await startEtcdServer(options);
  await untilLeads(first);
  const before = clientOf(context, first);
  for (let count = 0; count < 50; count++) await put(before, `key ${count}`, `value ${count}`);
  await first.close();
  await first.close();

  const second = await startEtcdServer(options);
  context.after(() => second.close());
  await untilLeads(second);
  assert.deepEqual([second.memberId, second.clusterId], [first.memberId, first.clusterId]);
  const after = clientOf(context, second);
  for (let count = 0; count < 50; count++) assert.equal(await get(after, `key ${count}`), `value ${count}`);
  assert.equal((await put(after, "another", "one")).header?.revision, 52n);
});

test("a member publishes its name and the URLs that clients are told", async (context) => {
  const server = await startSingleMember(context, { advertiseClientUrls: ["http://example.test:2379"] });
  const client = clientOf(context, server);
  const list = () => client.call("Cluster/MemberList", MemberListRequestSchema, MemberListResponseSchema, {});
  let { members } = await list();
  for (let attempt = 0; attempt < 100 && members[0]?.name === ""; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    ({ members } = await list());
  }
  const [{ ID, name, clientURLs, peerURLs } = { ID: 0n, name: "", clientURLs: [], peerURLs: [] }] = members;
  assert.deepEqual(
    [ID, name, clientURLs, peerURLs],
    [BigInt(server.memberId), "one", ["http://example.test:2379"], ["http://127.0.0.1:2380"]],
  );
});

test("a value up to the limit is stored; a larger one is refused by etcd's words, and far larger ones by gRPC's", async (context) => {
  const client = clientOf(context, await startSingleMember(context));
  await put(client, "large", new Uint8Array(1_500_000).fill(0x61));
  assert.equal((await get(client, "large"))?.length, 1_500_000);
  assert.deepEqual(await failure(put(client, "larger", new Uint8Array(1.5 * 1024 * 1024))), [
    3,
    "etcdserver: request is too large",
  ]);
  const [code, message] = await failure(put(client, "huge", new Uint8Array(3 * 1024 * 1024)));
  assert.equal(code, 8);
  assert.match(message, /^grpc: received message larger than max \(3\d+ vs\. 2097152\)$/);
  assert.equal(await get(client, "larger"), undefined);
});

test("a data directory in use is refused in words, and its owner goes on", async (context) => {
  const options = memberOptions(join(temporaryFolder(context), "data"));
  const owner = await startEtcdServer(options);
  context.after(() => owner.close());
  await untilLeads(owner);
  await assert.rejects(startEtcdServer(options), /in use|locked|another process/i);
  const client = clientOf(context, owner);
  await put(client, "still", "here");
  assert.equal(await get(client, "still"), "here");
});

test("a data directory of another cluster is refused in words", async (context) => {
  const options = memberOptions(join(temporaryFolder(context), "data"));
  const first = await startEtcdServer(options);
  await untilLeads(first);
  await first.close();
  await assert.rejects(startEtcdServer({ ...options, initialClusterToken: "other" }), /belongs to|another cluster/i);
  const again = await startEtcdServer(options);
  await again.close();
});

test("what cannot start leaves nothing open: the same directory serves afterwards", async (context) => {
  const other = await startSingleMember(context);
  const taken = Number(new URL(other.clientUrls[0] as string).port);
  const options = memberOptions(join(temporaryFolder(context), "data"));
  await assert.rejects(
    startEtcdServer({ ...options, listenClients: [{ host: "127.0.0.1", port: taken }] }),
    (error) => error instanceof HostError && error.code === "address-in-use" && /in use/.test(error.message),
  );
  const server = await startEtcdServer(options);
  context.after(() => server.close());
  await untilLeads(server);
  await put(clientOf(context, server), "a", "b");
});

test("a data directory that is a file, and a member outside of its cluster, are refused in words", async (context) => {
  const file = fileURLToPath(import.meta.url);
  await assert.rejects(startEtcdServer(memberOptions(file)), /server\.test\.ts cannot be made/);
  const options = memberOptions(join(temporaryFolder(context), "data"));
  await assert.rejects(startEtcdServer({ ...options, name: "two" }), /no member named two/);
});

test("clients are told that the server stops, and nothing is left when it has", async (context) => {
  const lines: string[] = [];
  const nothing = () => {};
  const logger: Logger = { debug: nothing, info: nothing, warn: nothing, error: (message) => void lines.push(message) };
  const server = await startSingleMember(context, { logger });
  const client = clientOf(context, server);
  await put(client, "a", "b");
  await server.close();
  assert.equal((await failure(put(client, "a", "c")))[0], 14);
  assert.deepEqual(lines, []);
});
