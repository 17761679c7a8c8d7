import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import { okStatus, startGrpcServer } from "@quorate/grpc";
import { parentOf } from "../src/tracing/tracing.ts";
import { startSingleMember } from "./support/single-member.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";

test("calls that are followed are told to a collector, under their caller's trace, with how they ended", async (context) => {
  const exported: Buffer[] = [];
  const collector = await startGrpcServer({
    address: { host: "127.0.0.1", port: 0 },
    methods: [
      {
        kind: "unary",
        path: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        handle: (_, request, respond) => {
          exported.push(Buffer.from(request));
          respond(okStatus, new Uint8Array(0));
        },
      },
    ],
    http: (_, respond) => respond({ status: 404, contentType: "text/plain", body: "" }),
    limits: { drainTimeoutMs: 200 },
  });
  context.after(() => collector.close());
  const member = await startSingleMember(context, {
    tracing: {
      address: `127.0.0.1:${collector.address.port}`,
      serviceName: "a-service",
      instanceId: "a-member",
      samplesPerMillion: 0,
    },
  });
  const client = new Client(new URL(member.clientUrls[0] as string).host, credentials.createInsecure());
  context.after(() => client.close());
  const ask = (path: string, metadata: Metadata): Promise<number> =>
    new Promise((resolve) => {
      const same = (bytes: Buffer): Buffer => bytes;
      client.makeUnaryRequest(path, same, same, Buffer.alloc(0), metadata, (error) => resolve(error?.code ?? 0));
    });
  const followed = new Metadata();
  followed.set("traceparent", `00-${traceId}-b7ad6b7169203331-01`);
  assert.equal(await ask("/etcdserverpb.Maintenance/Status", followed), 0);
  assert.equal(await ask("/etcdserverpb.KV/Range", followed), 3);
  assert.equal(await ask("/etcdserverpb.Maintenance/HashKV", new Metadata()), 0);
  await member.close();
  for (let waited = 0; exported.length === 0 && waited < 100; waited++) await delay(20);
  const bytes = Buffer.concat(exported);
  for (const text of ["a-service", "a-member", "etcdserverpb.Maintenance/Status", "etcdserverpb.KV/Range"]) {
    assert.ok(bytes.indexOf(text) >= 0, text);
  }
  assert.ok(bytes.indexOf(Buffer.from(traceId, "hex")) >= 0);
  assert.ok(bytes.indexOf("rpc.grpc.status_code") >= 0);
  assert.equal(bytes.indexOf("HashKV"), -1, "nobody follows it, and none is drawn");
});

test("a collector that is not there harms nobody, and holds up no goodbye", async (context) => {
  const tracing = { address: "127.0.0.1:1", serviceName: "x", samplesPerMillion: 1_000_000 };
  const member = await startSingleMember(context, { tracing });
  const answer = await fetch(`${member.clientUrls[0]}/v3/kv/put`, { method: "POST", body: '{"key":"YQ=="}' });
  assert.equal(answer.status, 200);
  const began = performance.now();
  await member.close();
  assert.ok(performance.now() - began < 8000);
});

test("a caller's trace is read, and what is none is passed over", () => {
  const parent = parentOf(`00-${traceId}-b7ad6b7169203331-01`);
  assert.deepEqual(parent, { traceId, spanId: "b7ad6b7169203331", traceFlags: 1, isRemote: true });
  const wrong = [undefined, "", "x", `00-${traceId}-b7ad6b7169203331`, `01-${traceId}-b7ad6b7169203331-01`];
  for (const header of [...wrong, `00-${"0".repeat(32)}-b7ad6b7169203331-01`, `00-${traceId}-${"0".repeat(16)}-01`]) {
    assert.equal(parentOf(header), undefined, header ?? "none");
  }
});
