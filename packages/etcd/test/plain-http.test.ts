import assert from "node:assert/strict";
import { test } from "node:test";
import { serveFake, type Served } from "./support/serve-fake.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");

async function post({ url }: Served, path: string, body: string): Promise<{ status: number; json: unknown }> {
  const answer = await fetch(`${url}${path}`, { method: "POST", body });
  assert.equal(answer.headers.get("content-type"), "application/json");
  return { status: answer.status, json: await answer.json() };
}

test("the gateway speaks etcd's JSON: its field names, strings for 64-bit numbers, nothing that is zero", async (context) => {
  const served = await serveFake(context);
  const header = { cluster_id: String(0x1234_5678_9abc), member_id: "7", raft_term: "3" };
  const put = await post(served, "/v3/kv/put", JSON.stringify({ key: base64("a"), value: base64("1") }));
  assert.deepEqual(put, { status: 200, json: { header: { ...header, revision: "2" } } });
  const range = await post(served, "/v3/kv/range", JSON.stringify({ key: base64("a"), unknown: [{}] }));
  assert.deepEqual(range.json, {
    header: { ...header, revision: "2" },
    kvs: [{ key: base64("a"), create_revision: "2", mod_revision: "2", version: "1", value: base64("1") }],
    count: "1",
  });
});

test("the gateway takes either form of names, numbers and enums, and the path of the beta", async (context) => {
  const served = await serveFake(context);
  for (const key of ["a", "b"]) await post(served, "/v3/kv/put", JSON.stringify({ key: base64(key) }));
  const keysOf = async (body: object, path = "/v3/kv/range") => {
    const { json } = await post(served, path, JSON.stringify({ key: base64("a"), ...body }));
    return (json as { kvs: { key: string }[] }).kvs.map(({ key }) => Buffer.from(key, "base64").toString());
  };
  assert.deepEqual(await keysOf({ range_end: base64("z"), sort_order: "DESCEND" }), ["b", "a"]);
  assert.deepEqual(await keysOf({ rangeEnd: base64("z"), sortOrder: 2, limit: 1 }), ["b"]);
  assert.deepEqual(await keysOf({ range_end: base64("z"), limit: "1" }, "/v3beta/kv/range"), ["a"]);
});

test("a transaction as Patroni sends it", async (context) => {
  const served = await serveFake(context);
  const create = JSON.stringify({
    compare: [{ target: "CREATE", create_revision: "0", key: base64("lock") }],
    success: [{ request_put: { key: base64("lock"), value: base64("me") } }],
  });
  const first = await post(served, "/v3/kv/txn", create);
  assert.equal((first.json as { succeeded?: boolean }).succeeded, true);
  const second = await post(served, "/v3/kv/txn", create);
  assert.equal((second.json as { succeeded?: boolean }).succeeded, undefined);
});

test("errors carry error, message and code, and the HTTP status of their code", async (context) => {
  const served = await serveFake(context);
  const said = async (path: string, body: string) => {
    const { status, json } = await post(served, path, body);
    const { error, message, code } = json as { error: string; message: string; code: number };
    assert.equal(error, message);
    return [status, code, message];
  };
  assert.deepEqual(await said("/v3/kv/range", "{}"), [400, 3, "etcdserver: key is not provided"]);
  assert.deepEqual(await said("/v3/kv/range", JSON.stringify({ key: base64("a"), revision: 9 })), [
    400,
    11,
    "etcdserver: mvcc: required revision is a future revision",
  ]);
  assert.deepEqual(await said("/v3/kv/put", JSON.stringify({ key: base64("a"), lease: 9 })), [
    404,
    5,
    "etcdserver: requested lease not found",
  ]);
  for (const body of [
    "{",
    "[]",
    '"text"',
    '{"key":5}',
    '{"key":"!"}',
    '{"limit":"many"}',
    '{"key":"YQ==","sort_order":"UP"}',
    "\u00ff",
  ]) {
    const [status, code] = await said("/v3/kv/range", body);
    assert.deepEqual([status, code], [400, 3], body);
  }
  served.replica.failsWith = "no-leader";
  assert.deepEqual(await said("/v3/kv/range", JSON.stringify({ key: base64("a") })), [
    503,
    14,
    "etcdserver: no leader",
  ]);
  served.replica.failsWith = "busy";
  assert.deepEqual(await said("/v3/kv/put", JSON.stringify({ key: base64("a") })), [
    429,
    8,
    "etcdserver: too many requests",
  ]);
});

test("methods and paths that are not served", async (context) => {
  const { url } = await serveFake(context);
  const status = async (path: string, method: string) => (await fetch(`${url}${path}`, { method })).status;
  assert.equal(await status("/v3/kv/range", "GET"), 405);
  assert.equal(await status("/version", "POST"), 405);
  assert.equal(await status("/health", "DELETE"), 405);
  assert.equal(await status("/metrics", "POST"), 405);
  assert.equal(await status("/v3/kv/nothing", "POST"), 404);
  assert.equal(await status("/", "GET"), 404);
});

test("/version has the two dotted versions that Patroni reads", async (context) => {
  const { url } = await serveFake(context);
  const version = (await (await fetch(`${url}/version`)).json()) as Record<string, string>;
  assert.match(version["etcdserver"] ?? "", /^3\.\d+\.\d+$/);
  assert.match(version["etcdcluster"] ?? "", /^3\.\d+\.\d+$/);
});

test("/health follows the leader, and only asks for the local state when told to", async (context) => {
  const { url, replica } = await serveFake(context);
  const health = async (query = "") => {
    const answer = await fetch(`${url}/health${query}`);
    return [answer.status, await answer.json()];
  };
  assert.deepEqual(await health(), [200, { health: "true", reason: "" }]);
  assert.ok(replica.barriers > 0);
  replica.failsWith = "timeout";
  assert.equal((await health())[0], 503);
  replica.change({ leader: 0, role: "follower" });
  assert.deepEqual(await health(), [503, { health: "false", reason: "RAFT NO LEADER" }]);
  assert.deepEqual(await health("?serializable=true"), [200, { health: "true", reason: "" }]);
});

test("/metrics counts calls and shows the member under etcd's names", async (context) => {
  const served = await serveFake(context);
  await post(served, "/v3/kv/put", JSON.stringify({ key: base64("a") }));
  const { PutRequestSchema, PutResponseSchema } = await import("../src/index.ts");
  await served.client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: Buffer.from("a") });
  const unknown = served.client.call("KV/Nothing", PutRequestSchema, PutResponseSchema, {});
  await assert.rejects(unknown);
  const text = await (await fetch(`${served.url}/metrics`)).text();
  const value = (name: string): number =>
    Number(
      text
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.split(" ")[1],
    );
  assert.equal(value("etcd_server_has_leader"), 1);
  assert.equal(value("etcd_server_is_leader"), 1);
  assert.equal(value("etcd_server_proposals_applied_total"), 3);
  assert.equal(value("etcd_debugging_mvcc_current_revision"), 3);
  assert.ok(value("process_cpu_seconds_total") > 0);
  assert.match(
    text,
    /^grpc_server_handled_total\{grpc_service="etcdserverpb\.KV",grpc_method="Put",grpc_type="unary",grpc_code="OK"\} 2$/m,
  );
  assert.match(text, /^grpc_server_handled_total\{.*grpc_method="unknown",.*grpc_code="Unimplemented".*\} 1$/m);
});
