import assert from "node:assert/strict";
import {
  compressionAlgorithms,
  Metadata,
  type Client,
  type ClientDuplexStream,
  type StatusObject,
} from "@grpc/grpc-js";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { grpcCodes, okStatus, type Method, type StreamCall, type StreamingMethod } from "../src/index.ts";
import { frame, FrameClient, headers, message, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { call, clientOf, serve, unary } from "./grpc-client.ts";

const gzipOptions = { "grpc.default_compression_algorithm": compressionAlgorithms.gzip };
const same = (bytes: Buffer): Buffer => bytes;

function streaming(kind: StreamingMethod["kind"], open: StreamingMethod["open"]): Method {
  return { kind, path: "/test.Echo/Say", open };
}

const echoAll = streaming("bidi-stream", (streamCall) => ({
  onMessage: (bytes) => void streamCall.send(Uint8Array.from(bytes)),
  onEnd: () => streamCall.end(okStatus, { "x-end": "yes" }),
}));

function duplex(client: Client, metadata = new Metadata(), deadline?: number): ClientDuplexStream<Buffer, Buffer> {
  const options = deadline === undefined ? {} : { deadline };
  return client.makeBidiStreamRequest("/test.Echo/Say", same, same, metadata, options);
}

function statusOf(stream: ClientDuplexStream<Buffer, Buffer>): Promise<StatusObject> {
  stream.on("error", () => {});
  return new Promise((resolve) => stream.on("status", resolve));
}

test("both sides send as they like, until both have ended", async (context) => {
  const stream = duplex(clientOf(context, await serve(context, { methods: [echoAll] })));
  const status = statusOf(stream);
  const received: number[] = [];
  stream.on("data", (bytes: Buffer) => {
    received.push(bytes.readUInt32BE());
    if (received.length === 1000) stream.end();
  });
  for (let index = 0; index < 1000; index++) stream.write(uint32(index));
  const { code, metadata } = await status;
  assert.deepEqual([code, metadata.get("x-end")], [0, ["yes"]]);
  assert.deepEqual(
    received,
    Array.from({ length: 1000 }, (_, index) => index),
  );
});

test("one request, many responses; one too few and one too many are refused", async (context) => {
  const count = streaming("server-stream", (streamCall) => ({
    onMessage: (bytes) => {
      for (let index = 0; index < (bytes[0] as number); index++) streamCall.send(Uint8Array.of(index));
    },
    onEnd: () => streamCall.end(okStatus),
  }));
  const server = await serve(context, { methods: [count] });
  const stream = clientOf(context, server).makeServerStreamRequest("/test.Echo/Say", same, same, Buffer.of(5));
  const received: number[] = [];
  stream.on("data", (bytes: Buffer) => received.push(...bytes));
  await new Promise((resolve) => stream.on("end", resolve));
  assert.deepEqual(received, [0, 1, 2, 3, 4]);
  const client = new FrameClient(context, server);
  client.send(headers(1), frame(0, 1, 1), headers(3), message(3, [0], false), message(3, [0]));
  assert.match((await client.trailers(1))?.get("grpc-message") ?? "", /ended before its message/);
  assert.match((await client.trailers(3))?.get("grpc-message") ?? "", /follow the one message/);
});

test("many requests, one response", async (context) => {
  const sum = streaming("client-stream", (streamCall) => {
    let total = 0;
    return {
      onMessage: (bytes) => (total += bytes[0] as number),
      onEnd: () => {
        streamCall.send(Uint8Array.of(total));
        assert.throws(() => streamCall.send(Uint8Array.of(total)), RangeError);
        streamCall.end(okStatus);
      },
    };
  });
  const client = clientOf(context, await serve(context, { methods: [sum] }));
  const answer = await new Promise((resolve, reject) => {
    const stream = client.makeClientStreamRequest<Buffer, Buffer>("/test.Echo/Say", same, same, (error, response) =>
      error === null ? resolve([...(response as Buffer)]) : reject(error),
    );
    for (const value of [1, 2, 3, 4]) stream.write(Buffer.of(value));
    stream.end();
  });
  assert.deepEqual(answer, [10]);
});

test("a call may be ended before any message, with a status and metadata", async (context) => {
  const refuse = streaming("bidi-stream", (streamCall) => {
    streamCall.end({ code: grpcCodes.permissionDenied, message: "not you: 100% ☹" }, { "x-why": "so" });
    return { onMessage: () => assert.fail("it is over"), onEnd: () => assert.fail("it is over") };
  });
  const status = await statusOf(duplex(clientOf(context, await serve(context, { methods: [refuse] }))));
  assert.deepEqual([status.code, status.details, status.metadata.get("x-why")], [7, "not you: 100% ☹", ["so"]]);
});

test("metadata goes both ways, bytes included", async (context) => {
  const seen: unknown[] = [];
  const look = streaming("bidi-stream", (streamCall) => {
    seen.push(streamCall.metadata("x-text"), [...(streamCall.binaryMetadata("x-bytes-bin") ?? [])]);
    seen.push(streamCall.binaryMetadata("x-none-bin"));
    streamCall.sendHeaders({ "x-first": "1", "x-raw-bin": Uint8Array.of(0, 255, 10) });
    assert.throws(() => streamCall.end(okStatus, { "grpc-status": "0" }), RangeError);
    assert.throws(() => streamCall.end(okStatus, { "X-Upper": "0" }), RangeError);
    assert.throws(() => streamCall.end(okStatus, { "x-feed": "a\nb" }), RangeError);
    assert.throws(() => streamCall.end(okStatus, { "x-not-bin": "text" }), RangeError);
    return { onMessage: () => {}, onEnd: () => streamCall.end(okStatus, { "x-last-bin": Uint8Array.of(1, 2) }) };
  });
  const metadata = new Metadata();
  metadata.set("x-text", "hello");
  metadata.set("x-bytes-bin", Buffer.of(0, 1, 254, 255));
  const stream = duplex(clientOf(context, await serve(context, { methods: [look] })), metadata);
  const first = new Promise<Metadata>((resolve) => stream.on("metadata", resolve));
  const status = statusOf(stream);
  stream.resume().end();
  assert.deepEqual((await first).get("x-first"), ["1"]);
  assert.deepEqual((await first).get("x-raw-bin"), [Buffer.of(0, 255, 10)]);
  assert.deepEqual((await status).metadata.get("x-last-bin"), [Buffer.of(1, 2)]);
  assert.deepEqual(seen, ["hello", [0, 1, 254, 255], undefined]);
});

test("a handler learns that its client has cancelled, that the deadline has passed, that the connection is lost", async (context) => {
  const told: string[] = [];
  const calls: StreamCall[] = [];
  const wait = streaming("bidi-stream", (streamCall) => {
    calls.push(streamCall);
    const name = streamCall.metadata("x-name") ?? "";
    return { onMessage: () => {}, onEnd: () => {}, onCancel: () => told.push(name) };
  });
  const server = await serve(context, { methods: [wait] });
  const client = clientOf(context, server);
  const named = (name: string): Metadata => {
    const metadata = new Metadata();
    metadata.set("x-name", name);
    return metadata;
  };
  const cancelled = duplex(client, named("cancelled"));
  const status = statusOf(cancelled);
  while (calls.length < 1) await delay(5);
  cancelled.cancel();
  assert.equal((await status).code, grpcCodes.canceled);
  const late = await statusOf(duplex(client, named("late"), Date.now() + 50));
  assert.equal(late.code, grpcCodes.deadlineExceeded);
  const raw = new FrameClient(context, server);
  raw.send(headers(1, false, [...usualFields, ["x-name", "lost"]]));
  while (calls.length < 3) await delay(5);
  raw.socket.destroy();
  while (told.length < 3) await delay(5);
  assert.deepEqual(told, ["cancelled", "late", "lost"]);
  for (const streamCall of calls) {
    assert.equal(streamCall.cancelled, true);
    assert.equal(streamCall.send(Uint8Array.of(1)), false);
    streamCall.end(okStatus);
  }
});

test("what a handler throws ends its call, wherever it throws", async (context) => {
  const lines: string[] = [];
  const nothing = () => {};
  const logger = { debug: nothing, info: nothing, warn: nothing, error: (line: string) => void lines.push(line) };
  const fail = streaming("bidi-stream", (streamCall) => {
    if (streamCall.metadata("x-at") === "open") throw new Error("at once");
    return {
      onMessage: () => {
        throw new Error("at a message");
      },
      onEnd: () => {},
    };
  });
  const client = clientOf(context, await serve(context, { methods: [fail], logger }));
  const metadata = new Metadata();
  metadata.set("x-at", "open");
  assert.equal((await statusOf(duplex(client, metadata))).code, grpcCodes.internal);
  const stream = duplex(client);
  stream.write(Buffer.of(1));
  assert.equal((await statusOf(stream)).code, grpcCodes.internal);
  assert.deepEqual(lines, ["a handler failed", "a handler failed"]);
});

test("a handler that is paused gets nothing, and its client is stopped by the window", async (context) => {
  const calls: StreamCall[] = [];
  let received = 0;
  const slow = streaming("bidi-stream", (streamCall) => {
    calls.push(streamCall);
    streamCall.pause();
    return { onMessage: (bytes) => (received += bytes.length), onEnd: () => streamCall.end(okStatus) };
  });
  const stream = duplex(clientOf(context, await serve(context, { methods: [slow] })));
  const status = statusOf(stream);
  for (let index = 0; index < 40; index++) stream.write(Buffer.alloc(100_000));
  stream.resume().end();
  await delay(200);
  assert.equal(received, 0);
  calls[0]?.resume();
  assert.equal((await status).code, 0);
  assert.equal(received, 4_000_000);
});

test("a slow client is noticed: send says so, and onDrain comes when it has caught up", async (context) => {
  let sent = 0;
  let most = 0;
  const flood = streaming("server-stream", (streamCall) => {
    const fill = (): void => {
      while (sent < 200) {
        sent++;
        const goesOn = streamCall.send(new Uint8Array(100_000));
        most = Math.max(most, streamCall.unsentBytes);
        if (!goesOn) return;
      }
      streamCall.end(okStatus);
    };
    return { onMessage: fill, onEnd: () => {}, onDrain: fill };
  });
  const server = await serve(context, { methods: [flood] });
  const stream = clientOf(context, server).makeServerStreamRequest("/test.Echo/Say", same, same, Buffer.of(1));
  let received = 0;
  stream.on("data", (bytes: Buffer) => (received += bytes.length));
  await new Promise((resolve) => stream.on("end", resolve));
  assert.equal(received, 20_000_000);
  assert.ok(most < 600_000, String(most));
});

test("a handler that sends without regard is ended when the client does not take it", async (context) => {
  const told = Promise.withResolvers<void>();
  const flood = streaming("server-stream", (streamCall) => ({
    onMessage: () => {
      for (let index = 0; index < 100; index++) streamCall.send(new Uint8Array(100_000));
    },
    onEnd: () => {},
    onCancel: () => told.resolve(),
  }));
  const server = await serve(context, { methods: [flood], limits: { maxUnsentResponseBytes: 1_000_000 } });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 0])]));
  client.send(headers(1), message(1, [1]));
  await told.promise;
});

test("gzip is understood, and answered in kind where it is worth it", async (context) => {
  const methods = [unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, Uint8Array.from(request)))];
  const server = await serve(context, { methods });
  const client = clientOf(context, server, gzipOptions);
  const large = new Uint8Array(300_000).fill(5);
  assert.deepEqual(await call(client, "/test.Echo/Say", large).then((bytes) => Uint8Array.from(bytes)), large);
  const raw = new FrameClient(context, server);
  const packed = gzipSync(new Uint8Array(2000));
  const fields = [...usualFields, ["grpc-encoding", "gzip"] as const];
  raw.send(headers(1, false, fields), frame(0, 1, 1, Buffer.concat([Buffer.of(1), uint32(packed.length), packed])));
  assert.equal((await raw.trailers(1))?.get("grpc-status"), "0");
  assert.ok(raw.dataBytes(1) < 100);
  const stream = duplex(clientOf(context, await serve(context, { methods: [echoAll] }), gzipOptions));
  const received: number[] = [];
  stream.on("data", (bytes: Buffer) => received.push(bytes[0] as number));
  for (const value of [1, 2, 3]) stream.write(Buffer.alloc(2000, value));
  stream.end();
  assert.equal((await statusOf(stream)).code, 0);
  assert.deepEqual(received, [1, 2, 3]);
});

test("ten thousand streams that only wait live side by side", async (context) => {
  const open = new Set<StreamCall>();
  const wait = streaming("bidi-stream", (streamCall) => {
    open.add(streamCall);
    return { onMessage: () => {}, onEnd: () => streamCall.end(okStatus), onCancel: () => open.delete(streamCall) };
  });
  const server = await serve(context, { methods: [wait] });
  const clients = Array.from({ length: 5 }, () => new FrameClient(context, server));
  for (const client of clients) for (let id = 1; id < 4000; id += 2) client.send(headers(id));
  while (open.size < 10_000) await delay(10);
  for (const client of clients) client.send(frame(0, 1, 1));
  for (const client of clients) assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
  for (const client of clients) client.socket.destroy();
  while (open.size > 5) await delay(10);
});
