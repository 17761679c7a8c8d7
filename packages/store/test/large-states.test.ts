import assert from "node:assert/strict";
import { test } from "node:test";
import { everything, put, range, remove, txn } from "./operation-makers.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";
import { compact, memoryHome, transfer } from "./transfer-driver.ts";

const keyCount = 50_000;
const nameOf = (index: number): string => `k${index.toString().padStart(6, "0")}`;

async function fill(driver: StoreDriver): Promise<void> {
  for (let at = 0; at < keyCount; at += 1000) {
    await driver.apply(
      ...Array.from({ length: 1000 }, (_, index) =>
        put(nameOf((7919 * (at + index)) % keyCount), `value-${at + index}`),
      ),
    );
  }
}

/** CPU time of this thread: what other processes do to the clock on the wall does not count. */
function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** Runs the work, and says how many steps it was done in: turns of the loop that began while it ran. */
async function turnsOf(work: () => Promise<unknown>): Promise<{ readonly turns: number; readonly longestMs: number }> {
  let turns = 0;
  let longestMs = 0;
  let isRunning = true;
  let last = threadCpuMs();
  const tick = (): void => {
    const now = threadCpuMs();
    longestMs = Math.max(longestMs, now - last);
    last = now;
    turns++;
    if (isRunning) setImmediate(tick);
  };
  setImmediate(tick);
  await work();
  isRunning = false;
  return { turns, longestMs };
}

const works: readonly [name: string, minTurns: number, work: (driver: StoreDriver) => Promise<unknown>][] = [
  ["a range of all keys", 150, (driver) => driver.found(range(everything))],
  [
    "a range of all keys, sorted by value",
    150,
    (driver) => driver.found(range(everything, { sortOrder: "descend", sortTarget: "value" })),
  ],
  ["a range of all keys at an old revision", 150, (driver) => driver.found(range(everything, { revision: keyCount }))],
  ["a hash", 500, (driver) => driver.hash()],
  ["a delete of all keys", 150, (driver) => driver.run(remove("k", "l"))],
];

for (const isCheckpointed of [true, false]) {
  test(`long work on ${keyCount} keys ${isCheckpointed ? "in the engine" : "in memory"} is done in short steps`, async (context) => {
    const driver = await StoreDriver.open(memoryEngine());
    await fill(driver);
    if (isCheckpointed) await driver.checkpoint();
    for (const [name, minTurns, work] of works) {
      const { turns, longestMs } = await turnsOf(() => work(driver));
      context.diagnostic(`${name}: ${turns} turns, the longest ${longestMs.toFixed(1)} ms`);
      // Turns hardly vary; the longest one holds pauses of the garbage collector too, so its bound is generous.
      assert.ok(turns >= minTurns, `${name}: ${turns} turns`);
      assert.ok(longestMs < 150, `${name}: one turn took ${longestMs} ms`);
    }
    assert.equal(driver.store.keyCount, 0);
  });
}

test(`a state of ${keyCount} keys is sent, received and installed in short steps`, async (context) => {
  const sender = await StoreDriver.openHome(memoryHome());
  await fill(sender);
  await sender.checkpoint();
  for (const what of ["whole", "increment"]) {
    const receiver = await StoreDriver.openHome(memoryHome());
    if (what === "increment") await transfer(sender, receiver);
    await sender.apply(...Array.from({ length: keyCount / 5 }, (_, at) => put(nameOf(at * 3), `again ${at}`)));
    await sender.checkpoint();
    const { turns, longestMs } = await turnsOf(async () => {
      const { isIncrement } = await transfer(sender, receiver);
      assert.equal(isIncrement, what === "increment");
    });
    context.diagnostic(`${what}: ${turns} turns, the longest ${longestMs.toFixed(1)} ms`);
    assert.ok(turns >= 100, `${turns} turns`);
    assert.ok(longestMs < 150, `one turn took ${longestMs} ms`);
  }
});

test(`a checkpoint of ${keyCount} new keys is put together in short steps`, async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await fill(driver);
  const { turns } = await turnsOf(() => driver.checkpoint());
  assert.ok(turns >= 190, `${turns} turns`);
});

for (const [way, changeLookupBytes] of [
  ["through the whole history", Number.MAX_SAFE_INTEGER],
  ["by the journal", 0],
] as const) {
  test(`what a compaction gave up of ${keyCount} keys is removed ${way} in short steps`, async (context) => {
    const driver = await StoreDriver.open(memoryEngine(), { changeLookupBytes });
    await fill(driver);
    await driver.apply(...Array.from({ length: keyCount / 5 }, (_, at) => put(nameOf(at), "again")));
    const revision = driver.store.revision;
    await driver.run({ type: "compact", revision });
    await driver.checkpoint();
    const { turns, longestMs } = await turnsOf(() => compact(driver, revision));
    context.diagnostic(`${way}: ${turns} turns, the longest ${longestMs.toFixed(1)} ms`);
    assert.ok(turns >= 150, `${turns} turns`);
    assert.ok(longestMs < 150, `one turn took ${longestMs} ms`);
  });
}

test("a large range is counted without looking at its keys one by one", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await fill(driver);
  await driver.checkpoint();
  const opened = await StoreDriver.open(engine);
  const { turns } = await turnsOf(async () => {
    assert.equal((await opened.found(range(everything, { countOnly: true }))).count, keyCount);
    const middle = range({ key: Buffer.from(nameOf(777)), end: Buffer.from(nameOf(40_777)) }, { countOnly: true });
    assert.equal((await opened.found(middle)).count, 40_000);
    const page = await opened.found({ ...middle, countOnly: false, limit: 10 });
    assert.equal(page.count, 40_000);
    assert.equal(page.items.length, 10);
  });
  assert.ok(turns < 80, `${turns} turns`);
});

test("counts stay right while keys come and go around checkpoints", async () => {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine, { minBlockKeys: 16 });
  await fill(driver);
  await driver.checkpoint();
  const outcome = driver.run(
    txn([], [remove(nameOf(1000), nameOf(9000)), put(nameOf(5000), "back"), range(everything, { countOnly: true })]),
  );
  assert.equal(
    (await driver.found(range(everything, { countOnly: true }))).count,
    keyCount,
    "nobody else sees half of it",
  );
  const answer = await outcome;
  assert.ok(answer.ok && answer.result.type === "txn" && answer.result.results[2]?.type === "range");
  assert.equal(answer.result.results[2].count, keyCount - 7999);
  await driver.checkpoint();
  for (const reader of [driver, await StoreDriver.open(engine)]) {
    assert.equal((await reader.found(range(everything, { countOnly: true }))).count, keyCount - 7999);
    assert.equal(reader.store.keyCount, keyCount - 7999);
  }
});
