import assert from "node:assert/strict";
import { connect } from "node:http2";
import { buffer } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { create, fromBinary, toBinary, type MessageInitShape } from "@bufbuild/protobuf";
import { Client, credentials, type ClientReadableStream, type ServiceError } from "@grpc/grpc-js";
import type { GrpcStatus, StreamCall } from "@quorate/grpc";
import type { KeyValueStore, PageOperation } from "@quorate/store";
import fc from "fast-check";
import {
  CompactionRequestSchema,
  CompactionResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  RangeStreamResponseSchema,
  type RangeResponse,
} from "../src/index.ts";
import { rangeStreamMethod } from "../src/range-stream.ts";
import { fakeMember } from "./support/fake-member.ts";
import { failure, serveFake, type Served } from "./support/serve-fake.ts";
import { until } from "./support/until.ts";

const path = "/etcdserverpb.KV/RangeStream";
const bytes = (text: string): Uint8Array => Buffer.from(text, "latin1");
type Request = MessageInitShape<typeof RangeRequestSchema>;
const prefix = { key: bytes("k"), rangeEnd: bytes("l") };

/** A stream by grpc-js, messages by the protobuf library: nothing of ours. */
class Reading {
  readonly parts: RangeResponse[] = [];
  readonly ended: Promise<void>;
  readonly stream: ClientReadableStream<RangeResponse>;
  error: ServiceError | undefined;

  constructor(context: TestContext, { url }: Served, request: Request) {
    const client = new Client(new URL(url).host, credentials.createInsecure(), {
      "grpc.enable_retries": 0,
      "grpc.max_receive_message_length": -1,
    });
    this.stream = client.makeServerStreamRequest<Request, RangeResponse>(
      path,
      (message) => Buffer.from(toBinary(RangeRequestSchema, create(RangeRequestSchema, message))),
      (message) => fromBinary(RangeStreamResponseSchema, message).rangeResponse as RangeResponse,
      request,
    );
    this.ended = new Promise((resolve) => {
      this.stream.on("error", (error: ServiceError) => {
        this.error = error;
        resolve();
      });
      this.stream.on("end", resolve);
    });
    context.after(() => {
      this.stream.cancel();
      client.close();
    });
  }

  listen(): void {
    this.stream.on("data", (part: RangeResponse) => this.parts.push(part));
  }

  /** All parts in one, as protobuf merges messages. */
  async whole(): Promise<RangeResponse> {
    this.listen();
    await this.ended;
    if (this.error !== undefined) throw this.error;
    const merged = create(RangeResponseSchema, {});
    for (const { header, kvs, more, count } of this.parts) {
      if (header !== undefined) merged.header = header;
      merged.kvs.push(...kvs);
      merged.more ||= more;
      merged.count += count;
    }
    return merged;
  }
}

async function serve(context: TestContext, options: Parameters<typeof serveFake>[1] = {}) {
  const served = await serveFake(context, options);
  const { client } = served;
  return {
    ...served,
    put: (key: string, value: string) =>
      client.call("KV/Put", PutRequestSchema, PutResponseSchema, { key: bytes(key), value: bytes(value) }),
    range: (request: Request) => client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, request),
    compact: (revision: number) =>
      client.call("KV/Compact", CompactionRequestSchema, CompactionResponseSchema, { revision: BigInt(revision) }),
    stream: (request: Request) => new Reading(context, served, request),
  };
}

const nameOf = (at: number): string => `k${String(at).padStart(4, "0")}`;

async function fill({ put }: Awaited<ReturnType<typeof serve>>, count: number, value: (at: number) => string) {
  for (let at = 0; at < count; at += 100) {
    const some = Array.from({ length: Math.min(100, count - at) }, (_, index) => at + index);
    await Promise.all(some.map((one) => put(nameOf(one), value(one))));
  }
}

test("all parts of a stream merged are what Range answers, or both are refused alike", async (context) => {
  const served = await serve(context, { maxRequestBytes: 2000 });
  await fill(served, 120, (at) => "v".repeat((at * 37) % 400));
  await served.compact(40);
  const { range, stream } = served;
  const key = fc.constantFrom("", "\0", "k", nameOf(0), nameOf(7), nameOf(119), "x").map(bytes);
  const request = fc.record({
    key,
    rangeEnd: fc.constantFrom("", "\0", "a", "l", nameOf(50), nameOf(119)).map(bytes),
    limit: fc.constantFrom(0n, 0n, 1n, 9n, 10n, 11n, 40n, 120n, 1000n, -1n),
    revision: fc.constantFrom(0n, 0n, 39n, 40n, 60n, 121n, 122n, 1000n, -1n),
    sortOrder: fc.constantFrom(0, 1),
    serializable: fc.boolean(),
    keysOnly: fc.boolean(),
    countOnly: fc.boolean(),
  });
  const property = fc.asyncProperty(request, async (drawn) => {
    const asked = drawn as Request;
    const [expected, streamed] = await Promise.allSettled([range(asked), stream(asked).whole()]);
    if (expected.status === "rejected" || streamed.status === "rejected") {
      const [one, other] = [expected, streamed].map((settled) =>
        failure(settled.status === "rejected" ? Promise.reject(settled.reason as Error) : Promise.resolve()),
      );
      return assert.deepEqual(await other, await one);
    }
    assert.deepEqual(streamed.value, expected.value);
  });
  await fc.assert(property, { numRuns: 200 });
});

test("the first part has ten keys, the others as many as fit, and the last says what a response says once", async (context) => {
  const served = await serve(context, { maxRequestBytes: 4000 });
  await fill(served, 500, () => "v".repeat(20));
  const reading = served.stream(prefix);
  const { kvs } = await reading.whole();
  assert.equal(kvs.length, 500);
  const sizes = reading.parts.map((part) => part.kvs.length);
  assert.deepEqual(sizes.slice(0, 4), [10, 20, 40, 80]);
  for (const part of reading.parts.slice(0, -1)) {
    assert.deepEqual([part.header, part.more, part.count], [undefined, false, 0n]);
    assert.ok(toBinary(RangeResponseSchema, part).length < 8000);
  }
  const last = reading.parts.at(-1);
  assert.deepEqual([last?.header?.revision, last?.more, last?.count], [501n, false, 500n]);
  const limited = await served.stream({ ...prefix, limit: 33n }).whole();
  assert.deepEqual([limited.kvs.length, limited.more, limited.count], [33, true, 500n]);
});

test("large values make small parts", async (context) => {
  const served = await serve(context, { maxRequestBytes: 10_000 });
  await fill(served, 30, () => "v".repeat(9000));
  const reading = served.stream(prefix);
  assert.equal((await reading.whole()).kvs.length, 30);
  assert.ok(reading.parts.every(({ kvs }) => kvs.length <= 2));
});

test("orders and filters are not for streams, and say so", async (context) => {
  const { stream } = await serve(context);
  const sorts: Request[] = [{ sortOrder: 2 }, { sortTarget: 3, sortOrder: 1 }, { sortTarget: 3 }];
  for (const sort of sorts) {
    const refused = failure(stream({ ...prefix, ...sort }).whole());
    assert.deepEqual(await refused, [12, "RangeStream does not support custom sort orders"]);
  }
  const filters: Request[] = [
    { minModRevision: 1n },
    { maxModRevision: 9n },
    { minCreateRevision: -1n },
    { maxCreateRevision: 2n },
  ];
  for (const filter of filters) {
    const refused = failure(stream({ ...prefix, ...filter }).whole());
    assert.deepEqual(await refused, [12, "RangeStream does not support revision filters"]);
  }
  assert.deepEqual(await failure(stream({}).whole()), [3, "etcdserver: key is not provided"]);
});

test("it is linearizable unless it says otherwise, as Range is", async (context) => {
  const { put, replica, stream } = await serve(context);
  await put("k", "1");
  const before = replica.barriers;
  await stream({ ...prefix, serializable: true }).whole();
  assert.equal(replica.barriers, before);
  await stream(prefix).whole();
  assert.equal(replica.barriers, before + 1);
  replica.failsWith = "no-leader";
  assert.deepEqual(await failure(stream(prefix).whole()), [14, "etcdserver: no leader"]);
  assert.equal((await stream({ ...prefix, serializable: true }).whole()).kvs.length, 1);
});

test("it is counted as other calls are, and has no path in the gateway", async (context) => {
  const served = await serve(context);
  await fill(served, 15, () => "v");
  await served.stream(prefix).whole();
  const text = await (await fetch(`${served.url}/metrics`)).text();
  const labels = 'grpc_service="etcdserverpb.KV",grpc_method="RangeStream",grpc_type="server_stream"';
  assert.match(text, new RegExp(`grpc_server_handled_total\\{${labels},grpc_code="OK"\\} 1`));
  assert.match(text, new RegExp(`grpc_server_msg_sent_total\\{${labels}\\} 2`));
  assert.equal((await fetch(`${served.url}/v3/kv/rangestream`, { method: "POST", body: "{}" })).status, 404);
});

/** What is read of the store from now on. */
function recordPages(store: KeyValueStore): PageOperation[] {
  const pages: PageOperation[] = [];
  const page = store.page.bind(store);
  store.page = (operation, done) => {
    pages.push(operation);
    page(operation, done);
  };
  return pages;
}

/** A client whose window stays shut until it listens: grpc-js takes what comes, whether or not it is wanted. */
function shutStream(context: TestContext, url: string, request: Request) {
  const session = connect(url);
  context.after(() => session.destroy());
  const stream = session.request({
    ":method": "POST",
    ":path": path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const message = toBinary(RangeRequestSchema, create(RangeRequestSchema, request));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
  const parts = async (): Promise<RangeResponse[]> => {
    const whole = await buffer(stream);
    const parts: RangeResponse[] = [];
    for (let at = 0; at < whole.length; ) {
      const end = at + 5 + whole.readUInt32BE(at + 1);
      const { rangeResponse } = fromBinary(RangeStreamResponseSchema, whole.subarray(at + 5, end));
      parts.push(rangeResponse as RangeResponse);
      at = end;
    }
    return parts;
  };
  return { parts };
}

test("a client that takes nothing has little read for it, and once it does sees the revision at which it began", async (context) => {
  const served = await serve(context, { maxRequestBytes: 400_000 });
  const large = "v".repeat(30_000);
  const keys = 200;
  await fill(served, keys, () => large);
  const pages = recordPages(served.store);
  const stream = shutStream(context, served.url, prefix);
  await until("a part is read", () => pages.length > 0);
  // Writes take their time, and whatever it reads meanwhile.
  for (let at = 0; at < keys; at += 5) await served.put(nameOf(at), "newer");
  await served.put("kk", "new");
  assert.ok(pages.length <= 2, `${pages.length} parts, where 256 KiB may wait`);
  const parts = await stream.parts();
  const kvs = parts.flatMap((part) => part.kvs);
  const last = parts.at(-1);
  assert.deepEqual([last?.header?.revision, last?.count, kvs.length], [201n, 200n, keys]);
  assert.ok(kvs.every(({ value }) => value.length === large.length));
});

/** The method by itself: a client that says when it has taken a part. */
async function unit(count: number, valueBytes: number) {
  const member = await fakeMember({ maxRequestBytes: 1000 });
  const value = Buffer.alloc(valueBytes, "v");
  const none = { lease: 0n, previous: false, ignoreValue: false, ignoreLease: false };
  for (let at = 0; at < count; at++) {
    await member.replica.submit(member.parts.encodeCommand({ type: "put", key: bytes(nameOf(at)), value, ...none }));
  }
  const pages = recordPages(member.store);
  const method = rangeStreamMethod(member.admission, member.replica);
  assert.ok(method.kind === "server-stream");
  const ends: GrpcStatus[] = [];
  const sent: Uint8Array[] = [];
  const call = {
    unsentBytes: 1000,
    metadata: () => undefined,
    // It is never ready for more at once.
    send: (message: Uint8Array) => sent.push(message) < 0,
    end: ({ code, message }: GrpcStatus) => void ends.push({ code, message }),
  };
  const handler = method.open(call as unknown as StreamCall);
  handler.onMessage(toBinary(RangeRequestSchema, create(RangeRequestSchema, { ...prefix, serializable: true })));
  await until("the first part is sent", () => sent.length === 1);
  return { ...member, pages, sent, ends, call, handler };
}

test("a part is read only when the one before was taken, and none for a client that went away", async () => {
  const { pages, sent, handler } = await unit(100, 100);
  await delay(20);
  assert.equal(pages.length, 1);
  handler.onDrain?.();
  await until("the second part is sent", () => sent.length === 2);
  assert.deepEqual(
    pages.map(({ revision }) => revision),
    [0, 101],
  );
  handler.onCancel?.();
  handler.onDrain?.();
  await delay(20);
  assert.equal(pages.length, 2);
});

test("what is compacted before it was read ends the stream in etcd's words", async () => {
  const { sent, ends, handler, replica, parts, store } = await unit(100, 100);
  await replica.submit(parts.encodeCommand({ type: "compact", revision: 101 }));
  handler.onDrain?.();
  // Its own revision is readable.
  await until("the second part is sent", () => sent.length === 2);
  const none = { lease: 0n, previous: false, ignoreValue: false, ignoreLease: false };
  await replica.submit(parts.encodeCommand({ type: "put", key: bytes("k"), value: bytes("newer"), ...none }));
  await replica.submit(parts.encodeCommand({ type: "compact", revision: store.revision }));
  handler.onDrain?.();
  await until("the stream ends", () => ends.length > 0);
  assert.deepEqual(ends, [{ code: 11, message: "etcdserver: mvcc: required revision has been compacted" }]);
});

test("a client that takes nothing of a part for a minute is let go; one that takes something is not", async (context) => {
  const { ends, sent, call, handler } = await unit(100, 100);
  // The first part came before the clock was ours.
  context.mock.timers.enable({ apis: ["setTimeout"] });
  handler.onDrain?.();
  for (let turn = 0; sent.length < 2 && turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
  context.mock.timers.tick(59_999);
  call.unsentBytes = 999;
  context.mock.timers.tick(59_999);
  assert.deepEqual(ends, []);
  context.mock.timers.tick(60_000);
  assert.deepEqual(ends, [{ code: 8, message: "quorate: nothing of this stream was taken for 60 s" }]);
});
