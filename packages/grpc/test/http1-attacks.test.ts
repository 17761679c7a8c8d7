import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { GrpcServer, HttpRequest, HttpResponse } from "../src/index.ts";
import { serve } from "./grpc-client.ts";

const answer = (body: string): HttpResponse => ({ status: 200, contentType: "text/plain", body });
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`;

/** A client that says what it is told to, and keeps all that comes. */
class RawClient {
  readonly socket: Socket;
  text = "";
  isClosed = false;

  constructor(context: TestContext, server: GrpcServer) {
    this.socket = connect(server.address.port, "127.0.0.1");
    this.socket.on("data", (chunk) => (this.text += chunk.toString("latin1")));
    this.socket.on("error", () => {});
    this.socket.on("close", () => (this.isClosed = true));
    context.after(() => this.socket.destroy());
  }

  async until(isSo: () => boolean): Promise<void> {
    for (const until = performance.now() + 5000; !isSo() && performance.now() < until; ) await delay(5);
  }

  /** The status of the first answer. */
  async status(): Promise<number> {
    await this.until(() => this.text.includes("\r\n") || this.isClosed);
    return Number(this.text.split(" ", 2)[1]);
  }
}

test("requests that are sent ahead have their turns: one is served when the answer before it has gone", async (context) => {
  const waiting: (readonly [string, (response: HttpResponse) => void])[] = [];
  const http = ({ path }: HttpRequest, respond: (response: HttpResponse) => void) => void waiting.push([path, respond]);
  const server = await serve(context, { methods: [], http });
  const client = new RawClient(context, server);
  client.socket.write(get("/1") + get("/2") + get("/3"));
  for (const expected of ["/1", "/2", "/3"]) {
    await client.until(() => waiting.length > 0);
    await delay(20);
    assert.deepEqual(
      waiting.map(([path]) => path),
      [expected],
    );
    waiting.shift()?.[1](answer(`<${expected}>`));
  }
  await client.until(() => client.text.includes("</3>"));
  assert.deepEqual(client.text.match(/<.\d>/g), ["</1>", "</2>", "</3>"]);
});

test("a flood of requests ahead of their answers costs one answer's memory, and the connection", async (context) => {
  let served = 0;
  const http = (_: HttpRequest, respond: (response: HttpResponse) => void) => {
    served++;
    respond(answer("x".repeat(1_000_000)));
  };
  const server = await serve(context, { methods: [], http });
  const client = new RawClient(context, server);
  client.socket.pause();
  client.socket.write(get("/").repeat(2000));
  await delay(200);
  client.socket.resume();
  await client.until(() => client.isClosed);
  assert.equal(client.isClosed, true);
  assert.ok(served < 20, `${served} were served`);
});

test("a body that is declared too large is refused before it comes, one in chunks when it has", async (context) => {
  const server = await serve(context, {
    methods: [],
    http: (_, respond) => respond(answer("ok")),
    limits: { maxRequestBytes: 1000 },
  });
  const declared = new RawClient(context, server);
  declared.socket.write("POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1073741824\r\nexpect: 100-continue\r\n\r\n");
  await declared.until(() => declared.text.includes("413"));
  assert.match(declared.text, /HTTP\/1\.1 413/);
  const chunked = new RawClient(context, server);
  chunked.socket.write("POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n");
  chunked.socket.write(`4e8\r\n${"x".repeat(0x4e8)}\r\n`);
  assert.equal(await chunked.status(), 413);
});

test("bodies that are not whole have a bound over all connections, and a time", async (context) => {
  const server = await serve(context, {
    methods: [],
    http: (_, respond) => respond(answer("ok")),
    limits: { maxPartialRequestBytes: 5000, receiveTimeoutMs: 300 },
  });
  const begin = (client: RawClient, bytes: number): void =>
    void client.socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9000\r\n\r\n${"x".repeat(bytes)}`);
  const slow = new RawClient(context, server);
  begin(slow, 3000);
  await delay(50);
  const second = new RawClient(context, server);
  begin(second, 3000);
  assert.equal(await second.status(), 503);
  assert.equal(await slow.status(), 408);
  await slow.until(() => slow.isClosed);
  const after = new RawClient(context, server);
  after.socket.write(`POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n${"x".repeat(4000)}`);
  assert.equal(await after.status(), 200, "what was given up does not count any more");
});

test("slow-loris: a head that never becomes whole", async (context) => {
  const server = await serve(context, {
    methods: [],
    http: (_, respond) => respond(answer("ok")),
    limits: { receiveTimeoutMs: 200 },
  });
  for (const start of ["G", "GET / HT", "GET / HTTP/1.1\r\nx: ", ""]) {
    const client = new RawClient(context, server);
    client.socket.write(start);
    const trickle = setInterval(() => client.socket.write("a"), 20);
    context.after(() => clearInterval(trickle));
    await client.until(() => client.isClosed);
    clearInterval(trickle);
    assert.equal(client.isClosed, true, start);
  }
});

test("a client that does not take its answer is cut, and others are served meanwhile", async (context) => {
  const http = ({ path }: HttpRequest, respond: (response: HttpResponse) => void) =>
    respond({ ...answer(""), body: new Uint8Array(path === "/large" ? 20_000_000 : 2) });
  const limits = { sendStallTimeoutMs: 200, maxUnsentTotalBytes: 10_000_000 };
  const server = await serve(context, { methods: [], http, limits });
  const stuck = new RawClient(context, server);
  stuck.socket.pause();
  stuck.socket.write(get("/large"));
  await delay(100);
  const refused = new RawClient(context, server);
  refused.socket.write(get("/"));
  assert.equal(await refused.status(), 503, "what nobody takes counts");
  await delay(600);
  const later = new RawClient(context, server);
  later.socket.write(get("/"));
  assert.equal(await later.status(), 200);
  stuck.socket.resume();
  await stuck.until(() => stuck.isClosed);
  assert.equal(stuck.isClosed, true);
});

test("a connection is kept for the next request for minutes, not seconds", async (context) => {
  const server = await serve(context, { methods: [], http: (_, respond) => respond(answer("ok")) });
  const client = new RawClient(context, server);
  client.socket.write(get("/"));
  await client.until(() => client.text.includes("ok"));
  assert.match(client.text, /^Connection: keep-alive\r$/im);
  assert.match(client.text, /^Keep-Alive: timeout=120\r$/im);
});

test("HEAD has no body, an upgrade to h2c is not taken, and what is no HTTP is told so", async (context) => {
  const server = await serve(context, { methods: [], http: ({ method }, respond) => respond(answer(`<${method}>`)) });
  const client = new RawClient(context, server);
  client.socket.write("HEAD / HTTP/1.1\r\nhost: x\r\n\r\n");
  client.socket.write(
    "GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
  );
  await client.until(() => client.text.includes("<GET>"));
  assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n[^<]*\r\n\r\nHTTP\/1\.1 200 OK\r\n[^<]*\r\n\r\n<GET>$/);
  for (const garbage of ["\0\0\0\0", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\n: x\r\n\r\n"]) {
    const wrong = new RawClient(context, server);
    wrong.socket.write(garbage);
    assert.equal(await wrong.status(), 400, garbage);
  }
  const smuggling = new RawClient(context, server);
  smuggling.socket.write(
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
  );
  assert.equal(await smuggling.status(), 400);
});
