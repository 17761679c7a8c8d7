import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryEngine, MemoryHome } from "@quorate/store";
import { engineCompliance, homeCompliance } from "@quorate/store/compliance";

for (const { name, run } of engineCompliance) {
  test(`the memory engine: ${name}`, async () => {
    const schedule = (callback: () => void): void => queueMicrotask(callback);
    const engine = new MemoryEngine({ schedule });
    await run({ engine, reopen: async () => new MemoryEngine({ schedule, contents: engine.durableCopy() }) });
  });
}

for (const { name, run } of homeCompliance) {
  test(`the memory home: ${name}`, async () => {
    const schedule = (callback: () => void): void => queueMicrotask(callback);
    const home = new MemoryHome({ schedule });
    await run({ home, reopen: () => new MemoryHome({ schedule }, home.durableCopy()) });
  });
}

test("the memory engine: what a crash leaves is exactly the writes that completed", () => {
  const waiting: (() => void)[] = [];
  const engine = new MemoryEngine({ schedule: (callback) => waiting.push(callback) });
  const key = Uint8Array.of(1);
  engine.write([{ key, value: Uint8Array.of(10) }], () => {});
  const before = engine.durableCopy();
  waiting.shift()?.();
  const after = engine.durableCopy();
  engine.write([{ key, value: undefined }], () => {});
  const reopened = (contents: typeof before): Uint8Array | undefined =>
    new MemoryEngine({ schedule: () => {}, contents }).getSync(key);
  assert.equal(reopened(before), undefined);
  assert.deepEqual(reopened(after), Uint8Array.of(10));
  assert.deepEqual(reopened(engine.durableCopy()), Uint8Array.of(10));
});
