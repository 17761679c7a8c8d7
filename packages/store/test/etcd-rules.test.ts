import assert from "node:assert/strict";
import { test } from "node:test";
import type {
  CommandResult,
  KeyValue,
  OperationResult,
  RangeOperation,
  RangeResult,
  StoreCommand,
} from "@quorate/store";
import { compare, everything, keyRange, put, range, remove, txn, utf8 } from "./operation-makers.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

const fresh = (): Promise<StoreDriver> => StoreDriver.open(memoryEngine());

/** A key-value as "key=value create/mod/version". */
const shown = ({ key, value, createRevision, modRevision, version }: KeyValue): string =>
  `${Buffer.from(key).toString()}=${Buffer.from(value).toString()} ${createRevision}/${modRevision}/${version}`;
const listed = (result: RangeResult): string[] => result.items.map(shown);
const keysIn = (result: RangeResult): string => result.items.map(({ key }) => Buffer.from(key).toString()).join("");

async function refusalOf(driver: StoreDriver, command: StoreCommand): Promise<string | undefined> {
  const before = driver.store.revision;
  const outcome = await driver.run(command);
  if (outcome.ok) return undefined;
  assert.equal(driver.store.revision, before, "a refused command changes nothing");
  assert.equal(outcome.revision, before);
  return outcome.refusal;
}

function resultOf(outcome: CommandResult): OperationResult {
  assert.ok(outcome.ok);
  assert.notEqual(outcome.result.type, "publish-member");
  return outcome.result as OperationResult;
}

test("the empty store is at revision 1, and the first put at 2", async () => {
  const driver = await fresh();
  assert.equal(driver.store.revision, 1);
  assert.equal((await driver.run(put("a", "1"))).revision, 2);
});

test("create, mod revision and version follow puts; a deletion starts all over", async () => {
  const driver = await fresh();
  await driver.apply(put("a", "1"), put("a", "2"), put("b", "x"), put("a", "3"));
  assert.deepEqual(listed(await driver.found(range("a"))), ["a=3 2/5/3"]);
  await driver.apply(remove("a"), put("a", "4"));
  assert.deepEqual(listed(await driver.found(range("a"))), ["a=4 7/7/1"]);
});

test("the revision does not move when nothing changes", async () => {
  const driver = await fresh();
  await driver.run(put("a", "1"));
  assert.equal((await driver.run(remove("x"))).revision, 2);
  assert.equal((await driver.run(remove("x", "z"))).revision, 2);
  assert.equal((await driver.run(txn([], [range("a"), remove("nothing")]))).revision, 2);
  assert.equal((await driver.run(txn([], []))).revision, 2);
  assert.equal((await driver.run(put("a", "1"))).revision, 3, "the same value again is a change");
});

test("all changes of a transaction share one revision", async () => {
  const driver = await fresh();
  await driver.run(txn([], [put("a", "1"), put("b", "2"), txn([], [put("c", "3")])]));
  assert.equal(driver.store.revision, 2);
  assert.deepEqual(listed(await driver.found(range(everything))), ["a=1 2/2/1", "b=2 2/2/1", "c=3 2/2/1"]);
});

test("a put gives the key-value before it only when asked", async () => {
  const driver = await fresh();
  await driver.run(put("a", "1"));
  assert.deepEqual(resultOf(await driver.run(put("a", "2"))), { type: "put", previous: undefined });
  const result = resultOf(await driver.run(put("a", "3", { previous: true })));
  assert.ok(result.type === "put" && result.previous !== undefined);
  assert.equal(shown(result.previous), "a=2 2/3/2");
  assert.deepEqual(resultOf(await driver.run(put("new", "1", { previous: true }))), {
    type: "put",
    previous: undefined,
  });
});

test("ignore_value keeps the value and counts as a change", async () => {
  const driver = await fresh();
  await driver.apply(put("a", "1"), put("a", "", { ignoreValue: true }));
  assert.deepEqual(listed(await driver.found(range("a"))), ["a=1 2/3/2"]);
});

const refusals: readonly { readonly name: string; readonly command: StoreCommand; readonly refusal: string }[] = [
  { name: "ignore_value of an absent key", command: put("x", "", { ignoreValue: true }), refusal: "key-not-found" },
  { name: "ignore_lease of an absent key", command: put("x", "1", { ignoreLease: true }), refusal: "key-not-found" },
  { name: "ignore_value of a deleted key", command: put("gone", "", { ignoreValue: true }), refusal: "key-not-found" },
  { name: "a lease, when there is none", command: put("a", "1", { lease: 9n }), refusal: "lease-not-found" },
  {
    name: "a lease before the key",
    command: put("x", "", { lease: 9n, ignoreValue: true }),
    refusal: "lease-not-found",
  },
  {
    name: "in a transaction, the key before the lease",
    command: txn([], [put("x", "", { lease: 9n, ignoreValue: true })]),
    refusal: "key-not-found",
  },
  {
    name: "a future revision in a transaction",
    command: txn([], [put("n", "1"), range("a", { revision: 99 })]),
    refusal: "future-revision",
  },
  {
    name: "the revision that the transaction itself will make",
    command: txn([], [put("n", "1"), range("a", { revision: 5 })]),
    refusal: "future-revision",
  },
  {
    name: "a negative revision in a transaction",
    command: txn([], [put("n", "1"), range("a", { revision: -2 })]),
    refusal: "compacted",
  },
  {
    name: "in a transaction, puts before ranges",
    command: txn([], [range("a", { revision: 99 }), put("n", "1", { lease: 9n })]),
    refusal: "lease-not-found",
  },
  {
    name: "deep in the chosen branch",
    command: txn(
      [],
      [put("n", "1"), txn([compare("a", "version", "equal", 0)], [], [put("x", "", { ignoreValue: true })])],
    ),
    refusal: "key-not-found",
  },
];

for (const { name, command, refusal } of refusals) {
  test(`refused, and nothing is changed: ${name}`, async () => {
    const driver = await fresh();
    await driver.apply(put("a", "1"), put("gone", "1"), remove("gone"));
    const before = await driver.found(range(everything));
    assert.equal(await refusalOf(driver, command), refusal);
    assert.deepEqual(await driver.found(range(everything)), before);
  });
}

test("what is wrong in the branch that is not chosen does not matter", async () => {
  const driver = await fresh();
  await driver.run(put("a", "1"));
  const bad = [put("x", "", { ignoreValue: true }), range("a", { revision: 99 })];
  assert.equal(await refusalOf(driver, txn([compare("a", "version", "equal", 1)], [put("b", "1")], bad)), undefined);
});

test("a delete of a range takes its start and not its end, and gives what it deleted when asked", async () => {
  const driver = await fresh();
  await driver.apply(put("a", "1"), put("b", "2"), put("c", "3"), put("d", "4"));
  assert.deepEqual(resultOf(await driver.run(remove("b", "d"))), { type: "delete-range", deleted: 2, previous: [] });
  const result = resultOf(await driver.run({ type: "delete-range", range: everything, previous: true }));
  assert.ok(result.type === "delete-range");
  assert.deepEqual(result.previous.map(shown), ["a=1 2/2/1", "d=4 5/5/1"]);
  assert.equal(driver.store.keyCount, 0);
});

test("an end of one zero byte means every key from the start on; an end before the start means none", async () => {
  const driver = await fresh();
  await driver.apply(put("a", "1"), put("b", "2"), put("c", "3"));
  assert.equal(keysIn(await driver.found(range({ key: utf8("b"), end: Uint8Array.of(0) }))), "bc");
  assert.equal(keysIn(await driver.found(range(keyRange("c", "a")))), "");
});

test("reads of a transaction see what it wrote before", async () => {
  const driver = await fresh();
  await driver.apply(put("a", "1"), put("b", "2"));
  const all = range(everything);
  const outcome = await driver.run(
    txn([], [all, put("c", "3"), all, remove("a", "c"), all, range(everything, { countOnly: true }), range("c")]),
  );
  const result = resultOf(outcome);
  assert.ok(result.type === "txn");
  const ranges = result.results.filter((one) => one.type === "range");
  assert.deepEqual(ranges.map(keysIn), ["ab", "abc", "c", "", "c"]);
  assert.deepEqual(
    ranges.map(({ count }) => count),
    [2, 3, 1, 1, 1],
  );
});

test("a read of an old revision within a transaction does not see its writes", async () => {
  const driver = await fresh();
  await driver.run(put("a", "1"));
  const result = resultOf(await driver.run(txn([], [put("a", "2"), range("a", { revision: 2 })])));
  assert.ok(result.type === "txn" && result.results[1]?.type === "range");
  assert.deepEqual(listed(result.results[1]), ["a=1 2/2/1"]);
});

test("all comparisons of a tree are made on the state before the transaction", async () => {
  const driver = await fresh();
  await driver.run(put("a", "1"));
  const inner = txn([compare("a", "value", "equal", "1")], [put("seen", "before")], [put("seen", "after")]);
  await driver.run(txn([], [put("a", "2"), inner]));
  assert.deepEqual(listed(await driver.found(range("seen"))), ["seen=before 3/3/1"]);
});

/** The state: a=1 (create 2, mod 2), b=2 (create 3, mod 4, version 2). */
const comparisons: readonly [holds: boolean, ...Parameters<typeof compare>][] = [
  [true, "a", "value", "equal", "1"],
  [false, "a", "value", "not-equal", "1"],
  [true, "a", "value", "less", "10"],
  [true, "b", "version", "equal", 2],
  [true, "b", "create", "less", 4],
  [true, "b", "mod", "greater", 3],
  [true, "b", "lease", "equal", 0n],
  [true, "absent", "version", "equal", 0],
  [true, "absent", "create", "less", 1],
  [true, "absent", "mod", "equal", 0],
  [true, "absent", "lease", "equal", 0n],
  [false, "absent", "value", "equal", ""],
  [false, "absent", "value", "not-equal", "1"],
  [true, keyRange("a", "c"), "mod", "greater", 1],
  [false, keyRange("a", "c"), "mod", "greater", 2],
  [true, keyRange("x", "z"), "mod", "equal", 0],
  [false, keyRange("x", "z"), "value", "not-equal", "1"],
  [false, keyRange("a", "c"), "version", "equal", 1],
  [true, "a", "mod", "greater", -1],
];

for (const [holds, target, kind, relation, operand] of comparisons) {
  const name = typeof target === "string" ? target : "a range";
  test(`the ${kind} of ${name} being ${relation} ${operand} ${holds ? "holds" : "fails"}`, async () => {
    const driver = await fresh();
    await driver.apply(put("a", "1"), put("b", "1"), put("b", "2"));
    const outcome = resultOf(await driver.run(txn([compare(target, kind, relation, operand)], [])));
    assert.ok(outcome.type === "txn");
    assert.equal(outcome.succeeded, holds);
  });
}

/** The state: d=1 c=3 b=1 a=2, put in that order (revisions 2 to 5), then c again (6). */
const ranges: readonly {
  readonly name: string;
  readonly options: Partial<RangeOperation>;
  readonly keys: string;
  readonly more?: boolean;
}[] = [
  { name: "no option", options: {}, keys: "abcd" },
  { name: "a limit", options: { limit: 2 }, keys: "ab", more: true },
  { name: "a limit of as many", options: { limit: 4 }, keys: "abcd" },
  { name: "a negative limit is none", options: { limit: -1 }, keys: "abcd" },
  { name: "keys descending", options: { sortOrder: "descend" }, keys: "dcba" },
  { name: "keys descending, limited", options: { sortOrder: "descend", limit: 1 }, keys: "d", more: true },
  { name: "a target without an order ascends", options: { sortTarget: "mod" }, keys: "dbac" },
  { name: "by creation, descending", options: { sortTarget: "create", sortOrder: "descend" }, keys: "abcd" },
  {
    name: "by creation, the newest",
    options: { sortTarget: "create", sortOrder: "descend", limit: 1 },
    keys: "a",
    more: true,
  },
  { name: "by version", options: { sortTarget: "version", sortOrder: "descend" }, keys: "cabd" },
  { name: "by value", options: { sortTarget: "value", sortOrder: "ascend" }, keys: "bdac" },
  { name: "by value, keys only", options: { sortTarget: "value", sortOrder: "descend", keysOnly: true }, keys: "cabd" },
  {
    name: "a target without an order sorts the first keys up to one more than the limit",
    options: { sortTarget: "mod", limit: 1 },
    keys: "b",
    more: true,
  },
  { name: "at least a mod revision", options: { minModRevision: 5 }, keys: "ac" },
  { name: "at most a mod revision", options: { maxModRevision: 5 }, keys: "abd" },
  { name: "at least a create revision", options: { minCreateRevision: 4 }, keys: "ab" },
  { name: "at most a create revision, limited", options: { maxCreateRevision: 4, limit: 1 }, keys: "b", more: true },
  { name: "bounds that all pass, limited to as many", options: { maxCreateRevision: 4, limit: 3 }, keys: "bcd" },
  { name: "count only", options: { countOnly: true, limit: 1 }, keys: "" },
];

for (const checkpointed of [false, true]) {
  for (const { name, options, keys, more = false } of ranges) {
    test(`a range with ${name}${checkpointed ? ", from the engine" : ""}`, async () => {
      const driver = await fresh();
      await driver.apply(put("d", "1"), put("c", "2"), put("b", "1"), put("a", "2"), put("c", "3"));
      if (checkpointed) await driver.checkpoint();
      const result = await driver.found(range(everything, options));
      assert.equal(keysIn(result), keys);
      assert.equal(result.more, more);
      assert.equal(result.count, 4, "the count is of the range, whatever limit and bounds");
      if (options.keysOnly === true) assert.ok(result.items.every(({ value }) => value.length === 0));
    });
  }
}

test("a read at a revision gives the state of that revision, and the newest revision in its header", async () => {
  const driver = await fresh();
  await driver.apply(put("a", "1"), put("b", "1"), put("a", "2"), remove("b"));
  for (const checkpointed of [false, true]) {
    if (checkpointed) await driver.checkpoint();
    const at = async (revision: number): Promise<string[]> =>
      listed(await driver.found(range(everything, { revision })));
    assert.deepEqual(await at(1), []);
    assert.deepEqual(await at(2), ["a=1 2/2/1"]);
    assert.deepEqual(await at(3), ["a=1 2/2/1", "b=1 3/3/1"]);
    assert.deepEqual(await at(4), ["a=2 2/4/2", "b=1 3/3/1"]);
    assert.deepEqual(await at(5), ["a=2 2/4/2"]);
    assert.deepEqual(await at(-7), ["a=2 2/4/2"], "a negative revision is the newest");
    assert.deepEqual(listed(await driver.found(range("b", { revision: 4 }))), ["b=1 3/3/1"]);
    assert.equal((await driver.range(range("a", { revision: 2 }))).revision, 5);
    assert.deepEqual(await driver.range(range("a", { revision: 6 })), {
      ok: false,
      revision: 5,
      refusal: "future-revision",
    });
  }
});

test("a transaction that writes is refused as a read", async () => {
  const driver = await fresh();
  await assert.rejects(driver.readTxn(txn([], [], [txn([], [put("a", "1")])])), { code: "invalid" });
});

test("what members publish is no part of the revisioned state, and survives", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  const before = await driver.hash();
  await driver.apply({ type: "publish-member", member: 7, name: "n7", clientUrls: ["http://a:1", "http://b:2"] });
  await driver.apply({ type: "publish-member", member: 7, name: "ñ7", clientUrls: [] });
  assert.equal(driver.store.revision, 1);
  assert.deepEqual(await driver.hash(), before);
  await driver.checkpoint();
  const again = await StoreDriver.open(engine);
  assert.deepEqual([...again.store.members], [[7, { name: "ñ7", clientUrls: [] }]]);
});
