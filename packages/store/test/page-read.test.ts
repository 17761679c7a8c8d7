import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KeyValue, PageOperation, PageResult, ReadResult } from "@quorate/store";
import { everything, keyRange, put, range, remove, utf8 } from "./operation-makers.ts";
import { shortPages } from "./short-pages.ts";
import { memoryEngine, promised, StoreDriver } from "./store-driver.ts";

const readPage = (driver: StoreDriver, operation: PageOperation): Promise<ReadResult<PageResult>> =>
  promised((done) => driver.store.page(operation, done));

const whole: PageOperation = {
  range: everything,
  revision: 0,
  keysOnly: false,
  maxKeys: 1_000_000,
  maxBytes: 1_000_000_000,
};

async function found(driver: StoreDriver, operation: Partial<PageOperation>): Promise<PageResult> {
  const answer = await readPage(driver, { ...whole, ...operation });
  if (!answer.ok) throw new Error(`refused: ${answer.refusal}`);
  return answer.result;
}

const bytesOf = ({ key, value }: KeyValue): number => key.length + value.length;

const key = fc.integer({ min: 0, max: 30 }).map((at) => `k${at}`);
const change = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(key, fc.nat({ max: 60 })).map(([key, length]) => put(key, "v".repeat(length))) },
  { weight: 2, arbitrary: fc.tuple(key, key).map(([from, to]) => remove(from, to)) },
);

test("pages put together are the range at their revision, whatever changes between them", async () => {
  const property = fc.asyncProperty(
    fc.array(change, { minLength: 30, maxLength: 60, size: "max" }),
    fc.array(fc.record({ changes: fc.array(change, { maxLength: 4 }), isCheckpointed: fc.boolean() }), {
      minLength: 1,
    }),
    fc.record({ maxKeys: fc.integer({ min: 1, max: 12 }), maxBytes: fc.integer({ min: 1, max: 150 }) }),
    fc.record({ keysOnly: fc.boolean(), age: fc.nat({ max: 20 }), isShort: fc.boolean() }),
    async (first, later, bounds, { keysOnly, age, isShort }) => {
      const engine = memoryEngine();
      const driver = await StoreDriver.open(isShort ? shortPages(engine) : engine, { cacheBytes: 100 });
      await driver.apply(...first);
      const revision = Math.max(1, driver.store.revision - age);
      const expected = (await driver.found(range(everything, { revision, keysOnly }))).items;
      const items: KeyValue[] = [];
      let from: Uint8Array = Uint8Array.of(0);
      for (let at = 0; ; at++) {
        const { changes, isCheckpointed } = later[at % later.length] as (typeof later)[number];
        await driver.apply(...changes);
        if (isCheckpointed) await driver.checkpoint();
        const range = { key: from, end: Uint8Array.of(0) };
        const page = await found(driver, { range, revision, keysOnly, ...bounds });
        items.push(...page.items);
        assert.ok(page.items.length <= bounds.maxKeys);
        const before = page.items.slice(0, -1).reduce((sum, item) => sum + bytesOf(item), 0);
        assert.ok(before < bounds.maxBytes, "only the last key may pass the bound");
        if (!page.more) break;
        const last = page.items.at(-1);
        assert.ok(last !== undefined, "a page that is not the last has keys");
        from = Buffer.concat([last.key, Uint8Array.of(0)]);
      }
      assert.deepEqual(items, expected);
      await driver.close();
    },
  );
  await fc.assert(property, { numRuns: 150 });
});

test("a page of one key, of none, and of what ends just where the page does", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(...["a", "b", "c"].map((name) => put(name, "12345")));
  for (const isCheckpointed of [false, true]) {
    if (isCheckpointed) await driver.checkpoint();
    const pages: [Partial<PageOperation>, string][] = [
      [{}, "abc"],
      [{ range: keyRange("b") }, "b"],
      [{ range: keyRange("x") }, ""],
      [{ range: keyRange("b", "a") }, ""],
      [{ maxKeys: 3 }, "abc"],
      [{ maxKeys: 2 }, "ab+"],
      [{ maxBytes: 12 }, "ab+"],
      [{ maxBytes: 13 }, "abc"],
      [{ maxBytes: 1 }, "a+"],
      [{ range: keyRange("c", "\0"), maxKeys: 1, maxBytes: 1 }, "c"],
      [{ revision: 3, maxKeys: 2 }, "ab"],
    ];
    for (const [operation, expected] of pages) {
      const { items, more } = await found(driver, operation);
      const names = items.map(({ key: name }) => Buffer.from(name).toString()).join("");
      assert.equal(names + (more ? "+" : ""), expected, JSON.stringify(operation));
    }
  }
});

test("of an older revision, whose lengths are not known before, few large values are read at a time", async () => {
  const engine = memoryEngine();
  let mostBytes = 0;
  const watched = new Proxy(engine, {
    get: (target, name) => {
      if (name !== "snapshot") return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
      return () => {
        const snapshot = target.snapshot();
        return {
          iterate: snapshot.iterate.bind(snapshot),
          close: snapshot.close.bind(snapshot),
          getMany: ((keys, done) =>
            snapshot.getMany(keys, (error, records) => {
              mostBytes = Math.max(
                mostBytes,
                records.reduce((sum, record) => sum + (record?.length ?? 0), 0),
              );
              done(error, records);
            })) as typeof snapshot.getMany,
        };
      };
    },
  });
  const driver = await StoreDriver.open(watched, { cacheBytes: 0 });
  const large = "x".repeat(10_000);
  const names = Array.from({ length: 200 }, (_, at) => `k${String(at).padStart(3, "0")}`);
  for (const [at, name] of names.entries()) await driver.apply(put(name, at < 100 ? "small" : large));
  const { revision } = driver.store;
  await driver.checkpoint();
  // The engine's newest versions are too new from now on.
  await driver.apply(...names.map((name) => put(name, "newer")));
  await driver.checkpoint();
  mostBytes = 0;
  const { items } = await found(driver, { revision, maxBytes: 20_000 });
  assert.equal(items.length, 102);
  assert.ok(mostBytes < 17 * (large.length + 200), `${mostBytes} bytes were read at once`);
});

test("a page of what was compacted, and of the future, is refused", async () => {
  const driver = await StoreDriver.open(memoryEngine());
  await driver.apply(put("a", "1"), put("a", "2"), put("a", "3"), { type: "compact", revision: 3 });
  const refusal = async (revision: number): Promise<string> => {
    const answer = await readPage(driver, { ...whole, revision });
    return answer.ok ? Buffer.from(answer.result.items[0]?.value ?? utf8("")).toString() : answer.refusal;
  };
  assert.deepEqual(await Promise.all([2, 3, 4, 5].map(refusal)), ["compacted", "2", "3", "future-revision"]);
});
