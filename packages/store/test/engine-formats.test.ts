import assert from "node:assert/strict";
import { test } from "node:test";
import { DamagedRecordError, type Engine } from "@quorate/store";
import { stateKey } from "../src/key-space.ts";
import { seal } from "../src/records.ts";
import { put, range } from "./operation-makers.ts";
import { memoryEngine, promised, StoreDriver } from "./store-driver.ts";

/** An engine with one key, whose state record was written by a program of another format. */
async function engineOf(format: number, fields: readonly number[]): Promise<Engine> {
  const engine = memoryEngine();
  const driver = await StoreDriver.open(engine);
  await driver.run(put("a", "1"));
  await driver.checkpoint();
  const value = seal(stateKey, (into) => {
    for (const field of [format, ...fields]) into.varint(field);
  });
  await promised<undefined>((done) => engine.write([{ key: stateKey, value }], (error) => done(error, undefined)));
  return engine;
}

/** Index, term, revision, compacted revision and bytes of history. */
const common = [1, 1, 2, 0, 60] as const;

for (const [format, fields] of [
  [1, common],
  [2, [...common, 1, 20]],
  [3, [...common, 1, 20]],
] as const) {
  test(`an engine of format ${format} is opened, and written in today's form`, async () => {
    const driver = await StoreDriver.open(await engineOf(format, fields));
    assert.deepEqual(driver.store.restored, { index: 1, term: 1 });
    await driver.apply({ type: "lease-grant", lease: 1n, ttl: 60 }, put("b", "2", { lease: 1n }));
    await driver.checkpoint();
    assert.equal((await driver.found(range("a"))).count, 1);
    assert.equal((await driver.found(range("b"))).count, 1);
  });
}

test("an engine of a format to come is refused, and says so", async () => {
  const engine = await engineOf(4, [...common, 1, 20]);
  const isRefused = (error: unknown): boolean => error instanceof DamagedRecordError && /format 4/.test(error.message);
  await assert.rejects(StoreDriver.open(engine), isRefused);
});
