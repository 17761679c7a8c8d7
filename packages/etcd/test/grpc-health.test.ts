import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Client, credentials, type ClientReadableStream } from "@grpc/grpc-js";
import {
  HealthCheckRequestSchema,
  HealthCheckResponse_ServingStatus as Status,
  HealthCheckResponseSchema,
} from "../src/generated/grpc/health/v1/health_pb.ts";
import { etcdIsInstalled, startEtcd } from "./support/real-etcd.ts";
import { EtcdClient, failure, serveFake } from "./support/serve-fake.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

function check(client: EtcdClient, service: string): Promise<Status> {
  const path = "/grpc.health.v1.Health/Check";
  return client
    .callPath(path, HealthCheckRequestSchema, HealthCheckResponseSchema, { service })
    .then(({ status }) => status);
}

const ofBoth = async (client: EtcdClient): Promise<unknown> => [
  await check(client, ""),
  await failure(check(client, "etcdserverpb.KV")),
];

test("gRPC's health service says of the server as a whole that it serves, and knows no other", async (context) => {
  const { client } = await serveFake(context);
  assert.deepEqual(await ofBoth(client), [Status.SERVING, [5, "unknown service"]]);
});

test("etcd answers the same", { skip }, async (context) => {
  const etcd = await startEtcd(context);
  const client = new EtcdClient(etcd.replace("http://", ""));
  context.after(() => client.close());
  assert.deepEqual(await ofBoth(client), [Status.SERVING, [5, "unknown service"]]);
});

test("who watches is told at once, and when the member rebuilds its state and is whole again", async (context) => {
  const { url, condition } = await serveFake(context);
  const client = new Client(url.replace("http://", ""), credentials.createInsecure());
  context.after(() => client.close());
  const watch = (service: string): ClientReadableStream<Status> => {
    const stream = client.makeServerStreamRequest<string, Status>(
      "/grpc.health.v1.Health/Watch",
      (name) => Buffer.from(toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: name }))),
      (bytes) => fromBinary(HealthCheckResponseSchema, bytes).status,
      service,
    );
    stream.on("error", () => {});
    context.after(() => stream.cancel());
    return stream;
  };
  assert.deepEqual(await once(watch("etcdserverpb.KV"), "data"), [Status.SERVICE_UNKNOWN]);
  const stream = watch("");
  assert.deepEqual(await once(stream, "data"), [Status.SERVING]);
  condition.isRebuilding = true;
  assert.deepEqual(await once(stream, "data"), [Status.NOT_SERVING]);
  condition.isRebuilding = false;
  assert.deepEqual(await once(stream, "data"), [Status.SERVING]);
});
