import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { serveFake } from "./support/serve-fake.ts";
import { startSingleMember } from "./support/single-member.ts";
import { WebSocketTalk } from "./support/websocket-talk.ts";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const watched = (key: string, watchId?: number) => ({
  create_request: { key: base64(key), ...(watchId === undefined ? {} : { watch_id: watchId }) },
});

async function post(url: string, path: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}/v3${path}`, { method: "POST", body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

interface Told {
  readonly result?: {
    readonly created?: boolean;
    readonly canceled?: boolean;
    readonly cancel_reason?: string;
    readonly watch_id?: string;
    readonly ID?: string;
    readonly TTL?: string;
    readonly events?: readonly { readonly kv: { readonly key: string; readonly value: string } }[];
  };
  readonly error?: unknown;
  readonly code?: number;
}

async function told(talk: WebSocketTalk, count: number): Promise<readonly Told[]> {
  return (await talk.told(count)) as readonly Told[];
}

test("watches over a websocket: several of them, each told of its key, and ended one by one", async (context) => {
  const { url } = await serveFake(context);
  const talk = await new WebSocketTalk(context, `${url}/v3/watch`).opened();
  talk.send(watched("a"));
  talk.send(watched("b", 7));
  assert.deepEqual(
    (await told(talk, 2)).map(({ result }) => [result?.created, result?.watch_id]),
    [
      [true, undefined],
      [true, "7"],
    ],
  );
  await post(url, "/kv/put", { key: base64("b"), value: base64("1") });
  await post(url, "/kv/put", { key: base64("a"), value: base64("2") });
  const events = (await told(talk, 4)).slice(2).map(({ result }) => [result?.watch_id, result?.events?.[0]?.kv.value]);
  assert.deepEqual(events, [
    ["7", base64("1")],
    [undefined, base64("2")],
  ]);
  talk.send({ cancel_request: { watch_id: 7 } });
  assert.equal((await told(talk, 5))[4]?.result?.canceled, true);
  talk.socket.close(1000);
  assert.equal(await talk.closed, 1000);
});

test("leases are kept alive over a websocket, and one that is not there is said to be none", async (context) => {
  const { url } = await serveFake(context);
  await post(url, "/lease/grant", { ID: "5", TTL: "60" });
  const talk = await new WebSocketTalk(context, `${url}/v3/lease/keepalive`).opened();
  for (const ID of ["5", "6", "5"]) talk.send({ ID });
  assert.deepEqual(
    (await told(talk, 3)).map(({ result }) => [result?.ID, result?.TTL]),
    [
      ["5", "60"],
      ["6", undefined],
      ["5", "60"],
    ],
  );
});

test("a unary call over a websocket is its one answer, which closes it", async (context) => {
  const { url } = await serveFake(context);
  await post(url, "/kv/put", { key: base64("a"), value: base64("x".repeat(300_000)) });
  const talk = await new WebSocketTalk(context, `${url}/v3/kv/range`).opened();
  talk.send({ key: base64("a") });
  assert.equal(await talk.closed, 1000);
  assert.equal(talk.messages.length, 1);
  assert.equal((JSON.parse(talk.messages[0] as string) as { count: string }).count, "1");
  const refused = await new WebSocketTalk(context, `${url}/v3/lease/revoke`).opened();
  refused.send({ ID: "99" });
  assert.equal(await refused.closed, 4404);
  assert.equal((await told(refused, 1))[0]?.code, 5);
});

test("what is no JSON, at the beginning or later, is an error that is told, and the close says so", async (context) => {
  const { url } = await serveFake(context);
  const first = await new WebSocketTalk(context, `${url}/v3/watch`).opened();
  first.socket.send(Buffer.of(0, 1, 2));
  assert.equal(await first.closed, 1007);
  assert.equal((await told(first, 1))[0]?.code, 2);
  const later = await new WebSocketTalk(context, `${url}/v3/watch`).opened();
  later.send(watched("a"));
  await told(later, 1);
  later.socket.send("{]");
  assert.equal(await later.closed, 1007);
  assert.match(JSON.stringify((await told(later, 2))[1]?.error), /"grpc_code":2/);
  const unknown = await new WebSocketTalk(context, `${url}/v3/nothing`).opened();
  assert.equal(await unknown.closed, 4404);
  const large = await new WebSocketTalk(context, `${url}/v3/kv/put`).opened();
  large.send({ key: base64("a"), value: "A".repeat(8 * 1024 * 1024) });
  assert.equal(await large.closed, 1009);
});

test("what can become no JSON is an error at once, though more of it might come", async (context) => {
  const { url } = await serveFake(context);
  const first = await new WebSocketTalk(context, `${url}/v3/watch`).opened();
  first.socket.send("{x");
  assert.equal(await first.closed, 1007);
  assert.equal((await told(first, 1))[0]?.error, "invalid character 'x' looking for beginning of object key string");
  const later = await new WebSocketTalk(context, `${url}/v3/watch`).opened();
  later.send(watched("a"));
  later.socket.send('{"create_request":');
  later.socket.send("}");
  assert.equal(await later.closed, 1007);
  assert.match(JSON.stringify((await told(later, 2))[1]?.error), /"grpc_code":2/);
  const unary = await new WebSocketTalk(context, `${url}/v3/kv/range`).opened();
  unary.socket.send("{x");
  assert.equal(await unary.closed, 4400);
  assert.equal((await told(unary, 1))[0]?.code, 3);
});

async function withAuth(context: TestContext): Promise<{ readonly url: string; readonly token: string }> {
  const server = await startSingleMember(context, { auth: { bcryptCost: 4 } });
  const url = server.clientUrls[0] as string;
  await post(url, "/auth/user/add", { name: "root", password: "r" });
  await post(url, "/auth/role/add", { name: "root" });
  await post(url, "/auth/user/grant", { user: "root", role: "root" });
  await post(url, "/auth/enable", {});
  const { token } = await post(url, "/auth/authenticate", { name: "root", password: "r" });
  return { url, token: token as string };
}

test("a token comes in the subprotocol, as web pages can only send it so, or in the header", async (context) => {
  const { url, token } = await withAuth(context);
  const asking = async (protocols: string[], headers: Record<string, string> = {}): Promise<Told["result"]> => {
    const talk = await new WebSocketTalk(context, `${url}/v3/watch`, protocols, { headers }).opened();
    talk.send(watched("a"));
    return (await told(talk, 1))[0]?.result;
  };
  assert.equal((await asking(["Bearer", token]))?.canceled, undefined);
  assert.equal((await asking([], { authorization: token }))?.canceled, undefined);
  assert.match(String((await asking([]))?.cancel_reason), /user name is empty|permission denied/);
  const wrong = await new WebSocketTalk(context, `${url}/v3/kv/range`, ["Bearer", "none.5"]).opened();
  wrong.send({ key: base64("a") });
  assert.equal(await wrong.closed, 4401);
});

test("only pages of the origins that --cors names may open one", async (context) => {
  const { url } = await serveFake(context, { cors: ["http://ours"] });
  await new WebSocketTalk(context, `${url}/v3/watch`, [], { origin: "http://ours" }).opened();
  await new WebSocketTalk(context, `${url}/v3/watch`).opened();
  const theirs = new WebSocketTalk(context, `${url}/v3/watch`, [], { origin: "http://theirs" });
  assert.equal(await theirs.closed, 1006);
  const { url: open } = await serveFake(context);
  await new WebSocketTalk(context, `${open}/v3/watch`, [], { origin: "http://theirs" }).opened();
});

test("a member that stops ends its websockets with 1001", async (context) => {
  const server = await startSingleMember(context);
  const url = server.clientUrls[0] as string;
  const talks = await Promise.all(
    ["/v3/watch", "/v3/lease/keepalive"].map((path) => new WebSocketTalk(context, `${url}${path}`).opened()),
  );
  talks[0]?.send(watched("a"));
  await talks[0]?.told(1);
  const closing = server.close();
  assert.deepEqual(await Promise.all(talks.map(({ closed }) => closed)), [1001, 1001]);
  await closing;
});

test("Node's own WebSocket, as browsers have it, is a client", async (context) => {
  const { url } = await serveFake(context);
  const socket = new WebSocket(`${url.replace("http", "ws")}/v3/watch`);
  await once(socket, "open");
  socket.send(JSON.stringify(watched("a")));
  const [event] = (await once(socket, "message")) as [MessageEvent];
  assert.equal((JSON.parse(event.data as string) as Told).result?.created, true);
  socket.close();
  await once(socket, "close");
});
