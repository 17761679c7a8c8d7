import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Metadata } from "@grpc/grpc-js";
import { CallCounts, grpcCodes, okStatus, type Call } from "../src/index.ts";
import { call, clientOf, failure, serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, request));

test("a call carries bytes there and back, from none to megabytes", async (context) => {
  const client = clientOf(context, await serve(context, { methods: [echo] }));
  for (const size of [0, 1, 4, 5, 1000, 70_000, 4 * 1024 * 1024]) {
    const request = new Uint8Array(size).map((_, index) => index % 251);
    assert.deepEqual(Uint8Array.from(await call(client, "/test.Echo/Say", request)), request);
  }
});

test("a thousand calls at once on one connection all get their own answer", async (context) => {
  const later = unary("/test.Echo/Later", (_, request, respond) => {
    const copy = Uint8Array.from(request);
    setImmediate(() => respond(okStatus, copy));
  });
  const client = clientOf(context, await serve(context, { methods: [later] }));
  const texts = Array.from({ length: 1000 }, (_, index) => `call ${index}`);
  const answers = await Promise.all(texts.map((text) => call(client, "/test.Echo/Later", Buffer.from(text))));
  assert.deepEqual(answers.map(String), texts);
});

test("a status reaches the client with its code and every character of its message", async (context) => {
  const message = "etcdserver: 100 % of \u00fcnic\u00f6de \u{1f980}\nand a second line";
  const refuse = unary("/test.Echo/Refuse", (_, __, respond) => respond({ code: grpcCodes.outOfRange, message }));
  const client = clientOf(context, await serve(context, { methods: [refuse] }));
  assert.deepEqual(await failure(call(client, "/test.Echo/Refuse", new Uint8Array(3))), { code: 11, details: message });
});

test("a status message as long as a request reaches the client, cut", async (context) => {
  const refuse = unary("/test.Echo/Refuse", (_, request, respond) =>
    respond({ code: grpcCodes.invalidArgument, message: `"${Buffer.from(request).toString()}" is no URL` }),
  );
  const client = clientOf(context, await serve(context, { methods: [refuse] }));
  for (const letter of ["x", "%", "\u{1f980}"]) {
    const name = letter.repeat(1_000_000);
    const { code, details } = await failure(call(client, "/test.Echo/Refuse", Buffer.from(name)));
    assert.equal(code, 3);
    assert.ok(details.startsWith(`"${letter.repeat(100)}`), details);
    assert.ok(details.endsWith(`... (${name.length + 12} characters)`), details);
    assert.ok(details.length < 500);
  }
  // The longest that is whole.
  const { details } = await failure(call(client, "/test.Echo/Refuse", Buffer.from("y".repeat(4084))));
  assert.equal(details, `"${"y".repeat(4084)}" is no URL`);
});

test("unknown services, unknown methods and malformed paths are UNIMPLEMENTED in gRPC's words", async (context) => {
  const counts = new CallCounts();
  const client = clientOf(context, await serve(context, { methods: [echo], counts }));
  const said = async (path: string) => failure(call(client, path, new Uint8Array(0)));
  assert.deepEqual(await said("/test.Other/Say"), { code: 12, details: "unknown service test.Other" });
  assert.deepEqual(await said("/test.Echo/Shout"), { code: 12, details: "unknown method Shout for service test.Echo" });
  assert.deepEqual(await said("/nonsense"), { code: 12, details: 'malformed method name: "/nonsense"' });
  await call(client, "/test.Echo/Say", new Uint8Array(7));
  assert.equal(counts.unknown, 3);
  const { started, received, receivedBytes, sent, sentBytes, handled } = counts.of(echo);
  assert.deepEqual([started, received, receivedBytes, sent, sentBytes], [1, 1, 7, 1, 7]);
  assert.deepEqual([handled[0], handled.reduce((sum, one) => sum + one)], [1, 1]);
});

test("a message beyond the limit is refused, and the connection goes on", async (context) => {
  const methods = [echo, unary("/test.Echo/Small", (_, request, respond) => respond(okStatus, request), 1000)];
  const client = clientOf(context, await serve(context, { methods }));
  assert.equal((await call(client, "/test.Echo/Small", new Uint8Array(1000))).length, 1000);
  assert.deepEqual(await failure(call(client, "/test.Echo/Small", new Uint8Array(1001))), {
    code: 8,
    details: "grpc: received message larger than max (1001 vs. 1000)",
  });
  const details = `grpc: received message larger than max (${20 * 1024 * 1024} vs. ${4 * 1024 * 1024})`;
  assert.deepEqual(await failure(call(client, "/test.Echo/Say", new Uint8Array(20 * 1024 * 1024))), {
    code: 8,
    details,
  });
  assert.equal((await call(client, "/test.Echo/Say", new Uint8Array(7))).length, 7);
});

test("a handler sees metadata, deadline and who calls", async (context) => {
  let seen: Call | undefined;
  const look = unary("/test.Echo/Look", (call, _, respond) => {
    seen = call;
    const remaining = call.remainingMs() ?? 0;
    assert.ok(remaining > 1000 && remaining <= 5000, `${remaining}`);
    respond(okStatus);
  });
  const client = clientOf(context, await serve(context, { methods: [look] }));
  const metadata = new Metadata();
  metadata.set("token", "secret");
  await call(client, "/test.Echo/Look", new Uint8Array(0), { metadata, deadline: Date.now() + 5000 });
  assert.equal(seen?.metadata("token"), "secret");
  assert.equal(seen?.metadata("hasleader"), undefined);
  assert.match(seen?.remote ?? "", /^127\.0\.0\.1:\d+$/);
});

test("a call without a deadline has none", async (context) => {
  const look = unary("/test.Echo/Look", (call, _, respond) => {
    assert.equal(call.remainingMs(), undefined);
    respond(okStatus);
  });
  const client = clientOf(context, await serve(context, { methods: [look] }));
  await call(client, "/test.Echo/Look", new Uint8Array(0));
});

test("when the client cancels, the handler's call is cancelled and a late answer is harmless", async (context) => {
  const started = Promise.withResolvers<Call>();
  let answer = (): void => {};
  const counts = new CallCounts();
  const hang = unary("/test.Echo/Hang", (call, _, respond) => {
    answer = () => respond(okStatus, new Uint8Array(10));
    started.resolve(call);
  });
  const client = clientOf(context, await serve(context, { methods: [hang, echo], counts }));
  const calling = client.makeUnaryRequest(
    "/test.Echo/Hang",
    (bytes: Uint8Array) => Buffer.from(bytes),
    (bytes) => bytes,
    new Uint8Array(1),
    () => {},
  );
  const served = await started.promise;
  assert.equal(served.cancelled, false);
  calling.cancel();
  while (counts.of(hang).handled[grpcCodes.canceled] !== 1) await delay(1);
  assert.equal(served.cancelled, true);
  answer();
  assert.equal((await call(client, "/test.Echo/Say", new Uint8Array(1))).length, 1);
});

test("a handler that throws gives INTERNAL, is logged, and harms no other call", async (context) => {
  const errors: string[] = [];
  const nothing = () => {};
  const logger = {
    debug: nothing,
    info: nothing,
    warn: nothing,
    error: (message: string) => void errors.push(message),
  };
  const fail = unary("/test.Echo/Fail", () => {
    throw new Error("a bug");
  });
  const client = clientOf(context, await serve(context, { methods: [fail, echo], logger }));
  assert.deepEqual(await failure(call(client, "/test.Echo/Fail", new Uint8Array(1))), {
    code: 13,
    details: "internal error",
  });
  assert.deepEqual(errors, ["a handler failed"]);
  assert.equal((await call(client, "/test.Echo/Say", new Uint8Array(1))).length, 1);
});

test("a second answer to one call is ignored", async (context) => {
  const twice = unary("/test.Echo/Twice", (_, __, respond) => {
    respond(okStatus, new Uint8Array(1));
    respond({ code: grpcCodes.internal, message: "again" });
  });
  const client = clientOf(context, await serve(context, { methods: [twice] }));
  assert.equal((await call(client, "/test.Echo/Twice", new Uint8Array(0))).length, 1);
});

test("two methods of one path, and a path that is none, are refused when the server starts", async () => {
  const start = (paths: readonly string[]) =>
    serve({ after: () => {} } as never, { methods: paths.map((path) => unary(path, () => {})) });
  await assert.rejects(async () => start(["/a.B/C", "/a.B/C"]), /defined twice/);
  await assert.rejects(async () => start(["a.B/C"]), /no method path/);
});
