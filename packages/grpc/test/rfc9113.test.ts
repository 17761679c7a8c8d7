import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import { okStatus } from "../src/index.ts";
import { frame, FrameClient, headers, message, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { serve, unary } from "./grpc-client.ts";

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, request));
const hang = unary("/test.Echo/Hang", () => {});
const hanging = usualFields.map(([name, value]) => [name, name === ":path" ? "/test.Echo/Hang" : value] as const);

/** Error codes of §7. */
const code = {
  none: 0,
  protocol: 1,
  flowControl: 3,
  streamClosed: 5,
  frameSize: 6,
  refused: 7,
  compression: 9,
  calm: 11,
} as const;

const block = encodeHeaders(usualFields);
const without = (left: string) => usualFields.filter(([name]) => name !== left);
const and = (...more: readonly (readonly [string, string])[]) => [...usualFields, ...more];
const callThen = (...after: readonly Buffer[]) => [headers(1), message(1, [1]), ...after];
const padded = (padding: number, data: Uint8Array, extra = padding): Buffer =>
  Buffer.concat([Buffer.of(padding), data, Buffer.alloc(extra)]);

type Sent = readonly Uint8Array[];

/** The connection must end: with GOAWAY and this code. */
const connectionErrors: readonly (readonly [rule: string, expected: number, sent: Sent])[] = [
  [
    "4.1: a frame on a stream with the reserved bit set is the stream without it: idle",
    code.protocol,
    [frame(0, 1, 0x80000001)],
  ],
  ["4.2: a frame beyond MAX_FRAME_SIZE", code.frameSize, [frame(0, 0, 1, new Uint8Array(16_385))]],
  ["4.3: a header block that cannot be decoded", code.compression, [frame(1, 5, 1, "ff")]],
  ["4.3: the same, in trailers", code.compression, [headers(1), frame(1, 5, 1, "ff")]],
  ["5.1: DATA on an idle stream", code.protocol, [message(1, [1])]],
  ["5.1: RST_STREAM on an idle stream", code.protocol, [frame(3, 0, 1, uint32(8))]],
  ["5.1: WINDOW_UPDATE on an idle stream", code.protocol, [frame(8, 0, 1, uint32(1))]],
  ["5.1: CONTINUATION on an idle stream", code.protocol, [frame(9, 4, 1, block)]],
  ["5.1: HEADERS on a stream that is closed", code.streamClosed, callThen(headers(1, true))],
  ["5.1.1: a stream with an even number", code.protocol, [headers(2, true)]],
  ["5.1.1: a stream below one that was opened", code.protocol, [headers(5), message(5, [1]), headers(3)]],
  ["6.1: DATA on stream 0", code.protocol, [frame(0, 0, 0, "00")]],
  ["6.1: padding as long as the frame", code.protocol, [headers(1), frame(0, 8, 1, padded(9, new Uint8Array(2), 0))]],
  ["6.2: HEADERS on stream 0", code.protocol, [frame(1, 5, 0, block)]],
  ["6.2: padding longer than the block", code.protocol, [frame(1, 0xd, 1, padded(200, block, 0))]],
  ["6.2: another frame before END_HEADERS", code.protocol, [frame(1, 0, 1, block), frame(6, 0, 0, new Uint8Array(8))]],
  ["6.2: HEADERS of another stream before END_HEADERS", code.protocol, [frame(1, 0, 1, block), headers(3)]],
  ["6.2: an unknown frame before END_HEADERS", code.protocol, [frame(1, 0, 1, block), frame(99, 0, 0)]],
  ["6.3: PRIORITY on stream 0", code.protocol, [frame(2, 0, 0, new Uint8Array(5))]],
  ["6.3: PRIORITY of another length, on an idle stream", code.frameSize, [frame(2, 0, 1, new Uint8Array(4))]],
  ["6.4: RST_STREAM on stream 0", code.protocol, [frame(3, 0, 0, uint32(8))]],
  ["6.4: RST_STREAM of another length", code.frameSize, [headers(1), frame(3, 0, 1, "000000")]],
  ["6.5: SETTINGS acknowledgement with a payload", code.frameSize, [frame(4, 1, 0, new Uint8Array(6))]],
  ["6.5: SETTINGS on a stream", code.protocol, [frame(4, 0, 1)]],
  ["6.5: SETTINGS of another length", code.frameSize, [frame(4, 0, 0, new Uint8Array(5))]],
  ["6.5.2: ENABLE_PUSH that is neither 0 nor 1", code.protocol, [settings([2, 2])]],
  ["6.5.2: INITIAL_WINDOW_SIZE beyond 2^31-1", code.flowControl, [settings([4, 2 ** 31])]],
  ["6.5.2: MAX_FRAME_SIZE below 2^14", code.protocol, [settings([5, 16_383])]],
  ["6.5.2: MAX_FRAME_SIZE beyond 2^24-1", code.protocol, [settings([5, 2 ** 24])]],
  ["6.6: PUSH_PROMISE from a client", code.protocol, [headers(1), frame(5, 4, 1, Buffer.concat([uint32(2), block]))]],
  ["6.7: PING on a stream", code.protocol, [frame(6, 0, 1, new Uint8Array(8))]],
  ["6.7: PING of another length", code.frameSize, [frame(6, 0, 0, new Uint8Array(7))]],
  ["6.8: GOAWAY on a stream", code.protocol, [frame(7, 0, 1, new Uint8Array(8))]],
  ["6.8: GOAWAY too short", code.frameSize, [frame(7, 0, 0, new Uint8Array(7))]],
  ["6.9: WINDOW_UPDATE of 0 for the connection", code.protocol, [frame(8, 0, 0, uint32(0))]],
  ["6.9: WINDOW_UPDATE of another length", code.frameSize, [frame(8, 0, 0, "0001")]],
  ["6.9.1: a window of the connection beyond 2^31-1", code.flowControl, [frame(8, 0, 0, uint32(2 ** 31 - 1))]],
  [
    "6.9.2: a window of a stream beyond 2^31-1 by SETTINGS",
    code.flowControl,
    [headers(1, false, hanging), frame(8, 0, 1, uint32(2 ** 30)), settings([4, 2 ** 31 - 1])],
  ],
  ["6.10: CONTINUATION after END_HEADERS", code.protocol, [headers(1), frame(9, 4, 1, block)]],
  ["6.10: CONTINUATION on stream 0", code.protocol, [frame(1, 0, 1, block), frame(9, 4, 0)]],
  ["6.10: CONTINUATION of another stream", code.protocol, [frame(1, 0, 1, block), frame(9, 4, 3)]],
];

/** Only the stream must end: with RST_STREAM and this code; the connection goes on. */
const streamErrors: readonly (readonly [rule: string, expected: number, sent: Sent])[] = [
  [
    "5.1: DATA on a stream that is half-closed",
    code.streamClosed,
    [headers(1, false, hanging), message(1, [1]), message(1, [1])],
  ],
  [
    "5.1: HEADERS on a stream that is half-closed",
    code.streamClosed,
    [headers(1, false, hanging), message(1, [1]), headers(1, true)],
  ],
  ["5.1: DATA on a stream that is closed", code.streamClosed, callThen(message(1, [1]))],
  ["6.3: PRIORITY of another length", code.frameSize, [headers(1), frame(2, 0, 1, new Uint8Array(4))]],
  ["6.9: WINDOW_UPDATE of 0 for a stream", code.protocol, [headers(1), frame(8, 0, 1, uint32(0))]],
  ["6.9.1: a window of a stream beyond 2^31-1", code.flowControl, [headers(1), frame(8, 0, 1, uint32(2 ** 31 - 1))]],
  [
    "8.1: trailers that do not end the stream",
    code.protocol,
    [headers(1), message(1, [1], false), frame(1, 4, 1, encodeHeaders([["x", "y"]]))],
  ],
  ["8.1: trailers with a pseudo-field", code.protocol, [headers(1), frame(1, 5, 1, encodeHeaders([[":path", "/x"]]))]],
  [
    "8.1.1: less DATA than content-length",
    code.protocol,
    [headers(1, false, and(["content-length", "7"])), message(1, [1])],
  ],
  [
    "8.1.1: more DATA than content-length",
    code.protocol,
    [headers(1, false, and(["content-length", "3"])), message(1, [1])],
  ],
  ["8.1.1: content-length and no body", code.protocol, [headers(1, true, and(["content-length", "3"]))]],
  [
    "8.1.1: two different content-lengths",
    code.protocol,
    [headers(1, false, and(["content-length", "6"], ["content-length", "7"]))],
  ],
  ["8.1.1: a content-length that is no number", code.protocol, [headers(1, false, and(["content-length", "-6"]))]],
  ["8.2.1: an upper-case name", code.protocol, [headers(1, false, and(["X-Large", "1"]))]],
  ["8.2.1: a space in a name", code.protocol, [headers(1, false, and(["x y", "1"]))]],
  ["8.2.1: a colon inside a name", code.protocol, [headers(1, false, and(["x:y", "1"]))]],
  ["8.2.1: an empty name", code.protocol, [headers(1, false, and(["", "1"]))]],
  ["8.2.1: a byte beyond ASCII in a name", code.protocol, [headers(1, false, and(["x\xe9", "1"]))]],
  ["8.2.1: a line feed in a value", code.protocol, [headers(1, false, and(["x", "1\n2"]))]],
  ["8.2.1: a carriage return in a value", code.protocol, [headers(1, false, and(["x", "1\r2"]))]],
  ["8.2.1: a zero byte in a value", code.protocol, [headers(1, false, and(["x", "1\x002"]))]],
  ["8.2.1: a value that begins with a space", code.protocol, [headers(1, false, and(["x", " 1"]))]],
  ["8.2.1: a value that ends with a tab", code.protocol, [headers(1, false, and(["x", "1\t"]))]],
  ["8.2.2: connection", code.protocol, [headers(1, false, and(["connection", "close"]))]],
  ["8.2.2: transfer-encoding", code.protocol, [headers(1, false, and(["transfer-encoding", "chunked"]))]],
  ["8.2.2: keep-alive", code.protocol, [headers(1, false, and(["keep-alive", "5"]))]],
  ["8.2.2: proxy-connection", code.protocol, [headers(1, false, and(["proxy-connection", "x"]))]],
  ["8.2.2: upgrade", code.protocol, [headers(1, false, and(["upgrade", "h2c"]))]],
  ["8.2.2: te that is not trailers", code.protocol, [headers(1, false, [...without("te"), ["te", "gzip"]])]],
  ["8.3: a pseudo-field after a field", code.protocol, [headers(1, false, [...without(":path"), [":path", "/x"]])]],
  ["8.3: an unknown pseudo-field", code.protocol, [headers(1, false, [[":other", "1"], ...usualFields])]],
  ["8.3: a pseudo-field of responses", code.protocol, [headers(1, false, [[":status", "200"], ...usualFields])]],
  ["8.3.1: no :method", code.protocol, [headers(1, false, without(":method"))]],
  ["8.3.1: no :scheme", code.protocol, [headers(1, false, without(":scheme"))]],
  ["8.3.1: no :path", code.protocol, [headers(1, false, without(":path"))]],
  ["8.3.1: an empty :path", code.protocol, [headers(1, false, [[":path", ""], ...without(":path")])]],
  ["8.3.1: two of one pseudo-field", code.protocol, [headers(1, false, [[":method", "POST"], ...usualFields])]],
  ["8.3.1: :authority and host that differ", code.protocol, [headers(1, false, and(["host", "elsewhere"]))]],
  [
    "8.3.1: a user in :authority",
    code.protocol,
    [headers(1, false, [[":authority", "me@localhost"], ...without(":authority")])],
  ],
  ["8.5: CONNECT with a :path", code.protocol, [headers(1, false, [[":method", "CONNECT"], ...without(":method")])]],
];

/** Nothing ends: the call is answered, if there is one, and the connection goes on. */
const allowed: readonly (readonly [rule: string, sent: Sent])[] = [
  [
    "3.4: settings may come at any time",
    [settings([3, 0], [6, 100]), headers(1), settings([4, 70_000]), message(1, [1])],
  ],
  [
    "4.1: unknown flags are ignored",
    [frame(1, 0x4 | (0xd2 & ~0x28), 1, block), frame(0, 0x1 | (0xf6 & ~8), 1, Uint8Array.of(0, 0, 0, 0, 1, 5))],
  ],
  ["5.1: PRIORITY on any stream", [frame(2, 0, 9, new Uint8Array(5)), ...callThen(frame(2, 0, 1, new Uint8Array(5)))]],
  [
    "5.1: RST_STREAM and WINDOW_UPDATE on a stream that is closed",
    callThen(frame(8, 0, 1, uint32(500)), frame(3, 0, 1, uint32(8))),
  ],
  [
    "5.5: frames of unknown types are ignored",
    [frame(99, 0xff, 0, "0102"), headers(1), frame(20, 0, 1), message(1, [1])],
  ],
  ["6.1: padding is dropped", [headers(1), frame(0, 9, 1, padded(20, Uint8Array.of(0, 0, 0, 0, 1, 5)))]],
  [
    "6.2: padding and priority are dropped",
    [frame(1, 0x2c, 1, padded(3, Buffer.concat([new Uint8Array(5), block]))), message(1, [1])],
  ],
  ["6.5: unknown settings are ignored", [settings([99, 1], [2, 0]), headers(1), message(1, [1])]],
  [
    "6.5.2: the smallest and the largest values",
    [settings([4, 2 ** 31 - 1], [5, 2 ** 24 - 1]), settings([5, 16_384]), headers(1), message(1, [1])],
  ],
  [
    "6.10: a header block in pieces",
    [
      frame(1, 0, 1, block.subarray(0, 3)),
      frame(9, 0, 1, block.subarray(3, 9)),
      frame(9, 4, 1, block.subarray(9)),
      message(1, [1]),
    ],
  ],
  ["8.1: trailers end a request", [headers(1), message(1, [1], false), frame(1, 5, 1, encodeHeaders([["x", "y"]]))]],
  ["8.1: an empty DATA frame ends a request", [headers(1), message(1, [1], false), frame(0, 1, 1)]],
  ["8.1.1: the content-length that is right", [headers(1, false, and(["content-length", "6"])), message(1, [1])]],
  ["8.2.2: te: trailers, and none", [headers(1, false, without("te")), message(1, [1])]],
  ["8.2.3: cookies in several fields", [headers(1, false, and(["cookie", "a=b"], ["cookie", "c=d"])), message(1, [1])]],
  ["8.3.1: no :authority", [headers(1, false, without(":authority")), message(1, [1])]],
  ["8.3.1: host like :authority", [headers(1, false, and(["host", "localhost"])), message(1, [1])]],
];

test("what ends a connection (§5.4.1)", async (context) => {
  const server = await serve(context, { methods: [echo, hang] });
  for (const [rule, expected, sent] of connectionErrors) {
    const client = new FrameClient(context, server);
    client.send(...sent);
    assert.equal(await client.goaway(), expected, rule);
    assert.equal(await client.closed(), true, rule);
  }
});

test("what ends a stream only (§5.4.2)", async (context) => {
  const server = await serve(context, { methods: [echo, hang] });
  for (const [rule, expected, sent] of streamErrors) {
    const client = new FrameClient(context, server);
    client.send(...sent);
    assert.equal(await client.reset(1), expected, rule);
    assert.equal(await client.call(101), "0", rule);
    client.socket.destroy();
  }
});

test("what is allowed, or must be ignored", async (context) => {
  const server = await serve(context, { methods: [echo] });
  for (const [rule, sent] of allowed) {
    const client = new FrameClient(context, server);
    client.send(...sent);
    assert.equal((await client.trailers(1))?.get("grpc-status"), "0", rule);
    assert.equal(await client.call(101), "0", rule);
    client.socket.destroy();
  }
});

test("§3.4: a connection begins with the preface and SETTINGS, on both sides", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const wrong: readonly (readonly [string, Sent])[] = [
    ["another frame first", [preface, frame(6, 0, 0, new Uint8Array(8))]],
    ["an acknowledgement first", [preface, frame(4, 1, 0)]],
    ["half a preface, then something else", [preface.subarray(0, 20), Buffer.from("nonsense")]],
  ];
  for (const [what, sent] of wrong) {
    const client = new FrameClient(context, server, Buffer.concat(sent));
    assert.equal(await client.goaway(), code.protocol, what);
    assert.equal(client.frames[0]?.type, 4, what);
  }
  const client = new FrameClient(context, server);
  await client.find(({ type, flags }) => type === 4 && flags === 1);
  assert.deepEqual([client.frames[0]?.type, client.frames[0]?.flags], [4, 0]);
});

test("§3.4: the preface may come byte by byte, with everything behind it", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server, Buffer.alloc(0));
  for (const byte of Buffer.concat([preface, settings(), headers(1), message(1, [1, 2, 3])])) {
    client.send(Buffer.of(byte));
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
});

test("§5.1.2: streams beyond MAX_CONCURRENT_STREAMS are refused, and may be tried again", async (context) => {
  const server = await serve(context, { methods: [echo, hang], limits: { maxConcurrentStreams: 2 } });
  const client = new FrameClient(context, server);
  client.send(headers(1, false, hanging), headers(3, false, hanging), headers(5));
  assert.equal(await client.reset(5), code.refused);
  client.send(frame(3, 0, 1, uint32(8)));
  assert.equal(await client.call(7), "0");
});

test("§6.5.3 and §6.7: settings are acknowledged and pings answered with their bytes", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  client.send(settings([3, 7]), frame(6, 0, 0, "0102030405060708"));
  const answer = await client.find(({ type, flags }) => type === 6 && flags === 1);
  assert.equal(answer?.payload.toString("hex"), "0102030405060708");
  assert.equal(client.frames.filter(({ type, flags }) => type === 4 && flags === 1).length, 2);
});

test("§6.8: GOAWAY names the last stream that was served; the client's own ends nothing", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  client.send(frame(7, 0, 0, new Uint8Array(8)));
  assert.equal(await client.call(1), "0");
  assert.equal(await client.call(7), "0");
  client.send(frame(6, 0, 1, new Uint8Array(8)));
  const goaway = await client.find(({ type }) => type === 7);
  assert.equal(goaway?.payload.readUInt32BE(0), 7);
});

test("§6.8: a server that closes says so twice, serves what was on its way, and ignores what comes after", async (context) => {
  const server = await serve(context, { methods: [echo, hang], limits: { drainTimeoutMs: 3000 } });
  const client = new FrameClient(context, server);
  client.send(headers(1, false, hanging), message(1, [1]));
  assert.equal(await client.call(3), "0");
  const closed = server.close();
  const first = await client.find(({ type }) => type === 7);
  assert.equal(first?.payload.readUInt32BE(0), 2 ** 31 - 1);
  assert.equal(await client.call(5), "0");
  const ping = await client.find(({ type, flags }) => type === 6 && flags === 0);
  client.send(frame(6, 1, 0, ping?.payload ?? ""));
  const second = await client.find(({ type, payload }) => type === 7 && payload.readUInt32BE(0) === 5);
  assert.equal(second?.payload.readUInt32BE(4), code.none);
  client.send(headers(7), message(7, [1]), frame(3, 0, 1, uint32(8)));
  assert.equal(await client.closed(), true);
  assert.equal(
    client.frames.some(({ id }) => id === 7),
    false,
  );
  await closed;
});

test("§6.9: nothing is sent beyond the windows of the stream and of the connection", async (context) => {
  const large = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, new Uint8Array(100_000)));
  const server = await serve(context, { methods: [large] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 1000])]));
  client.send(headers(1), message(1, [1]), headers(3), message(3, [1]));
  await client.find(() => client.dataBytes(1) + client.dataBytes(3) === 2000);
  client.send(settings([4, 200_000]));
  await client.find(() => client.dataBytes(1) + client.dataBytes(3) === 65_535);
  assert.ok(Math.abs(client.dataBytes(1) - client.dataBytes(3)) <= 16_384, "both streams have their turns");
  client.send(frame(6, 0, 0, "0000000000000001"));
  await client.find(({ type, flags }) => type === 6 && flags === 1);
  assert.equal(client.dataBytes(1) + client.dataBytes(3), 65_535);
  client.send(frame(8, 0, 0, uint32(1_000_000)));
  assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
  assert.equal((await client.trailers(3))?.get("grpc-status"), "0");
  assert.deepEqual([client.dataBytes(1), client.dataBytes(3)], [100_005, 100_005]);
});

test("§6.9.2: a window that becomes negative must be filled before anything is sent", async (context) => {
  const large = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, new Uint8Array(10_000)));
  const server = await serve(context, { methods: [large] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 1000])]));
  client.send(headers(1), message(1, [1]));
  await client.find(() => client.dataBytes(1) === 1000);
  client.send(settings([4, 0]), frame(8, 0, 1, uint32(1000)), frame(6, 0, 0, "0000000000000002"));
  await client.find(({ type, flags }) => type === 6 && flags === 1);
  assert.equal(client.dataBytes(1), 1000);
  client.send(frame(8, 0, 1, uint32(500)));
  await client.find(() => client.dataBytes(1) === 1500);
  assert.equal(client.dataBytes(1), 1500);
});

test("§6.9: a client that sends more than its windows allow is stopped", async (context) => {
  const server = await serve(context, { methods: [unary("/test.Echo/Say", () => {}, 2 ** 30)] });
  const client = new FrameClient(context, server);
  client.send(headers(1), frame(0, 0, 1, Uint8Array.of(0, 0x10, 0, 0, 0)));
  const chunk = frame(0, 0, 1, new Uint8Array(16_384));
  // What is consumed is given back, so only a stream whose bytes nobody takes runs out of its window.
  const refused = usualFields.map(([name, value]) => [name, name === ":path" ? "/no/Such" : value] as const);
  client.send(headers(3, false, refused));
  const wasted = frame(0, 0, 3, new Uint8Array(16_384));
  for (let sent = 0; sent <= 1024 * 1024; sent += 16_384) client.send(wasted);
  assert.equal(await client.reset(3), code.flowControl);
  for (let sent = 0; sent < 4 * 1024 * 1024; sent += 16_384) client.send(chunk);
  assert.ok((await client.find(({ type, id }) => type === 8 && id === 1)) !== undefined);
  assert.ok(
    (await client.find(({ type, id, payload }) => type === 8 && id === 0 && payload.readUInt32BE(0) < 5_000_000)) !==
      undefined,
  );
});

test("what waits for a client that reads late arrives as it was sent", async (context) => {
  // Small answers share blocks of output, which may be used again only when the system has taken them.
  const pattern = (index: number): Buffer => Buffer.alloc(3000, index % 251);
  const say = unary("/test.Echo/Say", (_, request, respond) =>
    respond(okStatus, pattern(Buffer.from(request).readUInt32BE())),
  );
  const server = await serve(context, { methods: [say], limits: { maxConcurrentStreams: 10_000 } });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 2 ** 30])]));
  client.send(frame(8, 0, 0, uint32(2 ** 30)));
  client.socket.pause();
  const calls = 6000;
  for (let index = 0; index < calls; index++) {
    client.send(headers(2 * index + 1), message(2 * index + 1, [...uint32(index)]));
    if (index % 5 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await delay(200);
  client.socket.resume();
  assert.equal((await client.trailers(2 * calls - 1))?.get("grpc-status"), "0");
  const received = new Map<number, Buffer[]>();
  for (const { type, id, payload } of client.frames) {
    if (type === 0) received.set(id, [...(received.get(id) ?? []), payload]);
  }
  assert.equal(received.size, calls);
  for (const [id, pieces] of received) {
    assert.ok(
      Buffer.concat(pieces)
        .subarray(5)
        .equals(pattern((id - 1) / 2)),
      `stream ${id}`,
    );
  }
});
