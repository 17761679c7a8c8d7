import assert from "node:assert/strict";
import type { Http2Server, ServerHttp2Stream } from "node:http2";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { startFrameLoad } from "./frames/frame-load.ts";
import { framed } from "./grpc-message.ts";
import type { Load } from "./load.ts";

const message = Buffer.from("some-key-00000000-and-a-value");
const number = { offset: 9, digits: 8, keys: 50 };

interface Seen {
  readonly headers: Set<string>;
  readonly bodies: Set<string>;
  calls: number;
  under: number;
  mostUnder: number;
}

test("the load generator sends gRPC calls that Node's HTTP/2 server understands, each with a key of its own", async (t) => {
  const { endpoint, seen } = await serve(t, (stream) => succeed(stream));
  const requests = await runFor(200, load(endpoint, 20));
  assert.equal(requests.failed, 0);
  assert.equal(requests.succeeded, requests.started, "it waits for the last answers");
  assert.equal(seen.calls, requests.started);
  assert.equal(requests.tookMicros.length, requests.succeeded);
  assert.equal(requests.bodyBytes, answer.length);
  assert.deepEqual([...seen.headers], [`POST http ${endpoint} /some.Service/Method application/grpc trailers`]);
  // So many different ones are to be expected of so many draws from fifty keys: a slow machine draws less often.
  const expected = 50 * (1 - (1 - 1 / 50) ** seen.calls);
  assert.ok(seen.bodies.size > 0.6 * expected && seen.bodies.size <= 50, `${seen.bodies.size} different bodies`);
  for (const body of seen.bodies) {
    assert.equal(body.slice(0, 5), `\0\0\0\0${String.fromCharCode(message.length)}`);
    assert.match(body.slice(5), /^some-key-000000[0-4]\d-and-a-value$/);
  }
});

test("the load generator keeps as many calls in flight as it is asked to", async (t) => {
  const { endpoint, seen } = await serve(t, (stream) => void delay(20).then(() => succeed(stream)));
  await runFor(200, load(endpoint, 20));
  assert.equal(seen.mostUnder, 20);
});

test("the load generator counts answers without a message as failures, as gRPC's errors are", async (t) => {
  const { endpoint } = await serve(t, (stream) => {
    stream.respond({ ":status": 200, "grpc-status": "14" }, { endStream: true });
  });
  const requests = await runFor(50, load(endpoint, 10));
  assert.equal(requests.succeeded, 0);
  assert.ok(requests.failed > 0);
});

test("the load generator says so when the server closes the connection", async (t) => {
  const { endpoint } = await serve(t, (stream) => stream.session?.destroy());
  await assert.rejects(runFor(300, load(endpoint, 1)), /the load generator ended/);
});

const answer = framed(Buffer.from("an answer"));

function succeed(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.respond({ ":status": 200 }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.end(answer);
}

function load(endpoint: string, inFlight: number): Load {
  const operation = { id: "some", title: "some", path: "/some.Service/Method", message, number, revisions: 1 } as const;
  return { generator: "frames", endpoints: [endpoint], operation, inFlight, seconds: 1, warmUpSeconds: 0 };
}

async function runFor(milliseconds: number, load: Load) {
  const running = await startFrameLoad(load);
  await delay(milliseconds);
  return running.finish();
}

async function serve(t: TestContext, respond: (stream: ServerHttp2Stream) => void) {
  const seen: Seen = { headers: new Set(), bodies: new Set(), calls: 0, under: 0, mostUnder: 0 };
  const server: Http2Server = createServer();
  server.on("sessionError", () => {});
  server.on("stream", (stream: ServerHttp2Stream, headers) => {
    seen.calls += 1;
    seen.under += 1;
    seen.mostUnder = Math.max(seen.mostUnder, seen.under);
    const names = [":method", ":scheme", ":authority", ":path", "content-type", "te"];
    seen.headers.add(names.map((name) => String(headers[name])).join(" "));
    const body: Buffer[] = [];
    stream.on("error", () => {});
    stream.on("data", (bytes: Buffer) => body.push(bytes));
    // Before the client can know that the call has ended.
    stream.on("wantTrailers", () => (seen.under -= 1));
    stream.on("end", () => {
      seen.bodies.add(Buffer.concat(body).toString("latin1"));
      respond(stream);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return { endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
