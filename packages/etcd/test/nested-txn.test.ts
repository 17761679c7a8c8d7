import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { create, fromBinary, toBinary, toJson } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError } from "@grpc/grpc-js";
import {
  RequestOpSchema,
  TxnRequestSchema,
  TxnResponseSchema,
  type TxnRequest,
  type TxnResponse,
} from "../src/index.ts";
import { etcdIsInstalled, startEtcd } from "./support/real-etcd.ts";
import { startSingleMember } from "./support/single-member.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

/** Transactions within transactions, so many in all, with a put in the innermost. */
function nested(depth: number): TxnRequest {
  const value = { key: Buffer.from("k"), value: Buffer.from("v") };
  let inner = create(RequestOpSchema, { request: { case: "requestPut", value } });
  for (let level = 1; level < depth; level++) {
    const txn = create(TxnRequestSchema, { success: [inner] });
    inner = create(RequestOpSchema, { request: { case: "requestTxn", value: txn } });
  }
  return create(TxnRequestSchema, { success: [inner] });
}

/** How deep the answer goes, or why there is none: over gRPC, and over JSON. */
async function ask(context: TestContext, url: string, depth: number): Promise<readonly string[]> {
  const client = new Client(new URL(url).host, credentials.createInsecure());
  context.after(() => client.close());
  const request = nested(depth);
  const overGrpc = await new Promise<string>((resolve) => {
    client.makeUnaryRequest(
      "/etcdserverpb.KV/Txn",
      (bytes: Uint8Array) => Buffer.from(bytes),
      (bytes) => fromBinary(TxnResponseSchema, bytes, { recursionLimit: 1000 }),
      toBinary(TxnRequestSchema, request),
      (error: ServiceError | null, response) =>
        resolve(error === null ? String(depthOf(response as TxnResponse)) : `${error.code} ${error.details}`),
    );
  });
  const body = JSON.stringify(toJson(TxnRequestSchema, request));
  const answer = await fetch(`${url}/v3/kv/txn`, { method: "POST", body });
  const text = await answer.text();
  const { message } = JSON.parse(text) as { message?: string };
  return [overGrpc, message ?? String(text.split("response_txn").length)];
}

function depthOf({ responses: [first] }: TxnResponse): number {
  return first?.response.case === "responseTxn" ? 1 + depthOf(first.response.value) : 1;
}

test("transactions are nested as deep as etcd takes them, over gRPC and JSON", { skip }, async (context) => {
  const ours = (await startSingleMember(context)).clientUrls[0] as string;
  const theirs = await startEtcd(context);
  for (const depth of [1, 2, 50, 51, 100, 128, 129, 130]) {
    assert.deepEqual(await ask(context, ours, depth), await ask(context, theirs, depth), `${depth} deep`);
  }
  assert.deepEqual(await ask(context, ours, 128), ["128", "128"]);
  const refused = "etcdserver: too many operations in txn request";
  assert.deepEqual(await ask(context, ours, 129), [`3 ${refused}`, refused]);
});
