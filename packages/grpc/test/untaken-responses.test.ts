import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { test, type TestContext } from "node:test";
import { okStatus, type GrpcServer, type HttpHandler, type StreamCall, type StreamingMethod } from "../src/index.ts";
import { frame, FrameClient, headers, message, preface, settings, uint32, usualFields } from "./frame-client.ts";
import { serve, unary } from "./grpc-client.ts";

/** A client whose streams have no window: it takes no DATA. */
function deafClient(context: TestContext, server: GrpcServer): FrameClient {
  return new FrameClient(context, server, Buffer.concat([preface, settings([4, 0])]));
}

const oddIds = (count: number): number[] => Array.from({ length: count }, (_, at) => 2 * at + 1);

/** Answers nothing until `count` have asked, then all of them at once. */
function answeredTogether(count: number, bytes: number): HttpHandler {
  const pending: (() => void)[] = [];
  return (_, respond) => {
    const answer = { status: 200, contentType: "application/octet-stream", body: Buffer.alloc(bytes) };
    pending.push(() => respond(answer));
    if (pending.length === count) setImmediate(() => pending.forEach((one) => one()));
  };
}

test("plain HTTP over HTTP/2: the bound holds for requests that were all begun before the first answer", async (context) => {
  const limits = { maxUnsentResponseBytes: 1_000_000 };
  const server = await serve(context, { methods: [], http: answeredTogether(40, 100_000), limits });
  const client = deafClient(context, server);
  const ids = oddIds(40);
  const fields = usualFields.flatMap(([name, value]) =>
    name === "content-type" || name === "te" ? [] : [[name, name === ":method" ? "GET" : value] as const],
  );
  for (const id of ids) client.send(headers(id, true, fields));
  // A refusal's body has no window either, but its head goes out.
  const statuses: (number | undefined)[] = [];
  const window = frame(8, 0, 0, uint32(2_000_000));
  client.send(window, ...ids.map((id) => frame(8, 0, id, uint32(1000))));
  for (const id of ids) {
    const head = await client.find((one) => one.type === 1 && one.id === id);
    statuses.push(head?.payload[0]);
  }
  // 0x88 is ":status 200" of the static table (RFC 7541, appendix A).
  assert.deepEqual(
    statuses.map((first) => first === 0x88),
    ids.map((_, at) => at < 10),
  );
});

/** The status of one GET over HTTP/1.1 whose answer is read only when `status` is awaited. */
function lateReader(context: TestContext, server: GrpcServer): { status: () => Promise<string> } {
  const socket = connect({ port: server.address.port, host: "127.0.0.1" });
  context.after(() => socket.destroy());
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET /large HTTP/1.1\r\nhost: localhost\r\n\r\n");
  return {
    status: () =>
      new Promise((resolve) => {
        socket.once("data", (chunk: Buffer) => resolve(chunk.toString("latin1").split(" ")[1] ?? ""));
        socket.resume();
      }),
  };
}

test("HTTP/1.1: the bound holds for requests that were all begun before the first answer", async (context) => {
  const large = 40_000_000; // Far more than the system takes of it by itself.
  const limits = { maxUnsentTotalBytes: large + 10_000_000 };
  const answered = Promise.withResolvers<void>();
  const together = answeredTogether(4, large);
  const http: HttpHandler = (request, respond) => {
    together(request, (response) => {
      respond(response);
      answered.resolve();
    });
  };
  const server = await serve(context, { methods: [], http, limits });
  const readers = [1, 2, 3, 4].map(() => lateReader(context, server));
  await answered.promise;
  const statuses = await Promise.all(readers.map((reader) => reader.status()));
  assert.deepEqual(statuses.sort(), ["200", "503", "503", "503"]);
});

/** Opens `count` streams on one connection without a window, and gives them once the last is open. */
function streamsOf(
  count: number,
  cancelled: Set<StreamCall>,
): { method: StreamingMethod; open: Promise<readonly StreamCall[]> } {
  const streams: StreamCall[] = [];
  const opened = Promise.withResolvers<readonly StreamCall[]>();
  const method: StreamingMethod = {
    kind: "server-stream",
    path: "/test.Echo/Say",
    open: (stream) => {
      streams.push(stream);
      if (streams.length === count) setImmediate(() => opened.resolve(streams));
      return { onMessage: () => {}, onEnd: () => {}, onCancel: () => void cancelled.add(stream) };
    },
  };
  return { method, open: opened.promise };
}

test("what waits to be packed counts: streams with gzip stay within the bound too", async (context) => {
  const cancelled = new Set<StreamCall>();
  const { method, open } = streamsOf(40, cancelled);
  const bound = 1_000_000;
  const server = await serve(context, { methods: [method], limits: { maxUnsentResponseBytes: bound } });
  const client = deafClient(context, server);
  const fields = [...usualFields, ["grpc-encoding", "gzip"] as const];
  for (const id of oddIds(40)) client.send(headers(id, false, fields), message(id, [1]));
  const streams = await open;
  // The second of each waits behind the first, which is being packed.
  for (const stream of streams) {
    stream.send(randomBytes(2000));
    stream.send(randomBytes(100_000));
  }
  const held = (): number => streams.reduce((sum, stream) => sum + stream.unsentBytes, 0);
  assert.ok(held() <= bound, `${held()} bytes are held`);
  assert.ok(cancelled.size >= 30, `${cancelled.size} streams were ended`);
  // All of it goes, and nothing stays counted.
  client.send(frame(8, 0, 0, uint32(2_000_000)), settings([4, 1_000_000]));
  for (const id of oddIds(40).slice(10)) assert.equal((await client.trailers(id))?.get("grpc-status"), "8");
  for (const stream of streams) stream.end(okStatus);
  for (const id of oddIds(9)) assert.equal((await client.trailers(id))?.get("grpc-status"), "0", `stream ${id}`);
  assert.equal(held(), 0);
});

test("what waits to be packed for a client that goes away counts no longer", async (context) => {
  const cancelled = new Set<StreamCall>();
  const { method, open } = streamsOf(8, cancelled);
  const large = unary("/test.Echo/Large", (_, __, respond) => respond(okStatus, new Uint8Array(900_000)));
  const server = await serve(context, { methods: [method, large], limits: { maxUnsentTotalBytes: 1_000_000 } });
  const leaving = deafClient(context, server);
  const gzip = [...usualFields, ["grpc-encoding", "gzip"] as const];
  for (const id of oddIds(8)) leaving.send(headers(id, false, gzip), message(id, [1]));
  for (const stream of await open) stream.send(randomBytes(100_000));
  leaving.socket.destroy();
  while (cancelled.size < 8) await new Promise((resolve) => setImmediate(resolve));
  const fields = usualFields.map(([name, value]) => [name, name === ":path" ? "/test.Echo/Large" : value] as const);
  const client = deafClient(context, server);
  client.send(headers(1, false, fields), message(1, [1]));
  const head = await client.find(({ type, id }) => type === 1 && id === 1);
  assert.equal(head?.flags, 0x4, "the answer has begun, and is no refusal");
});

test("streams whose clients take everything go on while others fill the room of all", async (context) => {
  const cancelled = new Set<StreamCall>();
  const { method, open } = streamsOf(1, cancelled);
  const answered = Promise.withResolvers<void>();
  const fill = unary("/test.Echo/Fill", (_, __, respond) => {
    respond(okStatus, new Uint8Array(399_000));
    answered.resolve();
  });
  const server = await serve(context, { methods: [method, fill], limits: { maxUnsentTotalBytes: 400_000 } });
  const well = new FrameClient(context, server);
  well.send(headers(1), message(1, [1]));
  const [stream] = await open;
  const fields = usualFields.map(([name, value]) => [name, name === ":path" ? "/test.Echo/Fill" : value] as const);
  deafClient(context, server).send(headers(1, false, fields), message(1, [1]));
  await answered.promise;
  assert.equal(stream?.send(new Uint8Array(4000)), true);
  assert.equal(cancelled.size, 0);
  stream?.end(okStatus);
  assert.equal((await well.trailers(1))?.get("grpc-status"), "0");
  assert.equal(well.dataBytes(1), 4005);
});

test("a method with a budget of its own may pass the bounds by so much, and by no more", async (context) => {
  const cancelled = new Set<StreamCall>();
  const { method, open } = streamsOf(3, cancelled);
  const limits = { maxUnsentResponseBytes: 100_000, maxUnsentTotalBytes: 100_000 };
  const server = await serve(context, { methods: [{ ...method, unsentBudgetBytes: 90_000 }], limits });
  const client = deafClient(context, server);
  for (const id of [1, 3, 5]) client.send(headers(id), message(id, [1]));
  const streams = await open;
  for (const stream of streams) stream.send(new Uint8Array(90_000));
  assert.deepEqual([...cancelled], streams.slice(2));
});
