import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeHeaders } from "../src/hpack/header-encoder.ts";
import { okStatus, type Respond } from "../src/index.ts";
import { frame, FrameClient, headers, message, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { serve, unary } from "./grpc-client.ts";

/** What a server itself must do and must not, beside what it must refuse (rfc9113.test.ts). */

const echo = unary("/test.Echo/Say", (_, request, respond) => respond(okStatus, Uint8Array.from(request)));
const hang = unary("/test.Echo/Hang", () => {});
const to = (path: string) => usualFields.map(([name, value]) => [name, name === ":path" ? path : value] as const);
const ping = (number: number): Buffer => frame(6, 0, 0, Buffer.concat([uint32(0), uint32(number)]));
const answered =
  (number: number) =>
  ({ type, flags, payload }: { type: number; flags: number; payload: Buffer }): boolean =>
    type === 6 && flags === 1 && payload.readUInt32BE(4) === number;
/** "x-kept: 1", which enters the dynamic table. */
const kept = Buffer.concat([Buffer.of(0x40, 6), Buffer.from("x-kept"), Buffer.of(1), Buffer.from("1")]);
/** The newest field of the dynamic table. */
const newest = Buffer.of(0xbe);

test("§4.2: a frame as large as was offered is taken", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  const body = Buffer.concat([Buffer.of(0), uint32(16_379), Buffer.alloc(16_379, 7)]);
  assert.equal(body.length, 16_384);
  client.send(headers(1), frame(0, 1, 1, body));
  assert.equal((await client.trailers(1))?.get("grpc-status"), "0");
  assert.equal(client.dataBytes(1), 16_384);
});

test("§4.3: a header block that nobody wants changes the table all the same", async (context) => {
  const server = await serve(context, { methods: [echo, hang], limits: { maxConcurrentStreams: 1 } });
  const block = encodeHeaders(usualFields);
  const unwanted: readonly (readonly [string, readonly Buffer[], number])[] = [
    [
      "of a stream beyond the limit",
      [
        headers(1, false, to("/test.Echo/Hang")),
        frame(1, 5, 3, Buffer.concat([block, kept])),
        frame(3, 0, 1, uint32(8)),
      ],
      5,
    ],
    ["of a malformed request", [frame(1, 5, 1, Buffer.concat([kept, block]))], 3],
    ["of trailers", [headers(1), message(1, [1], false), frame(1, 5, 1, kept)], 3],
    ["of a stream that was reset", [headers(1), frame(8, 0, 1, uint32(2 ** 31 - 1)), frame(1, 5, 1, kept)], 3],
  ];
  for (const [what, sent, id] of unwanted) {
    const client = new FrameClient(context, server);
    client.send(...sent, frame(1, 4, id, Buffer.concat([block, newest])), message(id, [1]));
    assert.equal((await client.trailers(id))?.get("grpc-status"), "0", what);
    client.send(frame(1, 4, id + 2, Buffer.concat([block, Buffer.of(0xbf)])));
    assert.equal(await client.goaway(), 9, `${what}: there is one field in the table, not two`);
  }
});

test("§5.1: what comes on a stream that we have reset is ignored, and counts toward the connection's window", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  client.send(headers(1), frame(8, 0, 1, uint32(2 ** 31 - 1)));
  assert.equal(await client.reset(1), 3);
  client.send(frame(8, 0, 1, uint32(5)), frame(3, 0, 1, uint32(8)), frame(2, 0, 1, new Uint8Array(5)));
  // More than the whole window, which is given back for it.
  for (let sent = 0; sent < 9 * 1024 * 1024; sent += 16_384) client.send(frame(0, 0, 1, new Uint8Array(16_384)));
  assert.equal(await client.call(3), "0");
  const returned = client.frames.filter(({ type, id }) => type === 8 && id === 0);
  assert.ok(returned.reduce((sum, { payload }) => sum + payload.readUInt32BE(0), 0) > 8 * 1024 * 1024 + 7_000_000);
  assert.equal(client.frames.filter(({ type, id }) => type === 3 && id === 1).length, 1, "it is reset once");
});

test("§5.1 and §5.4.2: after a reset of either side nothing more is sent on the stream, and no reset for a reset", async (context) => {
  let answer: Respond = () => {};
  const later = unary("/test.Echo/Later", (_, __, respond) => {
    answer = respond;
  });
  const server = await serve(context, { methods: [echo, later] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 0])]));
  client.send(headers(1), message(1, [1, 2, 3]));
  await client.find(({ type, id }) => type === 1 && id === 1);
  client.send(frame(3, 0, 1, uint32(8)), frame(8, 0, 1, uint32(1000)), settings([4, 65_535]));
  client.send(headers(3, false, to("/test.Echo/Later")), message(3, [1]), ping(1));
  await client.find(answered(1));
  client.send(frame(3, 0, 3, uint32(8)), frame(3, 0, 3, uint32(8)), ping(2));
  await client.find(answered(2));
  answer(okStatus, Uint8Array.of(1));
  client.send(ping(3));
  await client.find(answered(3));
  assert.deepEqual(
    client.frames.filter(({ id }) => id === 1).map(({ type }) => type),
    [1],
  );
  assert.deepEqual(
    client.frames.filter(({ id }) => id === 3),
    [],
  );
});

test("§6.7: a ping that answers is not answered; §7: error codes that nobody knows mean nothing special", async (context) => {
  const server = await serve(context, { methods: [echo, hang] });
  const client = new FrameClient(context, server);
  client.send(frame(6, 1, 0, Buffer.from("an ack!!")));
  client.send(headers(1, false, to("/test.Echo/Hang")), frame(3, 0, 1, uint32(0xdead_beef)));
  client.send(frame(7, 0, 0, Buffer.concat([uint32(0), uint32(0xffff_ffff), Buffer.from("and a word")])));
  client.send(ping(7));
  await client.find(answered(7));
  assert.equal(client.frames.filter(({ type }) => type === 6).length, 1);
  assert.equal(await client.call(3), "0");
});

test("§6.5.3: settings are taken in their order, and hold once they are acknowledged", async (context) => {
  const large = unary("/test.Echo/Say", (_, __, respond) => respond(okStatus, new Uint8Array(50_000)));
  const server = await serve(context, { methods: [large] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([4, 5], [4, 50], [4, 700])]));
  client.send(headers(1), message(1, [1]), ping(1));
  await client.find(answered(1));
  assert.equal(client.dataBytes(1), 700);
});

test("§6.6 and §8.4: nothing is pushed, whatever the client allows", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server, Buffer.concat([preface, settings([2, 1], [3, 100])]));
  assert.equal(await client.call(1), "0");
  assert.equal(client.frames.filter(({ type, id }) => type === 5 || (id !== 0 && (id & 1) === 0)).length, 0);
  const own = client.frames.find(({ type, flags }) => type === 4 && flags === 0)?.payload ?? Buffer.alloc(0);
  for (let at = 0; at < own.length; at += 6)
    assert.notEqual(own.readUInt16BE(at), 2, "a server says nothing of pushes");
});

test("§8.1: an early answer is whole, and then the client is told to stop, without blame", async (context) => {
  const server = await serve(context, { methods: [echo] });
  const client = new FrameClient(context, server);
  client.send(headers(1, false, to("/test.Echo/Nothing")), message(1, [1], false));
  assert.equal((await client.trailers(1))?.get("grpc-status"), "12");
  assert.equal(await client.reset(1), 0);
});

test("§8.2: answers have lower-case names, none that speak of connections, and one :status before all", async (context) => {
  const server = await serve(context, {
    methods: [],
    http: (_, respond) =>
      respond({
        status: 405,
        contentType: "text/plain",
        body: "",
        headers: { Allow: "GET", Connection: "close", "Transfer-Encoding": "chunked", "Keep-Alive": "1", Upgrade: "x" },
      }),
  });
  const client = new FrameClient(context, server);
  const plain = to("/x").filter(([name]) => name !== "content-type");
  client.send(headers(1, true, plain));
  const answer = await client.trailers(1);
  assert.deepEqual(
    [...(answer?.keys() ?? [])].sort((a, b) => (a < b ? -1 : 1)),
    [":status", "allow", "content-length", "content-type", "x-content-type-options"],
  );
  assert.equal([...(answer?.keys() ?? [])][0], ":status");
});

test("§8.5: CONNECT without a path is a request, which we do not serve; without :authority it is malformed", async (context) => {
  const server = await serve(context, { methods: [] });
  const client = new FrameClient(context, server);
  const connect: readonly (readonly [string, string])[] = [
    [":method", "CONNECT"],
    [":authority", "elsewhere:443"],
  ];
  client.send(headers(1, true, connect));
  await client.find(({ type, id }) => type === 1 && id === 1);
  client.send(headers(3, true, connect.slice(0, 1)));
  assert.equal(await client.reset(3), 1);
});

test("§8.7: a call that is refused was not begun", async (context) => {
  let begun = 0;
  const counted = unary("/test.Echo/Hang", () => void begun++);
  const server = await serve(context, { methods: [counted], limits: { maxConcurrentStreams: 1 } });
  const client = new FrameClient(context, server);
  for (const id of [1, 3, 5]) client.send(headers(id, false, to("/test.Echo/Hang")), message(id, [1]));
  assert.deepEqual([await client.reset(3), await client.reset(5), begun], [7, 7, 1]);
});
