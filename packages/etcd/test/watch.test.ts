import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import {
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../src/index.ts";
import { serveFake } from "./support/serve-fake.ts";
import { responseText, WatchClient } from "./support/watch-client.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);

async function serve(context: TestContext) {
  const served = await serveFake(context);
  const endpoint = served.url.replace("http://", "");
  const put = async (key: string, value: string | Uint8Array): Promise<void> => {
    const request = { key: bytes(key), value: typeof value === "string" ? bytes(value) : value };
    await served.client.call("KV/Put", PutRequestSchema, PutResponseSchema, request);
  };
  const remove = async (key: string, rangeEnd = ""): Promise<void> => {
    const request = { key: bytes(key), rangeEnd: bytes(rangeEnd) };
    await served.client.call("KV/DeleteRange", DeleteRangeRequestSchema, DeleteRangeResponseSchema, request);
  };
  const putAll = async (items: readonly (readonly [string, Uint8Array])[]): Promise<void> => {
    const success = items.map(([key, value]) => ({
      request: { case: "requestPut" as const, value: { key: bytes(key), value } },
    }));
    await served.client.call("KV/Txn", TxnRequestSchema, TxnResponseSchema, { success });
  };
  const watch = (metadata?: Readonly<Record<string, string>>): WatchClient =>
    new WatchClient(context, endpoint, metadata);
  return { ...served, put, remove, putAll, watch };
}

/** The next responses as text. */
async function said(client: WatchClient, count: number): Promise<string[]> {
  const responses: string[] = [];
  for (let index = 0; index < count; index++) responses.push(responseText(await client.next()));
  return responses;
}

test("a watch is created, told of what comes, and cancelled", async (context) => {
  const { put, remove, watch } = await serve(context);
  await put("k", "0");
  const client = watch();
  client.create({ key: "k" });
  assert.deepEqual(await said(client, 1), ["watch 0 at 2 created"]);
  await put("k", "1");
  assert.deepEqual(await said(client, 1), ["watch 0 at 3; put k=1 2/3/2"]);
  await put("other", "x");
  await remove("k");
  assert.deepEqual(await said(client, 1), ["watch 0 at 5; delete k= 0/5/0"]);
  client.cancelWatch(0n);
  client.cancelWatch(99n);
  client.create({ key: "k" });
  assert.deepEqual(await said(client, 2), ["watch 0 at 5 canceled", "watch 1 at 5 created"]);
});

test("a watch from the past is told of what was, in the order of revisions, and then of what comes", async (context) => {
  const { put, remove, watch } = await serve(context);
  await put("a", "1");
  await put("b", "2");
  await remove("a");
  const client = watch();
  client.create({ key: "a", rangeEnd: "c", startRevision: 2n, prevKv: true });
  assert.deepEqual(await said(client, 2), [
    "watch 0 at 4 created",
    "watch 0 at 4; put a=1 2/2/1; put b=2 3/3/1; delete a= 0/4/0 was a=1 2/2/1",
  ]);
  await put("b", "3");
  assert.deepEqual(await said(client, 1), ["watch 0 at 5; put b=3 3/5/2 was b=2 3/3/1"]);
});

test("a watch of the future is told of nothing before, nor of progress", async (context) => {
  const { put, watch } = await serve(context);
  const client = watch();
  client.create({ key: "k", startRevision: 5n, progressNotify: true });
  client.requestProgress();
  assert.deepEqual(await said(client, 1), ["watch 0 at 1 created"]);
  await put("k", "1");
  await put("k", "2");
  await delay(250);
  assert.equal(client.responses.length, 1);
  await put("k", "3");
  // Everything before the revision at which it begins has passed now.
  assert.equal(responseText(await client.next()), "watch -1 at 4");
  await put("k", "4");
  while (!responseText(await client.next()).endsWith("put k=4 2/5/4"));
});

test("clients choose ids or leave it to the stream; one that is used is refused, as is a range without keys", async (context) => {
  const { watch } = await serve(context);
  const client = watch();
  for (const watchId of [1n, 0n, 0n, 1n, 9_223_372_036_854_775_807n]) client.create({ key: "k", watchId });
  client.create({ key: "b", rangeEnd: "a" });
  client.create({ key: "b", rangeEnd: "b" });
  client.create({ key: "", rangeEnd: "\0" });
  assert.deepEqual(await said(client, 8), [
    "watch 1 at 1 created",
    "watch 0 at 1 created",
    "watch 2 at 1 created",
    "watch -1 at 1 created canceled mvcc: duplicate watch ID provided on the WatchStream",
    "watch 9223372036854775807 at 1 created",
    "watch -1 at 1 created canceled mvcc: watcher range is empty",
    "watch -1 at 1 created canceled mvcc: watcher range is empty",
    "watch 3 at 1 created",
  ]);
});

test("a negative start is refused as compacted, as by newer etcds", async (context) => {
  const { watch } = await serve(context);
  const client = watch();
  client.create({ key: "k", startRevision: -1n });
  assert.deepEqual(await said(client, 1), [
    "watch -1 at 1 created canceled etcdserver: mvcc: required revision has been compacted",
  ]);
});

test("filters drop puts or deletions", async (context) => {
  const { put, remove, watch } = await serve(context);
  const client = watch();
  client.create({ key: "k", filters: [0] });
  client.create({ key: "k", filters: [1] });
  await said(client, 2);
  await put("k", "1");
  await remove("k");
  await client.until(() => client.responses.length === 4);
  assert.deepEqual((await said(client, 2)).sort(), ["watch 0 at 3; delete k= 0/3/0", "watch 1 at 2; put k=1 2/2/1"]);
});

test("progress is told when asked for, after everything that it speaks of", async (context) => {
  const { put, watch } = await serve(context);
  for (let count = 0; count < 50; count++) await put("k", String(count));
  const client = watch();
  client.create({ key: "k", startRevision: 1n });
  client.requestProgress();
  client.requestProgress();
  await client.until(() => client.responses.some(({ watchId }) => watchId === -1n));
  const events = client.responses.flatMap((response) => response.events);
  assert.equal(events.length, 50);
  assert.equal(responseText(client.responses.at(-1) as (typeof client.responses)[0]), "watch -1 at 51");
});

test("those who want to hear of progress hear of it when nothing else happens", async (context) => {
  const { put, watch } = await serve(context);
  const client = watch();
  client.create({ key: "k", progressNotify: true });
  client.create({ key: "k" });
  await put("other", "1");
  assert.deepEqual((await said(client, 3)).slice(2), ["watch 0 at 2"]);
});

test("the events of a revision come in parts only to those who take them so", async (context) => {
  const { putAll, watch } = await serve(context);
  const client = watch();
  client.create({ key: "", rangeEnd: "\0", fragment: true });
  client.create({ key: "", rangeEnd: "\0" });
  await said(client, 2);
  const value = new Uint8Array(500_000);
  await putAll(["a", "b", "c"].map((key) => [key, value] as const));
  await client.until(() => client.responses.length >= 4);
  const keys = (of: bigint): string[][] =>
    client.responses
      .filter(({ watchId, created }) => watchId === of && !created)
      .map(({ events }) => events.map(({ kv }) => Buffer.from(kv?.key ?? []).toString()));
  assert.deepEqual([keys(0n), keys(1n)], [[["a", "b", "c"]], [["a", "b", "c"]]]);
  await putAll(["a", "b", "c"].map((key) => [key, value] as const));
  client.create({ key: "", rangeEnd: "\0", fragment: true, prevKv: true, startRevision: 3n });
  await client.until(() =>
    client.responses.some(({ watchId, events, fragment }) => watchId === 2n && events.length > 0 && !fragment),
  );
  assert.deepEqual(keys(2n), [["a", "b"], ["c"]]);
  const parts = client.responses.filter(({ watchId, created }) => watchId === 2n && !created);
  assert.deepEqual(
    parts.map(({ fragment }) => fragment),
    [true, false],
  );
});

test("a client that wants a leader is refused without one, and told when there has been none for three election timeouts", async (context) => {
  const { replica, watch } = await serve(context);
  const timing = { electionTimeoutMs: 20, clockDriftPpm: 10_000 };
  replica.change({ configuration: { ...replica.status.configuration, timing } });
  const [patient, client] = [watch(), watch({ hasleader: "true" })];
  for (const one of [patient, client]) {
    one.create({ key: "k" });
    await one.next();
  }
  replica.change({ leader: 0 });
  assert.deepEqual(await client.failure(), [14, "etcdserver: no leader"]);
  assert.deepEqual(await watch({ hasleader: "true" }).failure(), [14, "etcdserver: no leader"]);
  assert.equal(patient.error, undefined);
});

test("while the state is rebuilt, watches wait until it is whole", async (context) => {
  const { condition, replica, put, watch } = await serve(context);
  condition.isRebuilding = true;
  await put("k", "1");
  const client = watch();
  client.create({ key: "k" });
  assert.deepEqual(await said(client, 1), ["watch 0 at 2 created"]);
  replica.failsWith = "no-leader";
  assert.deepEqual(await watch().failure(), [14, "etcdserver: no leader"]);
});

test("a client that sends nothing more goes on being told", async (context) => {
  const { put, watch } = await serve(context);
  const client = watch();
  client.create({ key: "k" });
  client.halfClose();
  await said(client, 1);
  await put("k", "1");
  assert.deepEqual(await said(client, 1), ["watch 0 at 2; put k=1 2/2/1"]);
});

test("a message that cannot be read ends the stream", async (context) => {
  const { watch } = await serve(context);
  const client = watch();
  client.create({ key: "k" });
  await client.next();
  client.sendBytes(Uint8Array.of(0x0a, 0x7f, 0x01));
  const [code, message] = await client.failure();
  assert.deepEqual([code, message], [13, "grpc: error unmarshalling request for /etcdserverpb.Watch/Watch"]);
});

test("a client that takes nothing costs little, and is told everything once it does", async (context) => {
  const { parts, put, watch } = await serve(context);
  const [slow, quick] = [watch(), watch()];
  for (const client of [slow, quick]) {
    client.create({ key: "k" });
    await client.next();
  }
  slow.pause();
  const value = new Uint8Array(200_000);
  for (let count = 0; count < 60; count++) await put("k", value);
  await quick.until(() => quick.responses.flatMap(({ events }) => events).length === 60);
  assert.ok(parts.watches.counts.pendingBytes < 2_000_000, `${parts.watches.counts.pendingBytes} bytes wait`);
  slow.resume();
  await slow.until(() => slow.responses.flatMap(({ events }) => events).length >= 60);
  const revisions = slow.responses.flatMap(({ events }) => events.map(({ kv }) => Number(kv?.modRevision)));
  assert.deepEqual(
    revisions,
    Array.from({ length: 60 }, (_, index) => index + 2),
  );
});

test("the JSON gateway streams a watch, a line for each response", async (context) => {
  const { url, put, parts } = await serve(context);
  await put("k", "1");
  const body = JSON.stringify({ create_request: { key: btoa("k"), start_revision: "2", prev_kv: true } });
  const aborting = new AbortController();
  const response = await fetch(`${url}/v3/watch`, { method: "POST", body, signal: aborting.signal });
  assert.equal(response.status, 200);
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  const line = async (): Promise<Record<string, unknown>> => {
    while (!text.includes("\n")) text += Buffer.from((await reader.read()).value ?? []).toString();
    const end = text.indexOf("\n");
    const { result } = JSON.parse(text.slice(0, end)) as { result: Record<string, unknown> };
    text = text.slice(end + 1);
    return { ...result, header: (result["header"] as { revision: string }).revision };
  };
  assert.deepEqual(await line(), { header: "2", created: true });
  const first = { key: btoa("k"), create_revision: "2", mod_revision: "2", version: "1", value: btoa("1") };
  assert.deepEqual(await line(), { header: "2", events: [{ kv: first }] });
  await put("k", "2");
  const second = { ...first, mod_revision: "3", version: "2", value: btoa("2") };
  assert.deepEqual(await line(), { header: "3", events: [{ kv: second, prev_kv: first }] });
  aborting.abort();
  while (parts.watches.counts.groups > 0) await delay(2);
});

test("streams that end leave nothing behind", async (context) => {
  const { parts, watch } = await serve(context);
  const client = watch();
  for (let count = 0; count < 10; count++) client.create({ key: "k" });
  await said(client, 10);
  assert.equal(parts.watches.counts.watchers, 10);
  client.cancel();
  while (parts.watches.counts.watchers > 0) await delay(2);
  assert.equal(parts.watches.counts.groups, 0);
});
