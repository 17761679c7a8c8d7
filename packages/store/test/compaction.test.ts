import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { EngineRecord, MemoryRecords, ReadResult, RangeResult, StateHash, StoreCommand } from "@quorate/store";
import { prefixes, prefixSpan, readHistoryKey } from "../src/key-space.ts";
import { command, compact } from "./arbitraries.ts";
import { everything, put, range, remove } from "./operation-makers.ts";
import { StoppingEngine } from "./stopping-engine.ts";
import { shortPages } from "./short-pages.ts";
import { memoryEngine, promised, StoreDriver } from "./store-driver.ts";
import { scrub } from "./transfer-driver.ts";

const compactAt = (revision: number): StoreCommand => ({ type: "compact", revision });

/** Small enough that removing takes several batches; the two ways to find what is to be removed. */
const ways = {
  "through the whole history": { changeLookupBytes: Number.MAX_SAFE_INTEGER, removalBatchVersions: 3 },
  "by the journal": { changeLookupBytes: 0, removalBatchVersions: 3 },
} as const;

/** The versions that an engine holds, as "key@revision" and a minus for deletions. */
async function versionsIn(records: MemoryRecords): Promise<string[]> {
  const iterator = memoryEngine(records).snapshot().iterate(prefixSpan(prefixes.history));
  const page = await promised<readonly EngineRecord[]>((done) => iterator.next(100_000, done));
  return page.map(({ key: engineKey }) => {
    const { key, revision, isPut } = readHistoryKey(engineKey);
    return `${Buffer.from(key, "latin1").toString("hex")}@${revision}${isPut ? "" : "-"}`;
  });
}

/** What is left of these once nothing unreadable is: of each key the newest up to the compaction, if it lives, and all that is newer. */
function readable(versions: readonly string[], compacted: number): string[] {
  const revisionOf = (version: string): number => Number.parseInt(version.split("@")[1] as string, 10);
  const keyOf = (version: string): string => version.split("@")[0] as string;
  return versions.filter((version, index) => {
    if (revisionOf(version) > compacted) return true;
    const next = versions[index + 1];
    const isNewest = next === undefined || keyOf(next) !== keyOf(version) || revisionOf(next) > compacted;
    return isNewest && !version.endsWith("-");
  });
}

const removed = (driver: StoreDriver, revision: number): Promise<void> =>
  promised((done) => driver.store.whenCompacted(revision, (error) => done(error, undefined)));

async function scrubbed(driver: StoreDriver): Promise<void> {
  const { damage } = await scrub(driver);
  assert.equal(damage, undefined, String(damage));
}

test("a read before the compacted revision is refused, one at it is not; compacting twice is refused", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(put("a", "1"), put("a", "2"), put("a", "3"));
  const at = (revision: number): Promise<ReadResult<RangeResult>> => driver.range(range("a", { revision }));
  assert.deepEqual(await driver.run(compactAt(5)), { ok: false, revision: 4, refusal: "future-revision" });
  assert.deepEqual(await driver.run(compactAt(0)), { ok: false, revision: 4, refusal: "compacted" });
  assert.deepEqual(await driver.run(compactAt(3)), { ok: true, revision: 4, result: { type: "compact" } });
  assert.deepEqual(await driver.run(compactAt(3)), { ok: false, revision: 4, refusal: "compacted" });
  assert.deepEqual(await at(2), { ok: false, revision: 4, refusal: "compacted" });
  for (const revision of [3, 4]) assert.ok((await at(revision)).ok);
  assert.equal(driver.store.compactedRevision, 3);
});

for (const [way, limits] of Object.entries(ways)) {
  test(`what nobody can read any more is removed ${way}, and what can be read is not`, async () => {
    const property = fc.asyncProperty(
      fc.array(fc.array(fc.oneof({ weight: 8, arbitrary: command }, compact), { minLength: 1, maxLength: 12 }), {
        minLength: 1,
        maxLength: 6,
      }),
      fc.boolean(),
      async (batches, areRecordsLarge) => {
        const engine = memoryEngine();
        const driver = await StoreDriver.open(areRecordsLarge ? shortPages(engine) : engine, limits);
        const untouched = new StoppingEngine(memoryEngine());
        const twin = await StoreDriver.open(untouched);
        for (const batch of batches) {
          await driver.apply(...batch);
          await twin.apply(...batch);
          await driver.checkpoint();
          // Some passes are under way when the next checkpoint comes.
          if (batch.length % 2 === 0) await removed(driver, driver.store.compactedRevision);
        }
        const { compactedRevision } = driver.store;
        await removed(driver, compactedRevision);
        assert.deepEqual(await driver.hash(), await twin.hash());
        await scrubbed(driver);
        // Its one checkpoint holds all versions: nothing of it is removed.
        untouched.stopAfter(1);
        await twin.checkpoint();
        const expected = readable(await versionsIn(untouched.durableCopy()), compactedRevision);
        assert.deepEqual(await versionsIn(engine.durableCopy()), expected);
        assert.deepEqual(await driver.found(range(everything)), await twin.found(range(everything)));
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });

  test(`a crash at any batch of a removal ${way} goes on where it was, with the same hash at every stage`, async () => {
    const commands: StoreCommand[] = [];
    for (let at = 0; at < 1500; at++) {
      commands.push(at % 7 === 6 ? remove(`k${at % 50}`) : put(`k${at % 50}`, `${at}`));
    }
    const build = async (): Promise<{ engine: StoppingEngine; driver: StoreDriver; hash: StateHash }> => {
      const engine = new StoppingEngine(memoryEngine());
      const driver = await StoreDriver.open(engine, limits);
      await driver.apply(...commands);
      await driver.run(compactAt(driver.store.revision - 4));
      return { engine, driver, hash: await driver.hash() };
    };
    const finished = await build();
    await finished.driver.checkpoint();
    await removed(finished.driver, finished.driver.store.compactedRevision);
    const expected = await versionsIn(finished.engine.durableCopy());
    let stages = 0;
    for (let writes = 1; ; writes++) {
      const { engine, driver, hash } = await build();
      engine.stopAfter(writes);
      await driver.checkpoint();
      const removing = removed(driver, driver.store.compactedRevision).then(() => "removed" as const);
      const outcome = await Promise.race([removing, engine.stopped]);
      const copy = engine.durableCopy();
      const left = (await versionsIn(copy)).length;
      const reopened = memoryEngine(copy);
      const again = await StoreDriver.open(reopened, limits);
      assert.deepEqual(await again.hash(), hash);
      await scrubbed(again);
      await removed(again, again.store.compactedRevision);
      assert.deepEqual(await versionsIn(reopened.durableCopy()), expected);
      assert.deepEqual(await again.hash(), hash);
      assert.equal(again.store.stateBytes, finished.driver.store.stateBytes);
      if (outcome === "removed") break;
      if (left > expected.length) stages++;
    }
    assert.ok(stages > 3, `only ${stages} stages of a removal were seen`);
  });
}
