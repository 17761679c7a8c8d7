import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isDamage, pacedBy, type EngineRecord, type MemoryEngine, type ScrubReport } from "@quorate/store";
import { attachmentKey, blockKey, currentKey, historyKey, journalKey, prefixes } from "../src/key-space.ts";
import { seal, sealMetadata, sealVersion } from "../src/records.ts";
import { put, remove, txn, utf8 } from "./operation-makers.ts";
import { command } from "./arbitraries.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

function recordsOf(engine: MemoryEngine): Promise<readonly EngineRecord[]> {
  return new Promise((resolve, reject) => {
    const iterator = engine.snapshot().iterate({ from: new Uint8Array(0), to: undefined });
    iterator.next(1_000_000, (error, records) => (error === undefined ? resolve(records) : reject(error)));
  });
}

/** The same contents with some records changed: a value, or undefined for none. */
async function changed(
  engine: MemoryEngine,
  ...writes: readonly (readonly [key: Uint8Array, value: Uint8Array | undefined])[]
): Promise<MemoryEngine> {
  const copy = memoryEngine(engine.durableCopy());
  await new Promise<void>((resolve) =>
    copy.write(
      writes.map(([key, value]) => ({ key, value })),
      () => resolve(),
    ),
  );
  return copy;
}

async function scrub(engine: MemoryEngine): Promise<ScrubReport> {
  const driver = await StoreDriver.open(engine);
  return scrubOf(driver);
}

function scrubOf(driver: StoreDriver): Promise<ScrubReport> {
  return new Promise((resolve, reject) => {
    driver.store.scrub({ records: 0, bytes: 0 }, (error, report) =>
      error === undefined && report !== undefined ? resolve(report) : reject(error),
    );
  });
}

/** Whether a scrub finds damage, or the store does not even open for it. */
async function findsDamage(engine: MemoryEngine): Promise<boolean> {
  try {
    return (await scrub(engine)).damage !== undefined;
  } catch (error) {
    assert.ok(error instanceof Error && "code" in error && error.code === "corrupt", String(error));
    return true;
  }
}

/** Every kind of record, keys with zeros in them, deletions, keys made anew, and two changes of a key in one revision. */
async function filled(): Promise<MemoryEngine> {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await driver.apply(put("a", "1"), put("b", "2"), put("b", "3"), put("gone", "4"), remove("gone"));
  await driver.apply({ type: "publish-member", member: 1, name: "n1", clientUrls: ["http://h:1"] });
  await driver.checkpoint();
  await driver.apply(put("zero\0in it", "5"), remove("a"), put("a", "6"));
  await driver.apply(
    txn([], [put("twice", "7"), remove("twice"), put("twice", "8")]),
    txn([], [put("x", ""), remove("x")]),
  );
  await driver.checkpoint();
  return engine;
}

test("a healthy state is read whole and found right", async () => {
  const engine = await filled();
  const records = await recordsOf(engine);
  const report = await scrub(engine);
  assert.equal(report.damage, undefined);
  assert.equal(report.records, records.length);
  assert.equal(
    report.bytes,
    records.reduce((sum, { key, value }) => sum + key.length + value.length, 0),
  );
  assert.deepEqual(report.position, { index: 11, term: 1 });
});

test("an empty store is healthy", async () => {
  assert.deepEqual(await scrub(memoryEngine()), {
    position: { index: 0, term: 0 },
    revision: 1,
    records: 0,
    bytes: 0,
    damage: undefined,
  });
});

test("whatever was applied and checkpointed is found right, with blocks that split and join", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { maxLength: 25 }), fc.integer({ min: 1, max: 6 }), async (commands, each) => {
      const driver = await StoreDriver.open(memoryEngine(), { minBlockKeys: 3 });
      for (let at = 0; at < commands.length; at += each) {
        await driver.apply(...commands.slice(at, at + each));
        await driver.checkpoint();
      }
      const { damage } = await scrubOf(driver);
      assert.equal(damage, undefined);
    }),
    { numRuns: 150 },
  );
});

test("a scrub beside writes and checkpoints sees one checkpoint, and finds it right", async () => {
  const driver = await StoreDriver.open(memoryEngine(), { minBlockKeys: 8 });
  const passes: Promise<ScrubReport>[] = [];
  for (let round = 0; round < 30; round++) {
    await driver.apply(...Array.from({ length: 20 }, (_, at) => put(`k${(round * 7 + at) % 90}`, `${round}`)));
    await driver.apply(remove(`k${round}`, `k${round}5`));
    passes.push(scrubOf(driver));
    await driver.checkpoint();
  }
  for (const { damage } of await Promise.all(passes)) assert.equal(damage, undefined);
});

test("any byte of any record flipped, in its key or its value, is found", async () => {
  const engine = await filled();
  let flips = 0;
  for (const { key, value } of await recordsOf(engine)) {
    for (let at = 0; at < key.length + value.length; at++) {
      const flipped = (bytes: Uint8Array, index: number): Uint8Array =>
        bytes.map((byte, place) => (place === index ? byte ^ (1 << (flips % 8)) : byte));
      const damaged =
        at < key.length
          ? await changed(engine, [key, undefined], [flipped(key, at), value])
          : await changed(engine, [key, flipped(value, at - key.length)]);
      assert.ok(await findsDamage(damaged), `byte ${at} of the record ${Buffer.from(key).toString("latin1")}`);
      flips++;
    }
  }
  assert.ok(flips > 400);
});

test("any record that is gone is found, but for what a member published", async () => {
  const engine = await filled();
  for (const { key } of await recordsOf(engine)) {
    const damaged = await changed(engine, [key, undefined]);
    assert.equal(await findsDamage(damaged), key[0] !== prefixes.member, Buffer.from(key).toString("latin1"));
  }
});

test("a checkpoint that was lost as a whole, while a later one was kept, is found", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  const stages: (readonly EngineRecord[])[] = [];
  for (const key of ["a", "b", "c"]) {
    await driver.apply(put(key, "1"));
    await driver.checkpoint();
    stages.push(await recordsOf(engine));
  }
  const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
  const before = new Map((stages[0] ?? []).map(({ key, value }) => [text(key), value]));
  const onlyOfSecond = (stages[1] ?? []).filter(({ key }) => !before.has(text(key)));
  assert.ok(await findsDamage(await changed(engine, ...onlyOfSecond.map(({ key }) => [key, undefined] as const))));
});

const version = { revision: 3, createRevision: 3, version: 1, lease: 0n, alive: true, older: undefined };
const sealed = (key: Uint8Array, count: number): Uint8Array => seal(key, (into) => into.varint(count));

/** Records with right checksums that do not belong there. */
const extras: readonly [what: string, key: Uint8Array, value: Uint8Array][] = [
  [
    "metadata of a key without history",
    currentKey("c"),
    sealMetadata(currentKey("c"), { ...version, valueLength: 1, value: undefined }),
  ],
  [
    "a version",
    historyKey("c", 3, true),
    sealVersion(historyKey("c", 3, true), { ...version, valueLength: 1, value: utf8("x") }),
  ],
  ["a deletion", historyKey("b", 5, false), seal(historyKey("b", 5, false), () => {})],
  ["a block", blockKey("c"), sealed(blockKey("c"), 0)],
  ["a block that counts a key", blockKey("c"), sealed(blockKey("c"), 1)],
  [
    "a journal record",
    journalKey(99, 0),
    seal(journalKey(99, 0), (into) => {
      into.varint(99);
      into.varint(0);
      into.varint(0);
      into.varint(3);
      into.text("q");
    }),
  ],
  ["a key of no kind", utf8("quite another"), utf8("value")],
];

for (const [what, key, value] of extras) {
  test(`${what} too many is found`, async () => {
    const { damage } = await scrub(await changed(await filled(), [key, value]));
    assert.ok(damage !== undefined && isDamage(damage), damage?.message ?? "nothing was found");
  });
}

test("metadata that is not that of the newest version is found", async () => {
  const key = currentKey("b");
  const older = { ...version, revision: 3, createRevision: 3, version: 1, valueLength: 1, value: undefined };
  const { damage } = await scrub(await changed(await filled(), [key, sealMetadata(key, older)]));
  assert.match(damage?.message ?? "", /metadata record of key "b".*not that of the newest version/);
});

test("a key that a lease holds and that does not name it is found, and the other way round", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await driver.apply({ type: "lease-grant", lease: 5n, ttl: 60 }, { type: "lease-grant", lease: 6n, ttl: 60 });
  await driver.apply(put("a", "1", { lease: 5n }), put("b", "1"));
  await driver.checkpoint();
  assert.equal((await scrub(engine)).damage, undefined);
  const held = (key: string, lease: bigint): [Uint8Array, Uint8Array] => {
    const engineKey = attachmentKey(key);
    return [engineKey, seal(engineKey, (into) => into.bits64(lease))];
  };
  for (const wrong of [held("b", 5n), held("a", 6n), [attachmentKey("a"), undefined] as const]) {
    const { damage } = await scrub(await changed(engine, wrong));
    assert.match(damage?.message ?? "", /the lease record .* is damaged \(leases hold \d keys, and/);
  }
});

test("damage that any reader meets is told once, with its record", async () => {
  const engine = await filled();
  const key = historyKey("b", 4, true);
  const driver = await StoreDriver.open(await changed(engine, [key, utf8("rubbish")]));
  const told: string[] = [];
  driver.store.onDamage((error) => told.push(error.message));
  assert.ok((await scrubOf(driver)).damage);
  assert.ok((await scrubOf(driver)).damage);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? "", /version record of key "b" is damaged \(its checksum is wrong\)/);
});

test("a store that is closed ends its scrub with `closed`", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(...Array.from({ length: 3000 }, (_, index) => put(`k${index}`, "v")));
  await driver.checkpoint();
  const scrubbing = assert.rejects(scrubOf(driver), { code: "closed" });
  await driver.close();
  await scrubbing;
  await assert.rejects(scrubOf(driver), { code: "closed" });
});

test("work in the background keeps to its rate", () => {
  let now = 0;
  let turns = 0;
  const pace = pacedBy(
    {
      after: (delayMs, callback) => {
        now += delayMs;
        callback();
        return {};
      },
      afterPendingInput: (callback) => callback(),
    },
    1_000_000,
  );
  for (let step = 0; step < 100; step++) pace(10_000, () => turns++);
  assert.equal(turns, 100, "every step goes on");
  assert.ok(now > 990 && now <= 1000, `1 MB at 1 MB/s took ${now} ms`);
});

test("no step of a scrub takes more than a few pages, whatever the state", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await driver.apply(...Array.from({ length: 5000 }, (_, index) => put(`k${index}`, "v".repeat(100))));
  await driver.checkpoint();
  let pauses = 0;
  const slow = await StoreDriver.open(engine, {}, (bytes, next) => {
    pauses++;
    assert.ok(bytes < 64 * 1024, `${bytes} bytes in one step`);
    setImmediate(next);
  });
  assert.equal((await scrubOf(slow)).damage, undefined);
  assert.ok(pauses > 5000 / 64);
});
