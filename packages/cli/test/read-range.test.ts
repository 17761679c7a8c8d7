import assert from "node:assert/strict";
import { test } from "node:test";
import { create } from "@bufbuild/protobuf";
import { status, type ServiceError } from "@grpc/grpc-js";
import { RangeResponseSchema, RangeStreamResponseSchema } from "@quorate/etcd/api";
import { CallError, type Calls } from "../src/client/calls.ts";
import { getRequest, type GetFlags } from "../src/client/key-requests.ts";
import { readRange } from "../src/client/read-range.ts";

const kv = (name: string) => ({ key: Buffer.from(name), value: Buffer.from("v") });
const whole = create(RangeResponseSchema, {
  header: { revision: 7n },
  kvs: ["a", "b", "c"].map(kv),
  more: true,
  count: 9n,
});

/** A server of some version, and by which methods it was asked. */
function server(all: () => Promise<unknown>): { readonly calls: Calls; readonly asked: string[] } {
  const asked: string[] = [];
  const calls = {
    call: async ({ path }: { path: string }) => {
      asked.push(path);
      return whole;
    },
    all: ({ path }: { path: string }) => {
      asked.push(path);
      return all();
    },
  };
  return { calls: calls as unknown as Calls, asked };
}

const failing = (code: status) => (): Promise<never> =>
  Promise.reject(new CallError("no", { code, details: "no" } as ServiceError));
const inParts = async () => [
  create(RangeStreamResponseSchema, { rangeResponse: { kvs: [kv("a")] } }),
  create(RangeStreamResponseSchema, { rangeResponse: { kvs: [kv("b")] } }),
  create(RangeStreamResponseSchema, {
    rangeResponse: { kvs: [kv("c")], header: { revision: 7n }, more: true, count: 9n },
  }),
];
const [range, rangeStream] = ["/etcdserverpb.KV/Range", "/etcdserverpb.KV/RangeStream"];

test("a range without bounds is read in parts, and put together", async () => {
  const { calls, asked } = server(inParts);
  assert.deepEqual(await readRange(calls, getRequest("a", undefined, { prefix: true })), whole);
  assert.deepEqual(asked, [rangeStream]);
});

test("a server that has no streams is asked as ever; another refusal is one", async () => {
  const old = server(failing(status.UNIMPLEMENTED));
  assert.deepEqual(await readRange(old.calls, getRequest("a", "z", {})), whole);
  assert.deepEqual(old.asked, [rangeStream, range]);
  const refusing = server(failing(status.PERMISSION_DENIED));
  await assert.rejects(readRange(refusing.calls, getRequest("a", "z", {})), CallError);
  assert.deepEqual(refusing.asked, [rangeStream]);
});

test("one key, a few, a count, and what is sorted are read at once", async () => {
  const { calls, asked } = server(inParts);
  const flags: GetFlags[] = [
    {},
    { prefix: true, limit: 10 },
    { prefix: true, countOnly: true },
    { prefix: true, order: "descend" },
    { prefix: true, sortBy: "modify" },
  ];
  for (const own of flags) await readRange(calls, getRequest("a", undefined, own));
  assert.deepEqual(
    asked,
    flags.map(() => range),
  );
});
