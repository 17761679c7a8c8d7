import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { create, toBinary, toJson, type MessageInitShape } from "@bufbuild/protobuf";
import { slicedJson } from "../src/gateway/sliced-json.ts";
import {
  MemberListResponseSchema,
  RangeResponseSchema,
  StatusResponseSchema,
} from "../src/generated/etcdserverpb/rpc_pb.ts";
import { serveFake } from "./support/serve-fake.ts";

const options = { useProtoFieldName: true };

function range(keys: number): MessageInitShape<typeof RangeResponseSchema> {
  const kvs = Array.from({ length: keys }, (_, index) => ({
    key: Buffer.from(`key-${index}`),
    value: index % 3 === 0 ? new Uint8Array(0) : Buffer.from(`value ${index}`),
    createRevision: BigInt(index),
    modRevision: 2n ** 60n,
    lease: index % 2 === 0 ? 7n : 0n,
  }));
  return { header: { clusterId: 2n ** 63n, revision: 9n }, kvs, more: keys % 2 === 0, count: BigInt(keys) };
}

test("in pieces or at once, the JSON is the same", () => {
  for (const keys of [0, 1, 2, 100]) {
    const message = create(RangeResponseSchema, range(keys));
    const sliced = [...slicedJson(RangeResponseSchema, toBinary(RangeResponseSchema, message))].join("");
    assert.equal(sliced, JSON.stringify(toJson(RangeResponseSchema, message, options)));
  }
  const members = create(MemberListResponseSchema, { members: [{ name: "a", peerURLs: ["x", "y"] }, {}] });
  const sliced = [...slicedJson(MemberListResponseSchema, toBinary(MemberListResponseSchema, members))].join("");
  assert.deepEqual(JSON.parse(sliced), toJson(MemberListResponseSchema, members, options));
  const status = create(StatusResponseSchema, { errors: ["a", "b"], dbSize: 5n });
  const lists = [...slicedJson(StatusResponseSchema, toBinary(StatusResponseSchema, status))].join("");
  assert.deepEqual(JSON.parse(lists), toJson(StatusResponseSchema, status, options), "lists of others than messages");
  assert.equal([...slicedJson(RangeResponseSchema, new Uint8Array(0))].join(""), "{}");
});

test("a large range over JSON is whole, whoever leaves in the middle or reads late", async (context) => {
  const served = await serveFake(context);
  const value = Buffer.alloc(50, 1).toString("base64");
  const puts = Array.from({ length: 120 }, (_, index) => ({
    request_put: { key: Buffer.from(`k${String(index).padStart(4, "0")}`).toString("base64"), value },
  }));
  for (let round = 0; round < 60; round++) {
    const success = puts.map(({ request_put: put }) => ({
      request_put: { ...put, key: Buffer.from(`${round}/${put.key}`).toString("base64") },
    }));
    await fetch(`${served.url}/v3/kv/txn`, { method: "POST", body: JSON.stringify({ success }) });
  }
  const everything = JSON.stringify({ key: "AA==", range_end: "AA==" });
  const ask = () => fetch(`${served.url}/v3/kv/range`, { method: "POST", body: everything });
  const answer = (await (await ask()).json()) as { kvs: unknown[]; count: string };
  assert.deepEqual([answer.kvs.length, answer.count], [7200, "7200"]);
  // One that leaves in the middle, and one that reads late.
  const leaving = await ask();
  await leaving.body?.cancel();
  const late = await ask();
  await delay(100);
  assert.equal(((await late.json()) as { kvs: unknown[] }).kvs.length, 7200);
  assert.equal((await fetch(`${served.url}/livez`)).status, 200);
});
