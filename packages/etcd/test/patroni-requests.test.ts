import assert from "node:assert/strict";
import { test } from "node:test";
import { startSingleMember } from "./support/single-member.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const scope = "/service/pg/";
const key = (name: string): string => base64(`${scope}${name}`);
const prefixEnd = base64("/service/pg0");

/** The requests of Patroni's etcd3 driver, in the order in which a cluster's life brings them. */
class Driver {
  readonly #url: string;
  token: string | undefined;

  constructor(url: string) {
    this.#url = url;
  }

  async call(path: string, body: object): Promise<{ readonly status: number; readonly json: Record<string, unknown> }> {
    const headers = this.token === undefined ? {} : { authorization: this.token };
    const answer = await fetch(`${this.#url}/v3${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return { status: answer.status, json: (await answer.json()) as Record<string, unknown> };
  }

  /** What it matches: the words of `error`, and `code`. */
  async refused(path: string, body: object): Promise<readonly unknown[]> {
    const { status, json } = await this.call(path, body);
    return [status, json["code"], json["error"]];
  }

  watch(body: object): Promise<Response> {
    const headers = this.token === undefined ? {} : { authorization: this.token };
    return fetch(`${this.#url}/v3/watch`, { method: "POST", headers, body: JSON.stringify(body) });
  }
}

test("a cluster of PostgreSQL lives by these requests: initialise, hold the leader's key, lose it, watch", async (context) => {
  const member = await startSingleMember(context);
  const url = member.clientUrls[0] as string;
  const version = (await (await fetch(`${url}/version`)).json()) as Record<string, string>;
  assert.match(version["etcdcluster"] ?? "", /^\d+\.\d+\.\d+$/);
  const driver = new Driver(url);
  const { json: list } = await driver.call("/cluster/member/list", {});
  assert.ok((list["members"] as { clientURLs: string[] }[])[0]?.clientURLs.length);

  const { json: lease } = await driver.call("/lease/grant", { TTL: 30 });
  const ID = lease["ID"] as string;
  assert.equal(typeof ID, "string");
  // Whoever creates the key initialises the cluster; "EQUAL" is left out.
  const create = (name: string, value: string, more = {}) => ({
    compare: [{ target: "CREATE", create_revision: 0, key: key(name) }],
    success: [{ request_put: { key: key(name), value: base64(value), ...more } }],
  });
  assert.equal((await driver.call("/kv/txn", create("initialize", "7000"))).json["succeeded"], true);
  assert.equal((await driver.call("/kv/txn", create("initialize", "7001"))).json["succeeded"], undefined);
  assert.equal((await driver.call("/kv/txn", create("leader", "pg1", { lease: ID }))).json["succeeded"], true);
  await driver.call("/kv/put", { key: key("members/pg1"), value: base64("{}"), lease: ID });

  const all = { key: base64(scope), range_end: prefixEnd };
  const { json: loaded } = await driver.call("/kv/range", { ...all, serializable: true });
  const kvs = loaded["kvs"] as { key: string; lease?: string; mod_revision: string }[];
  assert.deepEqual(
    kvs.map((kv) => [Buffer.from(kv.key, "base64").toString(), kv.lease]),
    [
      [`${scope}initialize`, undefined],
      [`${scope}leader`, ID],
      [`${scope}members/pg1`, ID],
    ],
  );
  const revision = (loaded["header"] as { revision: string }).revision;
  const watching = await driver.watch({
    create_request: { ...all, start_revision: String(Number(revision) + 1), filters: [] },
  });
  const reader = (watching.body as ReadableStream<Uint8Array>).getReader();
  let text = "";
  const nextEvents = async (): Promise<{ type?: string; kv: { key: string } }[]> => {
    for (;;) {
      const line = text.indexOf("\n");
      if (line < 0) {
        text += Buffer.from((await reader.read()).value ?? []).toString();
        continue;
      }
      const { result } = JSON.parse(text.slice(0, line)) as {
        result: { events?: { type?: string; kv: { key: string } }[] };
      };
      text = text.slice(line + 1);
      if (result.events !== undefined) return result.events;
    }
  };

  const alive = await driver.call("/lease/keepalive", { ID });
  assert.equal((alive.json["result"] as { TTL: string }).TTL, "30");
  // The leader writes its position only while the key is as it left it.
  const leader = kvs[1]?.mod_revision;
  const update = {
    compare: [{ target: "MOD", mod_revision: leader, key: key("leader") }],
    success: [{ request_put: { key: key("status"), value: base64('{"optime":1}') } }],
  };
  assert.equal((await driver.call("/kv/txn", update)).json["succeeded"], true);
  assert.equal(Buffer.from((await nextEvents())[0]?.kv.key ?? "", "base64").toString(), `${scope}status`);
  await driver.call("/kv/deleterange", { key: key("status") });
  assert.equal((await nextEvents())[0]?.type, "DELETE");
  // Its lease goes, and its keys with it; who waited takes over.
  await driver.call("/lease/revoke", { ID });
  const gone = (await nextEvents()).map((event) => Buffer.from(event.kv.key, "base64").toString());
  assert.deepEqual(gone, [`${scope}leader`, `${scope}members/pg1`]);
  assert.deepEqual(await driver.refused("/kv/put", { key: key("leader"), value: "", lease: ID }), [
    404,
    5,
    "etcdserver: requested lease not found",
  ]);
  const lost = await driver.call("/lease/keepalive", { ID });
  assert.equal((lost.json["result"] as { TTL?: string }).TTL, undefined);
  assert.equal((await driver.call("/kv/txn", create("leader", "pg2"))).json["succeeded"], true);
  await reader.cancel();
});

test("with users: a token in Authorization, and the words by which Patroni knows that it needs one", async (context) => {
  const member = await startSingleMember(context, { auth: { bcryptCost: 4 } });
  const driver = new Driver(member.clientUrls[0] as string);
  const authenticate = { name: "root", password: "secret" };
  assert.deepEqual(await driver.refused("/auth/authenticate", authenticate), [
    412,
    9,
    "etcdserver: authentication is not enabled",
  ]);
  await driver.call("/auth/user/add", authenticate);
  await driver.call("/auth/role/add", { name: "root" });
  await driver.call("/auth/user/grant", { user: "root", role: "root" });
  assert.equal((await driver.call("/auth/enable", {})).status, 200);
  const put = { key: key("leader"), value: base64("pg1") };
  assert.deepEqual(await driver.refused("/kv/put", put), [400, 3, "etcdserver: user name is empty"]);
  assert.deepEqual(await driver.refused("/auth/authenticate", { name: "root", password: "wrong" }), [
    400,
    3,
    "etcdserver: authentication failed, invalid user ID or password",
  ]);
  driver.token = "nonsense.1";
  assert.deepEqual(await driver.refused("/kv/put", put), [401, 16, "etcdserver: invalid auth token"]);
  driver.token = undefined;
  const { json } = await driver.call("/auth/authenticate", authenticate);
  for (const token of [json["token"] as string, `Bearer ${json["token"] as string}`]) {
    driver.token = token;
    assert.equal((await driver.call("/kv/put", put)).status, 200);
    const watching = await driver.watch({ create_request: { key: key("leader") } });
    assert.equal(watching.status, 200);
    await watching.body?.cancel();
  }
});
