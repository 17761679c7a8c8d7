import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ReplicaErrorCode } from "@quorate/replica";
import {
  DeleteRangeRequestSchema,
  DeleteRangeResponseSchema,
  PutRequestSchema,
  PutResponseSchema,
  RangeRequestSchema,
  RangeResponseSchema,
  TxnRequestSchema,
  TxnResponseSchema,
} from "../src/index.ts";
import { failure, serveFake, type Served } from "./support/serve-fake.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (value: Uint8Array | undefined): string => Buffer.from(value ?? []).toString();

function calls({ client }: Served) {
  return {
    range: (request: MessageInitShape<typeof RangeRequestSchema>) =>
      client.call("KV/Range", RangeRequestSchema, RangeResponseSchema, request),
    put: (request: MessageInitShape<typeof PutRequestSchema>) =>
      client.call("KV/Put", PutRequestSchema, PutResponseSchema, request),
    deleteRange: (request: MessageInitShape<typeof DeleteRangeRequestSchema>) =>
      client.call("KV/DeleteRange", DeleteRangeRequestSchema, DeleteRangeResponseSchema, request),
    txn: (request: MessageInitShape<typeof TxnRequestSchema>) =>
      client.call("KV/Txn", TxnRequestSchema, TxnResponseSchema, request),
  };
}

async function serve(context: TestContext, options = {}) {
  const served = await serveFake(context, options);
  return { ...served, ...calls(served) };
}

test("a put raises the revision, and a range finds it with its versions and the header of who answered", async (context) => {
  const { put, range } = await serve(context);
  assert.equal((await put({ key: bytes("a"), value: bytes("1") })).header?.revision, 2n);
  const second = await put({ key: bytes("a"), value: bytes("2"), prevKv: true });
  assert.equal(text(second.prevKv?.value), "1");
  const answer = await range({ key: bytes("a") });
  assert.deepEqual(
    [answer.header?.clusterId, answer.header?.memberId, answer.header?.revision, answer.header?.raftTerm],
    [0x1234_5678_9abcn, 7n, 3n, 3n],
  );
  const [item] = answer.kvs;
  assert.deepEqual(
    [text(item?.key), text(item?.value), item?.createRevision, item?.modRevision, item?.version, item?.lease],
    ["a", "2", 2n, 3n, 2n, 0n],
  );
  assert.deepEqual([answer.count, answer.more], [1n, false]);
});

test("a header's term follows the member's", async (context) => {
  const { range, replica } = await serve(context);
  replica.change({ term: 12 });
  assert.equal((await range({ key: bytes("a") })).header?.raftTerm, 12n);
});

test("limit, count, more, order and the past", async (context) => {
  const { put, range } = await serve(context);
  for (const key of ["a", "b", "c"]) await put({ key: bytes(key), value: bytes(key) });
  const page = await range({ key: bytes("a"), rangeEnd: bytes("z"), limit: 2n });
  assert.deepEqual([page.kvs.map(({ key }) => text(key)), page.count, page.more], [["a", "b"], 3n, true]);
  const down = await range({ key: bytes("\0"), rangeEnd: bytes("\0"), sortOrder: 2, keysOnly: true });
  assert.deepEqual(
    down.kvs.map(({ key, value }) => [text(key), value.length]),
    [
      ["c", 0],
      ["b", 0],
      ["a", 0],
    ],
  );
  const past = await range({ key: bytes("a"), rangeEnd: bytes("z"), revision: 2n });
  assert.deepEqual([past.count, past.header?.revision], [1n, 4n]);
  const counted = await range({ key: bytes("a"), rangeEnd: bytes("z"), countOnly: true });
  assert.deepEqual([counted.kvs.length, counted.count], [0, 3n]);
});

test("a serializable range and a read-only transaction of such ranges ask nobody; linearizable ones ask once", async (context) => {
  const { range, txn, replica } = await serve(context);
  const read = (serializable: boolean) => ({
    request: { case: "requestRange" as const, value: { key: bytes("a"), serializable } },
  });
  await range({ key: bytes("a"), serializable: true });
  await txn({ success: [read(true)], failure: [read(true)] });
  assert.deepEqual([replica.barriers, replica.proposals], [0, 0]);
  await range({ key: bytes("a") });
  await txn({ success: [read(true), read(false)] });
  assert.deepEqual([replica.barriers, replica.proposals], [2, 0]);
});

test("deleting nothing does not raise the revision", async (context) => {
  const { deleteRange, put } = await serve(context);
  const nothing = await deleteRange({ key: bytes("absent") });
  assert.deepEqual([nothing.deleted, nothing.header?.revision], [0n, 1n]);
  await put({ key: bytes("a"), value: bytes("1") });
  const gone = await deleteRange({ key: bytes("a"), rangeEnd: bytes("\0"), prevKv: true });
  assert.deepEqual([gone.deleted, gone.header?.revision, text(gone.prevKvs[0]?.value)], [1n, 3n, "1"]);
});

test("a request beyond the limit is refused in etcd's words; one within it is taken", async (context) => {
  const { put, txn } = await serve(context, { maxRequestBytes: 10_000 });
  await put({ key: bytes("a"), value: new Uint8Array(9900) });
  const large = { key: bytes("a"), value: new Uint8Array(10_000) };
  const refusal = [3, "etcdserver: request is too large"];
  assert.deepEqual(await failure(put(large)), refusal);
  assert.deepEqual(await failure(txn({ success: [{ request: { case: "requestPut", value: large } }] })), refusal);
});

test("a transaction may have 128 operations in each list, nested ones only what is left", async (context) => {
  const { txn } = await serve(context);
  const puts = (count: number, prefix: string) =>
    Array.from({ length: count }, (_, index) => ({
      request: { case: "requestPut" as const, value: { key: bytes(`${prefix}${index}`) } },
    }));
  const nested = (count: number) => ({
    request: { case: "requestTxn" as const, value: { success: puts(count, "n") } },
  });
  assert.equal((await txn({ success: puts(128, "p") })).responses.length, 128);
  assert.deepEqual(await failure(txn({ success: puts(129, "p") })), tooMany);
  assert.equal((await txn({ success: [...puts(99, "p"), nested(28)] })).responses.length, 100);
  assert.deepEqual(await failure(txn({ success: [...puts(99, "p"), nested(29)] })), tooMany);
});
const tooMany = [3, "etcdserver: too many operations in txn request"];

const future = [11, "etcdserver: mvcc: required revision is a future revision"] as const;
const emptyKey = [3, "etcdserver: key is not provided"] as const;
const duplicate = [3, "etcdserver: duplicate key given in txn request"] as const;
const key = bytes("k");
const putOf = (name: string) => ({ request: { case: "requestPut" as const, value: { key: bytes(name) } } });
const deleteOf = (from: string, to = "") => ({
  request: { case: "requestDeleteRange" as const, value: { key: bytes(from), rangeEnd: bytes(to) } },
});
const nestedOf = (success: object[], failure: object[] = []) => ({
  request: { case: "requestTxn" as const, value: { success, failure } },
});

type Calls = ReturnType<typeof calls>;
const refused: readonly [string, (calls: Calls) => Promise<unknown>, readonly [number, string]][] = [
  ["a range without a key", ({ range }) => range({}), emptyKey],
  ["a put without a key", ({ put }) => put({ value: key }), emptyKey],
  ["a deletion without a key", ({ deleteRange }) => deleteRange({}), emptyKey],
  ["a comparison without a key", ({ txn }) => txn({ compare: [{}] }), emptyKey],
  ["a put without a key in a transaction", ({ txn }) => txn({ success: [putOf("")] }), emptyKey],
  ["an operation that says nothing", ({ txn }) => txn({ failure: [{}] }), [3, "etcdserver: key not found"]],
  ["an unknown order", ({ range }) => range({ key, sortOrder: 9 as never }), [3, "etcdserver: invalid sort option"]],
  [
    "an unknown sort target",
    ({ range }) => range({ key, sortTarget: 9 as never }),
    [3, "etcdserver: invalid sort option"],
  ],
  ["a future revision", ({ range }) => range({ key, revision: 99n }), future],
  ["a revision beyond 2^53", ({ range }) => range({ key, revision: 2n ** 62n }), future],
  [
    "a value beside ignore_value",
    ({ put }) => put({ key, value: key, ignoreValue: true }),
    [3, "etcdserver: value is provided"],
  ],
  [
    "a lease beside ignore_lease",
    ({ put }) => put({ key, lease: 5n, ignoreLease: true }),
    [3, "etcdserver: lease is provided"],
  ],
  ["ignore_value of an absent key", ({ put }) => put({ key, ignoreValue: true }), [3, "etcdserver: key not found"]],
  ["ignore_lease of an absent key", ({ put }) => put({ key, ignoreLease: true }), [3, "etcdserver: key not found"]],
  ["a lease that is none", ({ put }) => put({ key, lease: 5n }), [5, "etcdserver: requested lease not found"]],
  ["a key put twice", ({ txn }) => txn({ success: [putOf("a"), putOf("a")] }), duplicate],
  ["a put within a deletion", ({ txn }) => txn({ success: [putOf("b"), deleteOf("a", "c")] }), duplicate],
  ["a put and its deletion", ({ txn }) => txn({ failure: [deleteOf("a"), putOf("a")] }), duplicate],
  [
    "a put again in a nested transaction",
    ({ txn }) => txn({ success: [putOf("a"), nestedOf([putOf("a")])] }),
    duplicate,
  ],
  [
    "a nested put within a deletion",
    ({ txn }) => txn({ success: [deleteOf("a", "c"), nestedOf([], [putOf("b")])] }),
    duplicate,
  ],
  [
    "a put in two nested transactions",
    ({ txn }) => txn({ success: [nestedOf([putOf("a")]), nestedOf([putOf("a")])] }),
    duplicate,
  ],
  [
    "a future revision within a transaction that writes",
    ({ txn }) => txn({ success: [putOf("a"), { request: { case: "requestRange", value: { key, revision: 99n } } }] }),
    future,
  ],
];

test("what etcd refuses is refused with its code and its words, and changes nothing", async (context) => {
  const served = await serve(context);
  for (const [what, start, expected] of refused) assert.deepEqual(await failure(start(served)), expected, what);
  assert.equal((await served.range({ key })).header?.revision, 1n);
});

const accepted: readonly [string, (calls: Calls) => Promise<unknown>][] = [
  ["deletions that overlap", ({ txn }) => txn({ success: [deleteOf("a", "c"), deleteOf("b", "d")] })],
  ["a put in either branch", ({ txn }) => txn({ success: [putOf("a")], failure: [putOf("a")] })],
  ["a put in either branch of a nested one", ({ txn }) => txn({ success: [nestedOf([putOf("a")], [putOf("a")])] })],
  ["a put beside a deletion", ({ txn }) => txn({ success: [putOf("c"), deleteOf("a", "c")] })],
  ["a put and an empty range of deletion", ({ txn }) => txn({ success: [putOf("c"), deleteOf("c", "c")] })],
  ["an empty transaction", ({ txn }) => txn({})],
];

test("what etcd accepts is accepted", async (context) => {
  const served = await serve(context);
  for (const [what, start] of accepted) await assert.doesNotReject(start(served), what);
});

const replicaErrors: readonly [ReplicaErrorCode, readonly [number, string]][] = [
  ["no-leader", [14, "etcdserver: no leader"]],
  ["leader-changed", [14, "etcdserver: leader changed"]],
  ["timeout", [14, "etcdserver: request timed out"]],
  ["outcome-unknown", [14, "etcdserver: request timed out, possibly due to connection lost"]],
  ["busy", [8, "etcdserver: too many requests"]],
  ["too-large", [3, "etcdserver: request is too large"]],
  ["stopped", [14, "etcdserver: server stopped"]],
];

test("what the replica could not do is said in etcd's words, for reads and writes alike", async (context) => {
  const served = await serve(context);
  for (const [code, expected] of replicaErrors) {
    served.replica.failsWith = code;
    assert.deepEqual(await failure(served.put({ key })), expected, `put: ${code}`);
    assert.deepEqual(await failure(served.range({ key })), expected, `range: ${code}`);
    assert.deepEqual(await failure(served.deleteRange({ key })), expected, `delete: ${code}`);
    assert.deepEqual(await failure(served.txn({ success: [putOf("a")] })), expected, `txn: ${code}`);
    assert.equal((await served.range({ key, serializable: true })).count, 0n);
  }
});
