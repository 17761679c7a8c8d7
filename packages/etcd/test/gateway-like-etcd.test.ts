import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { etcdIsInstalled, startEtcd } from "./support/real-etcd.ts";
import { startSingleMember } from "./support/single-member.ts";
import { WebSocketTalk, type Json } from "./support/websocket-talk.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

interface Asked {
  readonly path: string;
  readonly body?: string;
  readonly method?: string;
  /** Ours and etcd's words differ: a JSON library speaks. */
  readonly areWordsFree?: boolean;
}

const key = '"key":"YQ=="';

/** In this order, on both. */
const requests: readonly Asked[] = [
  // What is asked wrongly.
  { path: "/v3/kv/range", method: "GET" },
  { path: "/v3/kv/range", method: "PUT", body: "{}" },
  { path: "/v3/kv/range", method: "DELETE" },
  { path: "/v3/kv/nothing" },
  { path: "/v3alpha/kv/range", body: "{}" },
  { path: "/v3/kv/range/", body: "{}" },
  { path: "/version", method: "POST" },
  { path: "/health", method: "POST" },
  { path: "/", method: "GET" },
  { path: "/v3/kv/range", body: "{" },
  { path: "/v3/kv/range", body: '{"key":5}', areWordsFree: true },
  { path: "/v3/kv/range", body: '{"key":"!"}', areWordsFree: true },
  { path: "/v3/kv/range", body: `{${key},"sort_order":"UP"}`, areWordsFree: true },
  { path: "/v3/kv/range", body: `{${key},"limit":"x"}`, areWordsFree: true },
  { path: "/v3/kv/range", body: "[]", areWordsFree: true },
  { path: "/v3/kv/range", body: "" },
  { path: "/v3/kv/range", body: "null" },
  { path: "/v3/kv/range", body: `{${key}} and more` },
  { path: "/v3/kv/range", body: `{${key},"nobody":[{"knows":1}]}` },
  { path: "/v3/watch", method: "GET" },
  // What is asked rightly, in every form.
  { path: "/v3/kv/put", body: `{${key},"value":"Yg=="}` },
  { path: "/v3beta/kv/put", body: `{${key},"value":"Yw==","prev_kv":true}` },
  { path: "/v3/kv/put", body: `{${key},"value":"ZA==","prevKv":true}` },
  { path: "/v3/kv/range", body: `{${key},"revision":"3"}` },
  { path: "/v3/kv/range", body: `{${key},"revision":3,"sort_order":1,"sort_target":"MOD"}` },
  { path: "/v3/kv/range", body: `{${key},"count_only":true}` },
  { path: "/v3/kv/txn", body: "{}" },
  {
    path: "/v3/kv/txn",
    body: `{"compare":[{"target":"MOD",${key},"mod_revision":"4"}],"success":[{"request_range":{${key}}}]}`,
  },
  {
    path: "/v3/kv/txn",
    body: `{"compare":[{"target":3,"result":"NOT_EQUAL",${key},"value":"ZA=="}],"failure":[{"requestDeleteRange":{${key}}}]}`,
  },
  { path: "/v3/kv/compaction", body: '{"revision":"3"}' },
  { path: "/v3/kv/range", body: `{${key},"revision":2}` },
  { path: "/v3/lease/grant", body: '{"ID":"7587862094710577234","TTL":"60"}' },
  { path: "/v3/lease/grant", body: '{"ID":7587862094710577235,"TTL":60}' },
  { path: "/v3/lease/grant", body: '{"ID":7587862094710577235,"TTL":60}' },
  { path: "/v3/kv/put", body: `{"key":"bGVhc2Vk","lease":7587862094710577234}` },
  { path: "/v3/lease/leases", body: "{}" },
  { path: "/v3/kv/lease/leases", body: "" },
  { path: "/v3/kv/lease/timetolive", body: '{"ID":"5"}' },
  { path: "/v3/lease/keepalive", body: '{"ID":"7587862094710577234"}' },
  { path: "/v3/lease/keepalive", body: '{"ID":"7587862094710577234"}{"ID":"3"}' },
  { path: "/v3/lease/keepalive", body: '{"ID":"3"} {"ID":' },
  { path: "/v3/lease/keepalive", body: '{"ID":' },
  { path: "/v3/lease/keepalive", body: "" },
  { path: "/v3/lease/revoke", body: '{"ID":"7587862094710577234"}' },
  { path: "/v3/kv/lease/revoke", body: '{"ID":"7587862094710577234"}' },
  { path: "/v3/kv/deleterange", body: '{"key":"AA==","range_end":"AA==","prev_kv":true}' },
  { path: "/v3/cluster/member/remove", body: '{"ID":"1"}' },
  { path: "/v3/cluster/member/promote", body: '{"ID":"1"}' },
  { path: "/v3/maintenance/transfer-leadership", body: "{}" },
  { path: "/v3/auth/enable", body: "{}" },
  { path: "/v3/auth/authenticate", body: '{"name":"a","password":"b"}' },
  { path: "/v3/auth/user/add", body: "{}" },
  { path: "/v3/auth/role/add", body: '{"name":"r"}' },
  { path: "/v3/auth/role/grant", body: '{"name":"r","perm":{"permType":"READWRITE","key":"YQ==","range_end":"Yg=="}}' },
  { path: "/v3/auth/role/get", body: '{"role":"r"}' },
  { path: "/v3/auth/role/list", body: "{}" },
  { path: "/v3/election/proclaim", body: "{}" },
  { path: "/v3/election/leader", body: '{"name":"bm9ib2R5"}' },
  { path: "/v3/lock/unlock", body: "{}" },
];

test("the gateway answers as etcd's: statuses, bodies, errors, streams", { skip }, async (context) => {
  const ours = (await startSingleMember(context)).clientUrls[0] as string;
  const theirs = await startEtcd(context);
  const differing: string[] = [];
  for (const request of requests) {
    const [our, their] = [await ask(ours, request), await ask(theirs, request)];
    const what = `${request.method ?? "POST"} ${request.path} ${request.body ?? ""}`;
    if (JSON.stringify(our) !== JSON.stringify(their)) {
      differing.push(`${what}\n  ours:   ${JSON.stringify(our)}\n  etcd's: ${JSON.stringify(their)}`);
    }
  }
  assert.equal(differing.join("\n"), "");
});

interface Spoken {
  readonly path: string;
  readonly frames: readonly (string | Buffer)[];
  /** Messages that come; then the websocket is closed, by the client where `closes` is not set. */
  readonly messages: number;
  readonly closes?: boolean;
}

const watching = `{"create_request":{${key}}}`;

const spoken: readonly Spoken[] = [
  { path: "/v3/watch", frames: [watching, '{"create_request":{"key":"Yg==","watch_id":"7"}}'], messages: 2 },
  { path: "/v3/watch", frames: [watching, '{"progress_request":{}}'], messages: 2 },
  { path: "/v3beta/watch", frames: [Buffer.from(watching)], messages: 1 },
  { path: "/v3/watch", frames: ['{"create_request":', `{${key}}}`], messages: 1 },
  { path: "/v3/watch", frames: ["", watching], messages: 1 },
  { path: "/v3/watch", frames: ['{"create_request":}'], messages: 1, closes: true },
  { path: "/v3/watch", frames: ["{x"], messages: 1, closes: true },
  { path: "/v3/watch", frames: ['{"create_request"', ","], messages: 1, closes: true },
  { path: "/v3/watch", frames: ['{"create', '_request":'], messages: 1, closes: true },
  { path: "/v3/watch", frames: ['{"progress_request":nul'], messages: 1, closes: true },
  { path: "/v3/watch", frames: ['{"a":"\\x'], messages: 1, closes: true },
  { path: "/v3/watch", frames: ['{"a":1.x'], messages: 1, closes: true },
  { path: "/v3/watch", frames: ['{"a":[01'], messages: 1, closes: true },
  { path: "/v3/watch", frames: ["{é"], messages: 1, closes: true },
  { path: "/v3/kv/range", frames: ["{x"], messages: 1, closes: true },
  { path: "/v3/lease/keepalive", frames: ['{"ID":"5"}', '{"ID":"6"}'], messages: 2 },
  { path: "/v3/kv/range", frames: [`{${key}}`, `{${key}}`], messages: 1, closes: true },
  { path: "/v3/kv/compaction", frames: ['{"revision":"900"}'], messages: 1, closes: true },
  { path: "/v3/lease/revoke", frames: ['{"ID":"1"}'], messages: 1, closes: true },
];

test("the gateway answers over websockets as etcd's, which only closes less politely", { skip }, async (context) => {
  const ours = (await startSingleMember(context)).clientUrls[0] as string;
  const theirs = await startEtcd(context);
  for (const what of spoken) {
    const { path, frames } = what;
    assert.deepEqual(await speak(context, ours, what), await speak(context, theirs, what), `${path} ${frames.join()}`);
  }
});

async function speak(
  context: TestContext,
  url: string,
  { path, frames, messages, closes = false }: Spoken,
): Promise<readonly Json[]> {
  const talk = await new WebSocketTalk(context, `${url}${path}`).opened();
  for (const frame of frames) talk.socket.send(frame);
  const told = await talk.told(messages);
  if (!closes) talk.socket.close();
  await talk.closed;
  assert.equal(talk.messages.length, messages);
  return told.map((message) => comparable(message, false));
}

/** An answer without what tells servers apart: ids and term in headers, and the member's own numbers. */
async function ask(url: string, { path, body, method = "POST", areWordsFree = false }: Asked): Promise<unknown> {
  const answer = await fetch(`${url}${path}`, { method, ...(body === undefined ? {} : { body }) });
  const text = await answer.text();
  const lines = answer.headers.get("content-type") === "application/json" ? text.split("\n") : [];
  const values = lines.map((line) => (line === "" ? "" : comparable(JSON.parse(line) as Json, areWordsFree)));
  return [answer.status, answer.headers.get("content-type"), lines.length === 0 ? text : values];
}

function comparable(json: Json, areWordsFree: boolean): Json {
  if (Array.isArray(json)) return json.map((one) => comparable(one as Json, areWordsFree));
  if (typeof json !== "object" || json === null) return json;
  const own = new Set(["cluster_id", "member_id", "raft_term"]);
  const words = new Set(areWordsFree ? ["error", "message"] : []);
  return Object.fromEntries(
    Object.entries(json)
      .filter(([name]) => !own.has(name))
      .map(([name, value]) => [name, words.has(name) ? "words" : comparable(value as Json, areWordsFree)]),
  );
}
