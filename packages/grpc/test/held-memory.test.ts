import assert from "node:assert/strict";
import { Socket } from "node:net";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { pack, unpack } from "../src/calls/packing.ts";
import { Output } from "../src/http2/output.ts";
import { GatheredBytes, okStatus, type StreamingMethod } from "../src/index.ts";
import { frame, FrameClient, headers, message, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { call, clientOf, serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, Uint8Array.from(request)));
const hang = unary("/test.Echo/Hang", () => {});
const to = (path: string) => usualFields.map(([name, value]) => [name, name === ":path" ? path : value] as const);

test("bytes in the smallest pieces take what they are, and little more", () => {
  const gathered = new GatheredBytes();
  for (let index = 0; index < 10_000; index++) gathered.add(Uint8Array.of(index & 0xff));
  assert.equal(gathered.length, 10_000);
  assert.ok(gathered.heldBytes <= 20_000);
  const bytes = gathered.take();
  assert.ok(bytes.every((byte, index) => byte === (index & 0xff)));
  assert.deepEqual([gathered.length, gathered.heldBytes], [0, 0]);
  gathered.add(Uint8Array.of(1, 2));
  assert.deepEqual([...gathered.take()], [1, 2]);
});

test("a stream that pauses is charged for each piece that waits, not for its bytes alone", async (context) => {
  const paused: StreamingMethod = {
    kind: "bidi-stream",
    path: "/test.Echo/Pause",
    open: (stream) => {
      stream.pause();
      return { onMessage: () => {}, onEnd: () => {} };
    },
  };
  const server = await serve(context, { methods: [paused, echo], limits: { maxPartialRequestBytes: 100_000 } });
  const client = new FrameClient(context, server);
  client.send(headers(1, false, to("/test.Echo/Pause")));
  const pieces = Buffer.concat(Array(1000).fill(frame(0, 0, 1, Uint8Array.of(0))));
  client.send(pieces);
  assert.equal((await client.trailers(1))?.get("grpc-status"), "8");
  assert.equal(await client.call(3), "0", "what it held is free again");
});

test("what a client leaves in its socket counts with what all leave waiting", async (context) => {
  const large = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, new Uint8Array(8_000_000)));
  const small = unary("/test.Echo/Small", (_, __, respond) => respond(okStatus));
  const limits = { maxUnsentTotalBytes: 500_000, sendStallTimeoutMs: 300 };
  const server = await serve(context, { methods: [large, small], limits });
  const stuck = new FrameClient(context, server, Buffer.concat([preface, settings([4, 2 ** 30])]));
  stuck.socket.pause();
  // The window lets no more go than what fits into the socket's own memory and ours.
  stuck.send(frame(8, 0, 0, uint32(7_900_000)), headers(1), message(1, [1]));
  await delay(150);
  const other = new FrameClient(context, server);
  other.send(headers(1, false, to("/test.Echo/Small")), message(1, [1]));
  assert.equal((await other.trailers(1))?.get("grpc-status"), "8");
  await delay(800);
  other.send(headers(3, false, to("/test.Echo/Small")), message(3, [1]));
  assert.equal((await other.trailers(3))?.get("grpc-status"), "0", "it was cut, and counts no more");
});

test("what is written counts until the system has taken it, or the connection is over", () => {
  const written: Uint8Array[] = [];
  const socket = { write: (bytes: Uint8Array) => written.push(bytes), cork: () => {}, uncork: () => {} };
  const congested = Object.assign(new Socket(), socket);
  Object.defineProperty(congested, "writableLength", { get: () => written.reduce((sum, one) => sum + one.length, 0) });
  const total = { unsentBytes: 7 };
  const output = new Output(congested, total);
  output.bytes(new Uint8Array(100));
  output.flush();
  assert.equal(total.unsentBytes, 107);
  output.bytes(new Uint8Array(10_000));
  output.flush();
  assert.equal(total.unsentBytes, 10_107);
  output.drained();
  assert.equal(total.unsentBytes, 7);
  output.bytes(new Uint8Array(1));
  output.flush();
  assert.equal(total.unsentBytes, 10_108);
  output.close();
  assert.equal(total.unsentBytes, 7);
});

test("a handler that sends whenever it may is never called from inside what it does", async (context) => {
  let depth = 0;
  let deepest = 0;
  const flood: StreamingMethod = {
    kind: "server-stream",
    path: "/test.Echo/Flood",
    open: (stream) => {
      let left = 100_000;
      const fill = (): void => {
        depth++;
        deepest = Math.max(deepest, depth);
        while (left > 0) {
          left--;
          if (!stream.send(new Uint8Array(10))) break;
        }
        depth--;
        if (left === 0) stream.end(okStatus);
      };
      return { onMessage: fill, onEnd: () => {}, onDrain: fill };
    },
  };
  const server = await serve(context, { methods: [flood] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 2 ** 30])]));
  client.send(frame(8, 0, 0, uint32(2 ** 30)), headers(1, false, to("/test.Echo/Flood")), message(1, [1]));
  assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
  assert.equal(client.dataBytes(1), 100_000 * 15);
  assert.equal(deepest, 1);
});

test("a client that is in the middle of something whenever one looks is busy, not slow", async (context) => {
  const server = await serve(context, { methods: [echo], limits: { receiveTimeoutMs: 150 } });
  const client = new FrameClient(context, server);
  let id = 1;
  let rest = Buffer.alloc(0);
  const until = performance.now() + 700;
  while (performance.now() < until) {
    const bytes = Buffer.concat([rest, headers(id), message(id, [1])]);
    // Every write ends inside of a frame.
    client.send(bytes.subarray(0, -3));
    rest = Buffer.from(bytes.subarray(-3));
    id += 2;
    await delay(10);
  }
  client.send(rest);
  assert.equal((await client.trailers(id - 2))?.get("grpc-status"), "0");
  assert.equal(client.isClosed, false);
});

test("§6.8: whatever comes on streams beyond the last that is served is ignored, and those under way go on", async (context) => {
  const server = await serve(context, { methods: [echo, hang], limits: { drainTimeoutMs: 3000 } });
  const client = new FrameClient(context, server);
  client.send(headers(1));
  await client.find(({ type, flags }) => type === 4 && flags === 1);
  const closed = server.close();
  const ping = await client.find(({ type, flags }) => type === 6 && flags === 0);
  client.send(frame(6, 1, 0, ping?.payload ?? ""));
  await client.find(({ type, payload }) => type === 7 && payload.readUInt32BE(0) === 1);
  const onTheirWay = [
    headers(3),
    message(3, [1], false),
    frame(8, 0, 3, uint32(500)),
    frame(2, 0, 3, new Uint8Array(4)),
    frame(3, 0, 3, uint32(8)),
    frame(1, 5, 3, ""),
  ];
  client.send(...onTheirWay, message(1, [7]));
  assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
  assert.equal(await client.closed(), true);
  assert.equal(client.frames.filter(({ type, payload }) => type === 7 && payload.readUInt32BE(4) !== 0).length, 0);
  await closed;
});

test("packing and unpacking: a little at a time, nothing that nobody wants, and no more than a bound waits", async () => {
  const packed = gzipSync(new Uint8Array(100_000));
  const done: string[] = [];
  const outcomes: unknown[] = [];
  let areWanted = true;
  const first = Promise.all(
    Array.from(
      { length: 4 },
      (_, index) =>
        new Promise<void>((resolve) => {
          unpack(
            packed,
            1_000_000,
            () => true,
            (outcome) => {
              outcomes.push(outcome.length);
              done.push(`wanted ${index}`);
              resolve();
            },
          );
        }),
    ),
  );
  for (let index = 0; index < 900; index++) {
    unpack(
      packed,
      1_000_000,
      () => areWanted,
      () => done.push("unwanted"),
    );
  }
  areWanted = false;
  let busy = 0;
  for (let index = 0; index < 300; index++) {
    unpack(
      packed,
      1_000_000,
      () => false,
      (outcome) => (busy += outcome === "busy" ? 1 : 0),
    );
  }
  await first;
  await new Promise<void>((resolve) =>
    pack(
      new Uint8Array(10),
      () => true,
      () => resolve(),
    ),
  );
  assert.ok(busy > 100, `${busy} were refused`);
  assert.deepEqual(outcomes, [100_000, 100_000, 100_000, 100_000]);
  assert.equal(done.filter((one) => one === "unwanted").length, 0);
  const malformed = await new Promise((resolve) => unpack(Uint8Array.of(1, 2, 3), 10, () => true, resolve));
  assert.equal(malformed, "malformed");
});

test("the longest number of a stream there is can be used, and none comes after it", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  assert.equal(await client.call(2 ** 31 - 1), "0");
  client.send(headers(1));
  assert.equal(await client.goaway(), 1);
  const honest = clientOf(context, server);
  assert.deepEqual([...(await call(honest, "/test.Echo/Say", Uint8Array.of(1)))], [1]);
});
