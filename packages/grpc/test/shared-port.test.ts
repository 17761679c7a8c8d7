import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { HostError } from "@quorate/host";
import { okStatus, startGrpcServer, type GrpcServer, type HttpHandler } from "../src/index.ts";
import { call, clientOf, notFound, serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, request));

const describeRequest: HttpHandler = ({ method, path, query, body, ...request }, respond) => {
  const seen = {
    method,
    path,
    flag: query.get("flag"),
    body: Buffer.from(body).toString(),
    kind: request.header("content-type"),
  };
  respond({ status: 200, contentType: "application/json", body: JSON.stringify(seen), headers: { "x-extra": "1" } });
};

function url(server: GrpcServer, path: string): string {
  return `http://127.0.0.1:${server.address.port}${path}`;
}

/** Sends bytes and gives what comes back until the server closes. */
function exchange(server: GrpcServer, pieces: readonly Uint8Array[], gapMs = 0): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(server.address.port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => (received += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(received);
    });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error("the server did not close the connection"));
    }, 5000);
    void (async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await delay(gapMs);
      }
    })();
  });
}

test("plain HTTP is served on the port of gRPC", async (context) => {
  const server = await serve(context, { methods: [echo], http: describeRequest });
  const answer = await fetch(url(server, "/some/path?flag=yes"), {
    method: "POST",
    body: "hello",
    headers: { "content-type": "text/x-test" },
  });
  assert.equal(answer.headers.get("x-extra"), "1");
  assert.deepEqual(await answer.json(), {
    method: "POST",
    path: "/some/path",
    flag: "yes",
    body: "hello",
    kind: "text/x-test",
  });
  assert.equal((await call(clientOf(context, server), "/test.Echo/Say", new Uint8Array(5))).length, 5);
});

test("one HTTP/1.1 connection serves one request after another", async (context) => {
  const server = await serve(context, { methods: [], http: describeRequest });
  const one = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
  const last = "GET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  const received = await exchange(server, [Buffer.from(one), Buffer.from(last)], 20);
  assert.deepEqual(received.match(/"path":"\/[ab]"/g), ['"path":"/a"', '"path":"/b"']);
});

test("an HTTP/1.1 connection is kept longer than those pause who ask regularly", async (context) => {
  const server = await serve(context, { methods: [], http: describeRequest });
  const request = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(server.address.port, "127.0.0.1", () => socket.write(request));
    context.after(() => socket.destroy());
    socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1")));
    socket.on("error", reject);
  });
  const seconds = Number(/^Keep-Alive: timeout=(\d+)/im.exec(answer)?.[1]);
  assert.ok(seconds >= 60, answer);
});

test("the first bytes may come one at a time", async (context) => {
  const server = await serve(context, { methods: [], http: describeRequest });
  const bytes = Buffer.from("PUT /slow HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
  assert.match(await exchange(server, pieces, 1), /"path":"\/slow"/);
});

test("a body beyond the limit is refused with 413", async (context) => {
  const server = await serve(context, { methods: [], http: describeRequest, limits: { maxRequestBytes: 1000 } });
  assert.equal((await fetch(url(server, "/"), { method: "POST", body: "x".repeat(1000) })).status, 200);
  assert.equal((await fetch(url(server, "/"), { method: "POST", body: "x".repeat(1001) })).status, 413);
  const large = httpRequest(url(server, "/"), { method: "POST" });
  const status = new Promise((resolve) => large.on("response", (response) => resolve(response.resume().statusCode)));
  large.on("error", () => {});
  for (let chunk = 0; chunk < 20; chunk++) large.write(Buffer.alloc(1000));
  assert.equal(await status, 413);
  large.destroy();
});

test("a handler of plain HTTP that throws gives 500", async (context) => {
  const http: HttpHandler = () => {
    throw new Error("a bug");
  };
  const server = await serve(context, { methods: [], http });
  assert.equal((await fetch(url(server, "/"))).status, 500);
});

test("garbage closes its own connection and nothing else", async (context) => {
  const lines: string[] = [];
  const nothing = () => {};
  const logger = {
    debug: nothing,
    info: nothing,
    warn: (_: string, fields = {}) => void lines.push(JSON.stringify(fields)),
    error: (message: string) => assert.fail(message),
  };
  const server = await serve(context, { methods: [echo], logger, limits: { receiveTimeoutMs: 300 } });
  const client = clientOf(context, server);
  await call(client, "/test.Echo/Say", Uint8Array.of(1));
  const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const frame = (length: number, type: number, payload: Uint8Array) =>
    Buffer.concat([Buffer.from([length >> 16, length >> 8, length, type, 0, 0, 0, 0, 1]), payload]);
  const noise = Uint8Array.from({ length: 100_000 }, (_, index) => (index * 7919 + (index >> 5)) & 0xff);
  const garbage = [
    noise.subarray(0, 64),
    noise,
    new Uint8Array(100_000),
    Buffer.from("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003", "latin1"),
    Buffer.from("POST / HTTP/1.1\r\nContent-Length: nonsense\r\n\r\n"),
    Buffer.from(`GET /${"x".repeat(100_000)} HTTP/1.1\r\n\r\n`),
    Buffer.from("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"),
    Buffer.concat([preface, noise.subarray(0, 1000)]),
    Buffer.concat([preface, frame(0xffffff, 0, noise.subarray(0, 100))]),
    Buffer.concat([preface, frame(5, 4, Uint8Array.of(1, 2, 3, 4, 5))]),
    Buffer.concat([preface, frame(0, 4, new Uint8Array(0)), frame(8, 1, noise.subarray(0, 8))]),
  ];
  for (const bytes of garbage) await exchange(server, [bytes]);
  assert.equal((await call(client, "/test.Echo/Say", Uint8Array.of(1))).length, 1);
  assert.ok(lines.length >= 1 && lines.length < garbage.length, "some line says so, and the log is not flooded");
  assert.match(lines.join("\n"), /malformed HTTP/);
});

test("a connection that says nothing, half a preface or half a request is closed in time", async (context) => {
  const server = await serve(context, { methods: [], limits: { receiveTimeoutMs: 100 } });
  await exchange(server, []);
  await exchange(server, [Buffer.from("PRI * HT")]);
  await exchange(server, [Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n")]);
  await exchange(server, [Buffer.from("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nhalf")]);
});

test("connections beyond the limit are closed at once", async (context) => {
  const server = await serve(context, { methods: [], http: describeRequest, limits: { maxConnections: 2 } });
  const held = [1, 2].map(() => connect(server.address.port, "127.0.0.1"));
  await Promise.all(held.map((socket) => new Promise((resolve) => socket.on("connect", resolve))));
  await delay(20);
  assert.equal(await exchange(server, [Buffer.from("GET / HTTP/1.1\r\n\r\n")]), "");
  for (const socket of held) socket.destroy();
});

test("closing ends idle and silent connections at once", async (context) => {
  const server = await serve(context, { methods: [], http: describeRequest, limits: { drainTimeoutMs: 10_000 } });
  const silent = connect(server.address.port, "127.0.0.1");
  await new Promise((resolve) => silent.on("connect", resolve));
  await (await fetch(url(server, "/"))).text();
  const started = performance.now();
  await server.close();
  assert.ok(performance.now() - started < 1000);
  await server.close();
  silent.destroy();
});

test("a port in use and an address of another machine are clear errors", async (context) => {
  const server = await serve(context, { methods: [] });
  const start = (host: string, port: number) =>
    startGrpcServer({ address: { host, port }, methods: [], http: notFound });
  await assert.rejects(start("127.0.0.1", server.address.port), (error) => {
    assert.ok(error instanceof HostError);
    assert.equal(error.code, "address-in-use");
    assert.match(error.message, /^127\.0\.0\.1:\d+ is in use by another process$/);
    return true;
  });
  await assert.rejects(start("203.0.113.1", 0), (error) => error instanceof HostError && error.code === "invalid");
});
