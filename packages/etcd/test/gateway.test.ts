import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  grpcCodes,
  okStatus,
  startGrpcServer,
  CallCounts,
  type Call,
  type Method,
  type ServerLimits,
  type StreamCall,
} from "@quorate/grpc";
import { gatewayRoutes } from "../src/gateway/gateway.ts";
import { gatewayPaths } from "../src/gateway/paths.ts";
import { messageTypes } from "../src/gateway/message-types.ts";
import {
  AlarmRequestSchema,
  AlarmResponseSchema,
  HashRequestSchema,
  HashResponseSchema,
  LeaseKeepAliveRequestSchema,
  LeaseKeepAliveResponseSchema,
  SnapshotResponseSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { serveFake } from "./support/serve-fake.ts";

const run = promisify(execFile);

/** Debian's curl; answers what it prints. */
async function curl(...parameters: readonly string[]): Promise<string> {
  const { stdout } = await run("curl", ["--silent", "--no-buffer", "--max-time", "5", ...parameters]);
  return stdout;
}

interface Gateway {
  readonly url: string;
  readonly calls: Call[];
  readonly counts: CallCounts;
  readonly streams: StreamCall[];
  readonly cancelled: string[];
}

/** The gateway over methods that say what they were asked. */
async function serveGateway(context: TestContext, limits: Partial<ServerLimits> = {}): Promise<Gateway> {
  const calls: Call[] = [];
  const streams: StreamCall[] = [];
  const counts = new CallCounts();
  const cancelled: string[] = [];
  const alive = (id: bigint): Uint8Array =>
    toBinary(LeaseKeepAliveResponseSchema, create(LeaseKeepAliveResponseSchema, { ID: id, TTL: 10n }));
  const methods: Method[] = [
    {
      kind: "unary",
      path: "/etcdserverpb.Maintenance/Hash",
      handle: (call, request, respond) => {
        calls.push(call);
        fromBinary(HashRequestSchema, request);
        respond(okStatus, toBinary(HashResponseSchema, create(HashResponseSchema, { hash: 4_000_000_000 })));
      },
    },
    {
      kind: "unary",
      path: "/etcdserverpb.Maintenance/Alarm",
      handle: (call, request, respond) => {
        calls.push(call);
        const { memberID, alarm, action } = fromBinary(AlarmRequestSchema, request);
        if (action === 1) return;
        respond(
          okStatus,
          toBinary(AlarmResponseSchema, create(AlarmResponseSchema, { alarms: [{ memberID, alarm }] })),
        );
      },
    },
    {
      kind: "bidi-stream",
      path: "/etcdserverpb.Lease/LeaseKeepAlive",
      open: (call) => {
        streams.push(call);
        let last = 0n;
        return {
          onMessage: (message) => {
            const { ID } = fromBinary(LeaseKeepAliveRequestSchema, message);
            last = ID;
            if (ID < 0n) call.end({ code: grpcCodes.unavailable, message: "etcdserver: no leader" });
            else call.send(alive(ID));
          },
          onEnd: () => {
            if (last !== 99n) call.end(okStatus);
          },
          onCancel: () => void cancelled.push("keepalive"),
        };
      },
    },
    {
      kind: "server-stream",
      path: "/etcdserverpb.Maintenance/Snapshot",
      open: (call) => {
        streams.push(call);
        let left = 100;
        const fill = (): void => {
          while (left > 0) {
            left--;
            const blob = new Uint8Array(30_000).fill(left);
            if (!call.send(toBinary(SnapshotResponseSchema, create(SnapshotResponseSchema, { blob })))) return;
          }
          call.end(okStatus);
        };
        return { onMessage: fill, onEnd: () => {}, onDrain: fill, onCancel: () => void cancelled.push("snapshot") };
      },
    },
  ];
  const httpStreams = gatewayRoutes({ methods, counts, maxValueBytes: 10_000 });
  const server = await startGrpcServer({
    address: { host: "127.0.0.1", port: 0 },
    methods: [],
    http: (_, respond) => respond({ status: 404, contentType: "text/plain", body: "" }),
    httpStreams,
    limits: { drainTimeoutMs: 200, ...limits },
  });
  context.after(() => server.close());
  return { url: `http://127.0.0.1:${server.address.port}`, calls, counts, streams, cancelled };
}

test("every gateway path of etcd 3.4 and 3.5 names a method of etcd's services", () => {
  assert.equal(gatewayPaths.size, 2 * 51);
  for (const [path, method] of gatewayPaths) assert.ok(messageTypes.has(method), `${path}: ${method}`);
  const without = [...messageTypes.keys()].filter((method) => ![...gatewayPaths.values()].includes(method));
  assert.deepEqual(
    without,
    ["/etcdserverpb.KV/RangeStream"].filter((method) => messageTypes.has(method)),
  );
});

test("every path is served", async (context) => {
  const { url } = await serveFake(context);
  // A GET tells what is there and does nothing.
  for (const path of gatewayPaths.keys()) assert.equal((await fetch(`${url}${path}`)).status, 405, path);
});

test("curl, over HTTP/1.1 and HTTP/2: 32-bit numbers, 64-bit numbers, enums, null, nothing, and what follows", async (context) => {
  const { url, counts } = await serveGateway(context);
  for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
    const ask = (path: string, body: string) => curl(version, "-d", body, `${url}/v3/maintenance/${path}`);
    for (const body of ["{}", "", " \n", "null", '{"unknown":[1]}', '{} {"and":"more"}', "{}}"]) {
      assert.equal(await ask("hash", body), '{"hash":4000000000}', body);
    }
    const alarm = '{"alarms":[{"memberID":"12345678901234567890","alarm":"NOSPACE"}]}';
    assert.equal(await ask("alarm", '{"memberID":12345678901234567890,"alarm":1}'), alarm);
    assert.equal(await ask("alarm", '{"memberID":"12345678901234567890","alarm":"NOSPACE"}'), alarm);
  }
  const outcomes = [...counts.methods.values()].map(({ handled }) => handled);
  assert.deepEqual(
    outcomes.map(([ok]) => ok),
    [14, 4],
  );
  assert.ok(outcomes.every(([, ...others]) => others.every((count) => count === 0)));
});

test("what is no request is refused in JSON, and what is too large or nested too deep with it", async (context) => {
  const { url } = await serveGateway(context);
  const ask = async (body: string | Uint8Array): Promise<readonly [number, number, string]> => {
    const answer = await fetch(`${url}/v3/maintenance/alarm`, { method: "POST", body });
    const json = (await answer.json()) as { error: string; message: string; code: number };
    assert.equal(json.error, json.message);
    return [answer.status, json.code, json.message];
  };
  assert.deepEqual(await ask("{"), [400, 3, "unexpected EOF"]);
  for (const body of ["[]", "7", '"x"', "}", '{"memberID":"x"}', '{"memberID":1.5}', '{"alarm":"NONSENSE"}', "{a:1}"]) {
    assert.deepEqual((await ask(body)).slice(0, 2), [400, 3], body);
  }
  assert.deepEqual((await ask(Uint8Array.of(0x22, 0xff, 0x22))).slice(0, 2), [400, 3]);
  assert.deepEqual((await ask("[".repeat(5000))).slice(0, 2), [400, 3]);
  assert.deepEqual(await ask(`{"x":"${"y".repeat(10_000)}"}`), [
    429,
    8,
    "grpc: received message larger than max (10008 vs. 10000)",
  ]);
  assert.deepEqual((await ask(`{}${" ".repeat(20_000)}`)).slice(0, 2), [429, 8]);
});

test("only POST, only known prefixes, and only what is served", async (context) => {
  const { url } = await serveGateway(context);
  const ask = async (path: string, method = "POST") => {
    const answer = await fetch(`${url}${path}`, { method });
    return [answer.status, await answer.text()];
  };
  assert.deepEqual(await ask("/v3/maintenance/hash", "GET"), [405, "Method Not Allowed\n"]);
  assert.deepEqual(await ask("/v3/maintenance/hash", "PUT"), [405, "Method Not Allowed\n"]);
  assert.deepEqual(await ask("/v3/kv/nothing"), [404, "Not Found\n"]);
  assert.deepEqual(await ask("/v3/kv/range"), [404, "Not Found\n"]);
  assert.deepEqual(await ask("/v3beta/maintenance/hash"), [200, '{"hash":4000000000}']);
  assert.equal((await ask("/v3alpha/maintenance/hash"))[0], 404);
  assert.equal((await ask("/v3/maintenance/hash/"))[0], 404);
});

test("a method sees who calls: Authorization, and metadata under a prefix of their own", async (context) => {
  const { url, calls } = await serveGateway(context);
  await curl("-H", "Authorization: abc.7", "-H", "Grpc-Metadata-Token: t", "-d", "{}", `${url}/v3/maintenance/hash`);
  const [call] = calls;
  assert.equal(call?.metadata("authorization"), "abc.7");
  assert.equal(call?.metadata("token"), "t");
  assert.equal(call?.metadata("host"), undefined);
  assert.equal(call?.path, "/etcdserverpb.Maintenance/Hash");
  assert.match(call?.remote ?? "", /^127\.0\.0\.1:\d+$/);
});

test("a call whose client leaves is cancelled, unary or streaming", async (context) => {
  const { url, calls, streams, cancelled, counts } = await serveGateway(context);
  for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
    const waiting = curl(version, "-m", "0.3", "-d", '{"action":"ACTIVATE"}', `${url}/v3/maintenance/alarm`);
    await assert.rejects(waiting);
    while (calls.at(-1)?.cancelled !== true) await delay(5);
    const streaming = curl(version, "-m", "0.3", "-d", '{"ID":99}', `${url}/v3/lease/keepalive`);
    const before = cancelled.length;
    await assert.rejects(streaming);
    while (cancelled.length === before) await delay(5);
    assert.equal(streams.at(-1)?.cancelled, true);
  }
  assert.deepEqual(
    [...counts.methods.values()].map(({ handled }) => handled[grpcCodes.canceled]),
    [2, 2],
  );
});

test("a streaming call: a value for each message, a line for each answer", async (context) => {
  const { url } = await serveGateway(context);
  for (const version of ["--http1.1", "--http2-prior-knowledge"]) {
    const ask = (body: string) => curl(version, "-d", body, "-w", "%{http_code}", `${url}/v3/lease/keepalive`);
    assert.equal(await ask('{"ID":"77"}'), '{"result":{"ID":"77","TTL":"10"}}\n200');
    assert.equal(
      await ask('{"ID":7587862094710577234}{"ID":2}'),
      '{"result":{"ID":"7587862094710577234","TTL":"10"}}\n{"result":{"ID":"2","TTL":"10"}}\n200',
    );
    assert.equal(await ask(""), "200");
    assert.equal(await ask('{"ID":1} {"ID":'), '{"result":{"ID":"1","TTL":"10"}}\n200');
    assert.equal(await ask('{"ID":'), '{"error":"unexpected EOF","message":"unexpected EOF","code":2}500');
    const refused = '{"error":"etcdserver: no leader","message":"etcdserver: no leader","code":14}503';
    assert.equal(await ask('{"ID":-1}'), refused);
    assert.equal(
      await ask('{"ID":1}{"ID":-1}'),
      '{"result":{"ID":"1","TTL":"10"}}\n{"error":{"grpc_code":14,"http_code":503,' +
        '"message":"etcdserver: no leader","http_status":"Service Unavailable"}}\n200',
    );
  }
});

test("a request that goes on is answered as it comes", async (context) => {
  const { url } = await serveGateway(context);
  const encoder = new TextEncoder();
  let send: (text: string) => void = () => {};
  let finish = (): void => {};
  const body = new ReadableStream({
    start: (controller) => {
      send = (text) => controller.enqueue(encoder.encode(text));
      finish = () => controller.close();
    },
  });
  send('{"ID":1}');
  const asked: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" };
  const answer = await fetch(`${url}/v3/lease/keepalive`, asked);
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const line = async () => Buffer.from((await reader.read()).value ?? []).toString();
  assert.equal(await line(), '{"result":{"ID":"1","TTL":"10"}}\n');
  send('{"I');
  send('D":2}\n');
  assert.equal(await line(), '{"result":{"ID":"2","TTL":"10"}}\n');
  finish();
  assert.equal((await reader.read()).done, true);
});

test("a stream that is large goes at its reader's pace, and whole", async (context) => {
  const { url, streams } = await serveGateway(context);
  const answer = await fetch(`${url}/v3/maintenance/snapshot`, { method: "POST" });
  await delay(100);
  assert.ok((streams[0]?.unsentBytes ?? 0) < 1_000_000);
  const lines = (await answer.text()).trim().split("\n");
  assert.equal(lines.length, 100);
  const { result } = JSON.parse(lines[99] as string) as { result: { blob: string } };
  assert.equal(Buffer.from(result.blob, "base64").length, 30_000);
});

test("slow-loris: a request that never becomes whole is given up", async (context) => {
  const { url } = await serveGateway(context, { receiveTimeoutMs: 200 });
  for (const path of ["/v3/maintenance/hash", "/v3/lease/keepalive"]) {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('{"ID":')),
    });
    const asked: RequestInit & { readonly duplex: "half" } = { method: "POST", body, duplex: "half" };
    assert.equal((await fetch(`${url}${path}`, asked)).status, 408, path);
  }
});

test("web pages: of any origin unless told otherwise, and what browsers ask first", async (context) => {
  const open = await serveFake(context);
  const closed = await serveFake(context, { cors: ["http://a.example"] });
  const ask = async (url: string, method: string, origin: string) => {
    const answer = await fetch(`${url}/version`, { method, headers: { origin } });
    return [answer.status, answer.headers.get("access-control-allow-origin")];
  };
  assert.deepEqual(await ask(open.url, "GET", "http://x"), [200, "*"]);
  assert.deepEqual(await ask(open.url, "OPTIONS", "http://x"), [200, "*"]);
  assert.deepEqual(await ask(closed.url, "GET", "http://a.example"), [200, "http://a.example"]);
  assert.deepEqual(await ask(closed.url, "OPTIONS", "http://a.example"), [200, "http://a.example"]);
  assert.deepEqual(await ask(closed.url, "GET", "http://x"), [200, null]);
  const preflight = await fetch(`${open.url}/v3/kv/range`, { method: "OPTIONS", headers: { origin: "http://x" } });
  assert.equal(preflight.headers.get("access-control-allow-headers"), "accept, content-type, authorization");
  assert.equal(preflight.headers.get("access-control-allow-methods"), "POST, GET, OPTIONS, PUT, DELETE");
  const put = await fetch(`${open.url}/v3/kv/put`, { method: "POST", body: '{"key":"YQ=="}' });
  assert.equal(put.headers.get("access-control-allow-origin"), "*");
});
