import assert from "node:assert/strict";
import { connect, type ClientHttp2Session, type OutgoingHttpHeaders } from "node:http2";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { okStatus, type GrpcServer } from "../src/index.ts";
import { call, clientOf, serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, request));
const hang = unary("/test.Echo/Hang", () => {});

interface Answer {
  readonly status: unknown;
  readonly grpcStatus: unknown;
  readonly message: unknown;
}

function sessionWith(context: TestContext, server: GrpcServer): ClientHttp2Session {
  const session = connect(`http://127.0.0.1:${server.address.port}`);
  session.on("error", () => {});
  context.after(() => session.destroy());
  return session;
}

/** Sends headers and chunks as they are; `end: false` leaves the request open. */
function send(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders,
  chunks: readonly Uint8Array[] = [],
  end = true,
): Promise<Answer> {
  const stream = session.request({
    ":method": "POST",
    ":path": "/test.Echo/Say",
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  let answer: Answer = { status: undefined, grpcStatus: undefined, message: undefined };
  const take = (fields: Record<string, unknown>): void => {
    answer = {
      status: fields[":status"] ?? answer.status,
      grpcStatus: fields["grpc-status"] ?? answer.grpcStatus,
      message: fields["grpc-message"] ?? answer.message,
    };
  };
  stream
    .on("response", take)
    .on("trailers", take)
    .on("error", () => {})
    .resume();
  for (const chunk of chunks) stream.write(chunk);
  if (end) stream.end();
  return new Promise((resolve) => stream.on("close", () => resolve(answer)));
}

const message = (...bytes: number[]): Uint8Array => Uint8Array.of(0, 0, 0, 0, bytes.length, ...bytes);

test("a wrong kind of gRPC is refused with its HTTP status; what is no gRPC goes to the handler of HTTP", async (context) => {
  const session = sessionWith(context, await serve(context, { methods: [echo] }));
  assert.equal((await send(session, { "content-type": "application/json" })).status, 404);
  assert.equal((await send(session, { "content-type": "application/grpcweb" })).status, 415);
  assert.equal((await send(session, { "content-type": "application/grpc+proto" }, [message(1)])).grpcStatus, "0");
  assert.equal((await send(session, { "content-type": "application/grpc;charset=x" }, [message(1)])).grpcStatus, "0");
  const get = session.request({ ":method": "GET", ":path": "/test.Echo/Say", "content-type": "application/grpc" });
  const status = await new Promise((resolve) => get.on("response", (headers) => resolve(headers[":status"])));
  assert.equal(status, 405);
});

test("malformed requests are refused one by one; the connection goes on", async (context) => {
  const session = sessionWith(context, await serve(context, { methods: [echo] }));
  const cases: readonly [string, OutgoingHttpHeaders, readonly Uint8Array[], string, RegExp][] = [
    ["no message", {}, [], "13", /ended before/],
    ["half a prefix", {}, [Uint8Array.of(0, 0)], "13", /ended before/],
    ["half a message", {}, [Uint8Array.of(0, 0, 0, 0, 9, 1, 2)], "13", /ended before/],
    ["bytes after the message", {}, [message(1, 2), Uint8Array.of(7)], "13", /follow the one message/],
    ["two messages at once", {}, [Buffer.concat([message(1), message(2)])], "13", /follow the one message/],
    ["a compressed message", {}, [Uint8Array.of(1, 0, 0, 0, 1, 5)], "13", /compressed flag set/],
    ["no gzip", { "grpc-encoding": "gzip" }, [Uint8Array.of(1, 0, 0, 0, 1, 5)], "13", /failed to decompress/],
    ["an unknown flag", {}, [Uint8Array.of(9, 0, 0, 0, 1, 5)], "13", /payload format 9/],
    ["another compression", { "grpc-encoding": "br" }, [message(1)], "12", /grpc-encoding/],
    ["an impossible length", {}, [Uint8Array.of(0, 255, 255, 255, 255)], "8", /4294967295 vs/],
    ["a malformed timeout", { "grpc-timeout": "soon" }, [message(1)], "13", /grpc-timeout/],
    ["a negative timeout", { "grpc-timeout": "-5S" }, [message(1)], "13", /grpc-timeout/],
  ];
  for (const [what, headers, chunks, grpcStatus, says] of cases) {
    const answer = await send(session, headers, chunks);
    assert.deepEqual([answer.status, answer.grpcStatus], [200, grpcStatus], what);
    assert.match(decodeURIComponent(String(answer.message)), says, what);
  }
  assert.equal((await send(session, {}, [message(1, 2, 3)])).grpcStatus, "0");
});

test("a message may come in any pieces", async (context) => {
  const received: number[][] = [];
  const take = unary("/test.Echo/Say", (_, request, respond) => {
    received.push([...request]);
    respond(okStatus);
  });
  const session = sessionWith(context, await serve(context, { methods: [take] }));
  const bytes = message(1, 2, 3, 4, 5, 6);
  for (let cut = 1; cut < bytes.length; cut++) {
    const stream = session.request({
      ":method": "POST",
      ":path": "/test.Echo/Say",
      "content-type": "application/grpc",
    });
    stream
      .on("error", () => {})
      .resume()
      .write(bytes.subarray(0, cut));
    await delay(2);
    stream.end(bytes.subarray(cut));
    await new Promise((resolve) => stream.on("close", resolve));
  }
  assert.deepEqual(
    received,
    Array.from({ length: bytes.length - 1 }, () => [1, 2, 3, 4, 5, 6]),
  );
});

test("a deadline that passes ends the call, and tells the handler", async (context) => {
  let isCancelled = (): boolean => false;
  let remaining: number | undefined;
  const wait = unary("/test.Echo/Wait", (call) => {
    isCancelled = () => call.cancelled;
    setTimeout(() => (remaining = call.remainingMs()), 60);
  });
  const session = sessionWith(context, await serve(context, { methods: [wait] }));
  const headers = { ":path": "/test.Echo/Wait", "grpc-timeout": "50m" };
  assert.deepEqual(await send(session, headers, [message(1)]), {
    status: 200,
    grpcStatus: "4",
    message: "context deadline exceeded",
  });
  assert.equal(isCancelled(), true);
  await delay(30);
  assert.equal(remaining, 0);
});

test("a request that is never finished is ended by the server", async (context) => {
  const server = await serve(context, { methods: [echo], limits: { receiveTimeoutMs: 100 } });
  const session = sessionWith(context, server);
  const answer = await send(session, {}, [Uint8Array.of(0, 0, 0, 0, 9, 1)], false);
  assert.equal(answer.grpcStatus, "4");
  assert.match(String(answer.message), /not whole within 100 ms/);
});

test("unfinished requests together have a bound, which is free again after them", async (context) => {
  const limits = { maxPartialRequestBytes: 1000 };
  const session = sessionWith(context, await serve(context, { methods: [echo], limits }));
  const open = () =>
    session
      .request({ ":method": "POST", ":path": "/test.Echo/Say", "content-type": "application/grpc" })
      .on("error", () => {});
  const first = open();
  first.write(Uint8Array.of(0, 0, 0, 3, 0, 1));
  await delay(20);
  const second = await send(session, {}, [Uint8Array.of(0, 0, 0, 3, 0, 1)], false);
  assert.equal(second.grpcStatus, "8");
  first.close();
  await delay(20);
  const third = await send(session, {}, [Uint8Array.of(0, 0, 0, 3, 0, 1), new Uint8Array(767)]);
  assert.equal(third.grpcStatus, "0");
});

test("calls beyond the limit of one connection wait for their turn; header blocks have a bound", async (context) => {
  const limits = { maxConcurrentStreams: 10, maxHeaderBytes: 8192 };
  const server = await serve(context, { methods: [echo, hang], limits });
  const session = sessionWith(context, server);
  // A client learns the limit with the server's first frame.
  await send(session, {}, [message(1)]);
  const answers = await Promise.all(Array.from({ length: 200 }, () => send(session, {}, [message(1)])));
  assert.ok(answers.every(({ grpcStatus }) => grpcStatus === "0"));
  const huge = await send(session, { "x-large": "x".repeat(60_000) }, [message(1)]);
  assert.notEqual(huge.grpcStatus, "0");
  assert.equal((await call(clientOf(context, server), "/test.Echo/Say", Uint8Array.of(1))).length, 1);
});

const ping = (session: ClientHttp2Session): Promise<boolean> =>
  new Promise((resolve) => {
    if (session.destroyed || session.closed) resolve(false);
    else session.ping((error: Error | null) => resolve(error === null));
  });

test("pings are answered, also without calls, when they keep their distance", async (context) => {
  const server = await serve(context, { methods: [echo], limits: { keepAliveMinMs: 5 } });
  const session = sessionWith(context, server);
  await send(session, {}, [message(1)]);
  for (let round = 0; round < 10; round++) {
    await delay(10);
    assert.equal(await ping(session), true);
  }
});

test("pings that come too often are forgiven twice, and then too many; calls between them count for nothing", async (context) => {
  const session = sessionWith(context, await serve(context, { methods: [echo] }));
  for (let round = 0; round < 5; round++) {
    assert.equal((await send(session, {}, [message(1)])).grpcStatus, "0");
    for (let again = 0; again < 3; again++) assert.equal(await ping(session), true);
  }
  assert.equal((await send(session, {}, [message(1)])).grpcStatus, "0");
  assert.equal(await ping(session), true);
  const goaway = new Promise<[number, string]>((resolve) => {
    session.on("goaway", (code, _, data) => resolve([code, Buffer.from(data ?? []).toString()]));
  });
  // The first of them comes too early already, after the last one above.
  for (let round = 0; round < 2; round++) assert.equal(await ping(session), true);
  assert.equal(await ping(session), false);
  assert.deepEqual(await goaway, [11, "too_many_pings"]);
});

test("closing says goodbye, lets calls under way end, and takes no new ones", async (context) => {
  const reached = Promise.withResolvers<() => void>();
  const slow = unary("/test.Echo/Slow", (_, __, respond) => reached.resolve(() => respond(okStatus, Uint8Array.of(7))));
  const server = await serve(context, { methods: [slow], limits: { drainTimeoutMs: 5000 } });
  const session = sessionWith(context, server);
  const goaway = new Promise((resolve) => session.on("goaway", resolve));
  const answer = send(session, { ":path": "/test.Echo/Slow" }, [message(1)]);
  const respond = await reached.promise;
  const closed = server.close();
  await goaway;
  respond();
  assert.equal((await answer).grpcStatus, "0");
  await closed;
  const refused = connect(`http://127.0.0.1:${server.address.port}`);
  await new Promise((resolve) => refused.on("error", resolve));
});

test("closing cuts what does not end in time", async (context) => {
  const server = await serve(context, { methods: [hang], limits: { drainTimeoutMs: 100 } });
  const session = sessionWith(context, server);
  const answer = send(session, { ":path": "/test.Echo/Hang" }, [message(1)]);
  await delay(50);
  const started = performance.now();
  await server.close();
  assert.ok(performance.now() - started < 2000);
  assert.equal((await answer).grpcStatus, undefined);
});
