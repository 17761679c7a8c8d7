import assert from "node:assert/strict";
import { test } from "node:test";
import { DamagedRecordError, encodeCommand, type Engine, type MemoryEngine, type StoreCommand } from "@quorate/store";
import { journalKey, prefixes, prefixSpan } from "../src/key-space.ts";
import { readJournal } from "../src/journal.ts";
import { everything, keyRange, put, range, remove, txn, utf8 } from "./operation-makers.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

/** All records whose engine key begins with `prefix`. */
function recordsOf(
  engine: Engine,
  prefix: number,
): Promise<{ readonly key: Uint8Array; readonly value: Uint8Array }[]> {
  return new Promise((resolve, reject) => {
    engine
      .snapshot()
      .iterate(prefixSpan(prefix))
      .next(100_000, (error, records) => {
        if (error === undefined) resolve([...records]);
        else reject(error);
      });
  });
}

function write(engine: Engine, key: Uint8Array, value: Uint8Array | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.write([{ key, value }], (error) => (error === undefined ? resolve() : reject(error)));
  });
}

/** An engine with a=1, b=2 and c=3 checkpointed in it, and a deleted key. */
async function filled(): Promise<MemoryEngine> {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await driver.apply(put("a", "1"), put("b", "2"), put("c", "3"), put("gone", "4"), remove("gone"));
  await driver.apply({ type: "publish-member", member: 1, name: "n1", clientUrls: [] });
  await driver.apply({ type: "lease-grant", lease: 5n, ttl: 60 });
  await driver.checkpoint();
  return engine;
}

test("a restart finds the last checkpoint whole and replays only what is missing", async () => {
  const engine = memoryEngine();
  const before = await StoreDriver.open(engine);
  assert.deepEqual(before.store.restored, { index: 0, term: 0 });
  await before.apply(put("a", "1"), put("b", "1"));
  await before.checkpoint();
  const late = [put("a", "2"), txn([], [remove("b"), put("c", "1")])];
  const results = await before.apply(...late);
  const hash = await before.hash();

  const after = await StoreDriver.open(memoryEngine(engine.durableCopy()));
  assert.deepEqual(after.store.restored, { index: 2, term: 1 });
  assert.equal(after.store.revision, 3);
  assert.equal(after.store.keyCount, 2);
  assert.deepEqual(await after.apply(...late), results);
  assert.deepEqual(await after.hash(), hash);
});

test("a checkpoint without any change still moves the position", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await driver.apply(remove("nothing"));
  await driver.checkpoint();
  const after = await StoreDriver.open(engine);
  assert.deepEqual(after.store.restored, { index: 1, term: 1 });
  assert.equal(after.store.revision, 1);
});

test("dirty bytes grow with what is applied and fall with a checkpoint", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  assert.equal(driver.store.dirtyBytes, 0);
  await driver.apply(put("a", "x".repeat(10_000)));
  assert.ok(driver.store.dirtyBytes > 10_000);
  await driver.checkpoint();
  assert.equal(driver.store.dirtyBytes, 0);
  assert.ok(driver.store.approximateBytes > 10_000);
});

test("what the state takes is reckoned alike before a checkpoint and after it", async () => {
  const shapes: readonly (readonly [name: string, commands: readonly StoreCommand[]])[] = [
    ["one small key, changed often", Array.from({ length: 3000 }, (_, at) => put("a", `${at}`))],
    ["many keys", Array.from({ length: 3000 }, (_, at) => put(`key-${at * 7919}`, "x".repeat(at % 100)))],
    ["large values", Array.from({ length: 30 }, (_, at) => put(`key-${at}`, "x".repeat(50_000)))],
    ["long keys", Array.from({ length: 300 }, (_, at) => put(`${at}`.padEnd(2000, "."), ""))],
    ["deletions", Array.from({ length: 1500 }, (_, at) => [put(`key-${at}`, "xy"), remove(`key-${at}`)]).flat()],
    ["one key again and again in a revision", [txn([], [put("b", "x")]), put("b", "y")]],
  ];
  for (const [name, commands] of shapes) {
    const driver = await StoreDriver.open(memoryEngine());
    await driver.apply(...commands);
    const before = driver.store.approximateBytes;
    await driver.checkpoint();
    const after = driver.store.approximateBytes;
    assert.ok(Math.abs(before - after) <= 60 + after * 0.1, `${name}: ${before} bytes before, ${after} after`);
  }
});

test("a checkpoint is wanted from a compaction on until one has taken it", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(put("a", "1"), put("a", "2"));
  assert.equal(driver.store.wantsCheckpoint, false);
  await driver.run({ type: "compact", revision: 3 });
  assert.equal(driver.store.wantsCheckpoint, true);
  await driver.checkpoint();
  assert.equal(driver.store.wantsCheckpoint, false);
});

test("the values that are kept do not share the memory of the log", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  const command = Buffer.from(encodeCommand(put("a", "kept")));
  await new Promise<void>((resolve) => driver.store.apply([{ index: 1, term: 1, command }], () => resolve()));
  command.fill(0);
  const [item] = (await driver.found(range("a"))).items;
  assert.deepEqual(item?.value, utf8("kept"));
});

test("the hash tells states apart: another value, another revision, a deletion", async () => {
  const hashOf = async (...commands: Parameters<StoreDriver["apply"]>): Promise<number> => {
    const driver = await StoreDriver.open(memoryEngine());
    await driver.apply(...commands);
    return (await driver.hash()).hash;
  };
  const hashes = await Promise.all([
    hashOf(),
    hashOf(put("a", "1")),
    hashOf(put("a", "2")),
    hashOf(put("b", "1")),
    hashOf(put("a", "1"), put("a", "1")),
    hashOf(put("a", "1"), remove("a")),
    hashOf(put("x", "1"), remove("x"), put("a", "1")),
  ]);
  assert.equal(new Set(hashes).size, hashes.length);
});

test("the hash at a revision does not change with what comes after it", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(put("a", "1"), put("b", "1"));
  const before = await driver.hash();
  await driver.apply(put("a", "2"), remove("b"));
  assert.deepEqual(await driver.hash(3), before);
  await driver.checkpoint();
  assert.deepEqual(await driver.hash(3), before);
  assert.notEqual((await driver.hash()).hash, before.hash);
});

test("the journal holds every change in order, over the bounds of its records", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  const names = Array.from({ length: 300 }, (_, index) => `key-${index}-${"x".repeat(40)}`);
  await driver.apply(...names.map((name) => put(name, "")));
  await driver.apply(remove("key-1", "key-2"), txn([], [put("same", "1"), remove("same"), put("same", "2")]));
  await driver.checkpoint();
  const records = await recordsOf(engine, prefixes.journal);
  assert.ok(records.length > 2);
  const changes = records.flatMap(readJournal);
  const deleted = names.filter((name) => name >= "key-1" && name < "key-2").sort();
  const expected = [
    ...names.map((key, index) => `${index + 2}.0 put ${key}`),
    ...deleted.map((key, index) => `302.${index} delete ${key}`),
    "303.0 put same",
    "303.1 delete same",
    "303.2 put same",
  ];
  assert.deepEqual(
    changes.map(({ revision, number, key, isPut }) => `${revision}.${number} ${isPut ? "put" : "delete"} ${key}`),
    expected,
  );
  assert.deepEqual(Buffer.from(records[0]?.key ?? []), Buffer.from(journalKey(2, 0)));
});

/** What may go wrong with a record on the disk. */
const damages: readonly [name: string, damage: (value: Uint8Array) => Uint8Array | undefined][] = [
  ["one bit flipped at its start", (value) => value.map((byte, index) => (index === 0 ? byte ^ 1 : byte))],
  [
    "one bit flipped at its end",
    (value) => value.map((byte, index) => (index === value.length - 1 ? byte ^ 0x80 : byte)),
  ],
  ["cut short", (value) => value.subarray(0, value.length - 1)],
  ["emptied", () => new Uint8Array(0)],
  ["zeroed", (value) => value.map(() => 0)],
];

const keyOfB =
  (prefix: number) =>
  (record: { key: Uint8Array }): boolean =>
    record.key[0] === prefix && record.key[1] === 0x62;

for (const [name, damage] of damages) {
  for (const [kind, prefix] of [
    ["metadata", prefixes.current],
    ["version", prefixes.history],
  ] as const) {
    test(`a ${kind} record with ${name} is found by every read, and names its key`, async () => {
      const engine = await filled();
      const record = (await recordsOf(engine, prefix)).find(keyOfB(prefix));
      assert.ok(record);
      await write(engine, record.key, damage(record.value));
      const isDamageOfB = (error: unknown): boolean => {
        assert.ok(error instanceof DamagedRecordError, String(error));
        assert.equal(error.record, kind);
        assert.deepEqual(Buffer.from(error.key), Buffer.from("b"));
        assert.match(error.message, /"b".*damaged/);
        return true;
      };
      const driver = await StoreDriver.open(engine);
      await assert.rejects(driver.range(range("b")), isDamageOfB);
      await assert.rejects(driver.range(range(keyRange("a", "c"))), isDamageOfB);
      await assert.rejects(driver.readTxn(txn([], [range("b")])), isDamageOfB);
      await assert.rejects(driver.apply(put("b", "3", { previous: true })), isDamageOfB);
      for (const command of [
        txn([], [put("b", "3", { previous: true })]),
        txn([], [txn([], [put("a", "1"), put("b", "", { ignoreValue: true })])]),
      ]) {
        const { store } = await StoreDriver.open(engine);
        const entry = { index: store.restored.index + 1, term: 1, command: encodeCommand(command) };
        // Told by the completion: what is thrown from `apply` is a bug of the state machine, and not damage to its state.
        const told = await new Promise((resolve, reject) => {
          try {
            store.apply([entry], (error) => resolve(error));
          } catch (thrown) {
            reject(new Error("it was thrown", { cause: thrown }));
          }
        });
        isDamageOfB(told);
      }
      if (kind === "version") {
        await assert.rejects(driver.hash(), isDamageOfB);
        await assert.rejects(driver.range(range("b", { revision: 3 })), isDamageOfB);
      }
      const other = await StoreDriver.open(engine);
      assert.equal((await other.found(range("a"))).count, 1, "others are read as before");
    });
  }
}

test("a version that its metadata names but that is gone is damage", async () => {
  const engine = await filled();
  const record = (await recordsOf(engine, prefixes.history)).find(keyOfB(prefixes.history));
  await write(engine, record?.key as Uint8Array, undefined);
  const driver = await StoreDriver.open(engine);
  await assert.rejects(driver.range(range("b")), DamagedRecordError);
});

test("a record found under the key of another is damage", async () => {
  const engine = await filled();
  const [first, second] = await recordsOf(engine, prefixes.current);
  await write(engine, second?.key as Uint8Array, first?.value);
  const driver = await StoreDriver.open(engine);
  await assert.rejects(driver.range(range(everything)), DamagedRecordError);
});

for (const [kind, prefix] of [
  ["state", prefixes.state],
  ["block", prefixes.block],
  ["lease", prefixes.lease],
  ["member", prefixes.member],
] as const) {
  test(`a damaged ${kind} record is found at open`, async () => {
    const engine = await filled();
    const [record] = await recordsOf(engine, prefix);
    assert.ok(record);
    await write(
      engine,
      record.key,
      record.value.map((byte) => byte ^ 0x10),
    );
    await assert.rejects(
      StoreDriver.open(engine),
      (error) => error instanceof DamagedRecordError && error.record === kind,
    );
  });
}

test("blocks that are missing are found at open", async () => {
  const engine = await filled();
  const [record] = await recordsOf(engine, prefixes.block);
  await write(engine, record?.key as Uint8Array, undefined);
  await assert.rejects(StoreDriver.open(engine), DamagedRecordError);
});

test("a command that cannot be read stops the member with its index", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  const committed = [{ index: 41, term: 1, command: Uint8Array.of(0x63, 1, 2) }];
  const error = await new Promise<Error | undefined>((resolve) => driver.store.apply(committed, resolve));
  assert.match(error?.message ?? "", /index 41/);
});

test("a closed store answers with `closed`, and so do the reads that were under way", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(...Array.from({ length: 3000 }, (_, index) => put(`k${index}`, "v")));
  const reading = assert.rejects(driver.range(range(everything)), { code: "closed" });
  const closing = driver.close();
  await reading;
  await closing;
  await assert.rejects(driver.range(range("a")), { code: "closed" });
  await assert.rejects(driver.apply(put("a", "1")), { code: "closed" });
  await assert.rejects(driver.checkpoint(), { code: "closed" });
  await assert.rejects(driver.close(), { code: "closed" });
});

test("a checkpoint in the middle of an apply is refused, and so is a second apply", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(put("a", "1"), put("b", "1"));
  const applying = driver.apply(remove("a", "c"));
  await assert.rejects(driver.checkpoint(), { code: "invalid" });
  await assert.rejects(driver.apply(put("c", "1")), { code: "invalid" });
  await applying;
  await driver.checkpoint();
});
