import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import { okStatus, type Method, type Respond, type StreamCall } from "../src/index.ts";
import { frame, FrameClient, headers, message, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { call, clientOf, serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, request));
const calm = 11;
const requestTo = (path: string) =>
  usualFields.map(([name, value]) => [name, name === ":path" ? path : value] as const);

test("rapid reset (CVE-2023-44487): calls that are reset count until their handlers are done", async (context) => {
  const pending: Respond[] = [];
  let most = 0;
  const slow = unary("/test.Echo/Say", (_, __, respond) => {
    pending.push(respond);
    most = Math.max(most, pending.length);
  });
  const server = await serve(context, { methods: [slow], limits: { maxConcurrentStreams: 50 } });
  const client = new FrameClient(context, server);
  for (let id = 1; id < 800; id += 2) client.send(headers(id), message(id, [1]), frame(3, 0, id, uint32(8)));
  assert.equal(await client.reset(799), 7);
  assert.equal(most, 50);
  for (const respond of pending.splice(0)) respond(okStatus);
  client.send(headers(801), message(801, [1]), frame(6, 0, 0, new Uint8Array(8)));
  await client.find(({ type }) => type === 6);
  assert.equal(pending.length, 1, "the handlers are done, so calls are taken again");
});

test("rapid reset: resets have a rate", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  const hung = requestTo("/test.Echo/Say");
  for (let id = 1; id < 20_000 && !client.isClosed; id += 2) {
    client.send(headers(id, false, hung), frame(3, 0, id, uint32(8)));
    if (id % 500 === 1) await delay(1);
  }
  assert.equal(await client.goaway(), calm);
});

test("resets that we are made to send (CVE-2025-8671) have the same rate", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  for (let id = 1; id < 20_000 && !client.isClosed; id += 2) {
    client.send(headers(id), frame(8, 0, id, uint32(2 ** 31 - 1)));
    if (id % 500 === 1) await delay(1);
  }
  assert.equal(await client.goaway(), calm);
});

test("CONTINUATION flood (CVE-2024-27316): a header block has a bound, in bytes and in frames", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const large = new FrameClient(context, server);
  large.send(frame(1, 0, 1, encodeHeaders(usualFields)));
  for (let round = 0; round < 10; round++) large.send(frame(9, 0, 1, new Uint8Array(16_000)));
  assert.equal(await large.goaway(), calm);
  const empty = new FrameClient(context, server);
  empty.send(frame(1, 0, 1, encodeHeaders(usualFields)));
  for (let round = 0; round < 100; round++) empty.send(frame(9, 0, 1));
  assert.equal(await empty.goaway(), calm);
});

test("floods of frames that carry nothing end the connection", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const start = [headers(1), message(1, [1], false)];
  const floods: readonly (readonly [string, Buffer])[] = [
    ["settings (CVE-2019-9515)", settings()],
    ["settings acknowledgements", frame(4, 1, 0)],
    ["pings (CVE-2019-9512)", frame(6, 0, 0, new Uint8Array(8))],
    ["ping acknowledgements", frame(6, 1, 0, new Uint8Array(8))],
    ["priorities (CVE-2019-9513)", frame(2, 0, 1, new Uint8Array(5))],
    ["empty DATA (CVE-2019-9518)", frame(0, 0, 1)],
    ["padding only", frame(0, 8, 1, Uint8Array.of(3, 0, 0, 0))],
    ["unknown frames", frame(99, 0, 0, "00")],
    ["window updates of one byte (CVE-2019-9511)", frame(8, 0, 0, uint32(1))],
    ["GOAWAY", frame(7, 0, 0, new Uint8Array(8))],
    ["frames on a stream that is closed", frame(0, 0, 3, "00")],
  ];
  for (const [what, bytes] of floods) {
    const client = new FrameClient(context, server);
    client.send(headers(3), message(3, [1]), headers(5), ...start.map(() => Buffer.alloc(0)));
    const on5 = Buffer.from(bytes);
    // DATA goes to the call that is open.
    if (bytes[3] === 0 && on5.readUInt32BE(5) === 1) on5.writeUInt32BE(5, 5);
    for (let round = 0; round < 30 && !client.isClosed; round++) client.send(Buffer.concat(Array(100).fill(on5)));
    assert.equal(await client.goaway(), calm, what);
  }
});

test("HPACK bomb (CVE-2016-6581): one large field, referred to again and again, is decoded within a bound", async (context) => {
  const server = await serve(context, { methods: [echo], limits: { maxHeaderBytes: 16_384 } });
  const client = new FrameClient(context, server);
  const value = Buffer.alloc(3900, "x");
  const large = Buffer.concat([Buffer.from([0x40, 1, 0x61, 0x7f, 0xbd, 0x1d]), value]);
  assert.equal(value.length, 0x7f + 0x3d + 0x1d * 128);
  const before = process.memoryUsage().rss;
  client.send(frame(1, 4, 1, Buffer.concat([encodeHeaders(usualFields), large, Buffer.alloc(12_000, 0xbe)])));
  const trailers = await client.trailers(1);
  assert.deepEqual([trailers?.get(":status"), trailers?.get("grpc-status")], ["431", "8"]);
  assert.ok(process.memoryUsage().rss - before < 50 * 1024 * 1024);
  // The table is as it should be, although the fields were dropped.
  client.send(frame(1, 4, 3, Buffer.concat([encodeHeaders(usualFields), Buffer.of(0xbe)])), message(3, [1]));
  assert.equal((await client.trailers(3))?.get("grpc-status"), "0");
});

test("gzip bomb: a message is unpacked up to its limit, and no further", async (context) => {
  const server = await serve(context, { methods: [echo], limits: { maxRequestBytes: 100_000 } });
  const client = new FrameClient(context, server);
  const packed = gzipSync(new Uint8Array(50_000_000));
  const bytes = Buffer.concat([Buffer.of(1), uint32(packed.length), packed]);
  client.send(headers(1, false, [...usualFields, ["grpc-encoding", "gzip"]]));
  for (let at = 0; at < bytes.length; at += 16_384) {
    const piece = bytes.subarray(at, at + 16_384);
    client.send(frame(0, at + piece.length === bytes.length ? 1 : 0, 1, piece));
  }
  const trailers = await client.trailers(1);
  assert.equal(trailers?.get("grpc-status"), "8");
  assert.match(trailers?.get("grpc-message") ?? "", /after decompression larger than max 100000/);
});

test("zero windows: answers that cannot leave have a bound, and are given up in time", async (context) => {
  const large = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, new Uint8Array(100_000)));
  const limits = { maxUnsentResponseBytes: 1_000_000, sendStallTimeoutMs: 300 };
  const server = await serve(context, { methods: [large], limits });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 0])]));
  for (let id = 1; id < 60; id += 2) client.send(headers(id), message(id, [1]));
  assert.equal((await client.trailers(59))?.get("grpc-status"), "8");
  assert.equal(await client.reset(1), calm);
  await delay(100);
  client.send(
    headers(61),
    message(61, [1]),
    settings([4, 65_535]),
    frame(8, 0, 0, uint32(1_000_000)),
    frame(8, 0, 61, uint32(1_000_000)),
  );
  assert.equal((await client.trailers(61))?.get("grpc-status"), "0");
});

/** Calls of 100 kB each, all begun before the first is answered: so many on a connection without a window. */
async function burst(context: TestContext, method: Method): Promise<{ client: FrameClient; ids: readonly number[] }> {
  const limits = { maxUnsentResponseBytes: 1_000_000 };
  const server = await serve(context, { methods: [method], limits });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 0])]));
  const ids = Array.from({ length: 40 }, (_, at) => 2 * at + 1);
  for (const id of ids) client.send(headers(id), message(id, [1]));
  return { client, ids };
}

test("zero windows: the bound holds for calls that were all begun before the first answer", async (context) => {
  const pending: (() => void)[] = [];
  const late = unary("/test.Echo/Say", (_, __, respond) => {
    pending.push(() => respond(okStatus, new Uint8Array(100_000)));
    if (pending.length === 40) for (const answer of pending) answer();
  });
  const { client, ids } = await burst(context, late);
  for (const id of ids.slice(9)) assert.equal((await client.trailers(id))?.get("grpc-status"), "8", `call ${id}`);
  // The others are whole as soon as there is a window.
  client.send(frame(8, 0, 0, uint32(2_000_000)), ...ids.slice(0, 9).map((id) => frame(8, 0, id, uint32(200_000))));
  for (const id of ids.slice(0, 9)) assert.equal((await client.trailers(id))?.get("grpc-status"), "0", `call ${id}`);
});

test("zero windows: the bound holds for streams that were all opened before the first message", async (context) => {
  const open: StreamCall[] = [];
  const sendAll = (): void => {
    for (const stream of open) stream.send(new Uint8Array(100_000));
  };
  const late: Method = {
    kind: "server-stream",
    path: "/test.Echo/Say",
    open: (stream) => {
      open.push(stream);
      return { onMessage: () => void (open.length === 40 && setImmediate(sendAll)), onEnd: () => {} };
    },
  };
  const { client, ids } = await burst(context, late);
  for (const id of ids.slice(9)) assert.equal((await client.trailers(id))?.get("grpc-status"), "8", `stream ${id}`);
  for (const stream of open.slice(0, 9)) assert.ok(stream.unsentBytes > 100_000);
  for (const stream of open.slice(9)) assert.equal(stream.unsentBytes, 0);
});

test("a client that does not read is cut", async (context) => {
  const large = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, new Uint8Array(1_000_000)));
  const server = await serve(context, { methods: [large], limits: { sendStallTimeoutMs: 300 } });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 2 ** 31 - 1])]));
  client.send(frame(8, 0, 0, uint32(2 ** 30)));
  client.socket.pause();
  for (let id = 1; id < 40; id += 2) client.send(headers(id), message(id, [1]));
  const before = process.memoryUsage().arrayBuffers;
  await delay(1500);
  client.socket.resume();
  assert.equal(await client.closed(), true);
  assert.ok(client.dataBytes(1) + client.dataBytes(39) < 2_000_010);
  assert.ok(process.memoryUsage().arrayBuffers - before < 64 * 1024 * 1024);
});

test("slow-loris: a preface, a frame or a header block that never becomes whole", async (context) => {
  const server = await serve(context, { methods: [echo], limits: { receiveTimeoutMs: 200 } });
  const greeting = Buffer.concat([preface, settings()]);
  const slow: readonly (readonly [string, Buffer])[] = [
    ["a preface and no SETTINGS", preface],
    ["half a frame header", Buffer.concat([greeting, Buffer.of(0, 0)])],
    ["half a frame", Buffer.concat([greeting, headers(1).subarray(0, 12)])],
    ["half a header block", Buffer.concat([greeting, frame(1, 0, 1, encodeHeaders(usualFields))])],
  ];
  for (const [what, bytes] of slow) {
    const client = new FrameClient(context, server, bytes);
    assert.equal(await client.closed(), true, what);
  }
  const trickle = new FrameClient(context, server);
  trickle.send(headers(1), frame(0, 0, 1, Uint8Array.of(0, 0, 0, 1, 0)));
  const timer = setInterval(() => trickle.send(frame(0, 0, 1, "00")), 20);
  context.after(() => clearInterval(timer));
  assert.equal((await trickle.trailers(1))?.get("grpc-status"), "4");
});

test("a huge length that is declared costs nothing: of a frame, of a message, of a string", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const frames = new FrameClient(context, server);
  frames.send(Buffer.from([0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1]));
  assert.equal(await frames.goaway(), 6);
  const messages = new FrameClient(context, server);
  messages.send(headers(1), frame(0, 0, 1, Uint8Array.of(0, 0xff, 0xff, 0xff, 0xff)));
  assert.equal((await messages.trailers(1))?.get("grpc-status"), "8");
  const strings = new FrameClient(context, server);
  strings.send(frame(1, 5, 1, "007fffffff7f"));
  assert.equal(await strings.goaway(), 9);
});

test("an attack on one connection does not concern the others", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const honest = clientOf(context, server);
  await call(honest, "/test.Echo/Say", Uint8Array.of(1));
  const attackers = Array.from({ length: 20 }, () => new FrameClient(context, server));
  for (const attacker of attackers) attacker.send(Buffer.concat(Array(3000).fill(settings())));
  assert.deepEqual([...(await call(honest, "/test.Echo/Say", Uint8Array.of(7)))], [7]);
  for (const attacker of attackers) assert.equal(await attacker.closed(), true);
});
