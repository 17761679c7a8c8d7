import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { HostError } from "@quorate/host";
import type { Engine, EngineRecord, EngineWrite } from "@quorate/store";
import { engineCompliance } from "@quorate/store/compliance";
import { openLevelEngine } from "../src/index.ts";
import { runModule } from "./child.ts";
import { settled } from "./settled.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-level-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

const fresh = async (): Promise<string> => join(await mkdtemp(join(root, "case-")), "state");
const key = (index: number): Uint8Array => new TextEncoder().encode(`key ${String(index).padStart(6, "0")}`);

/** Closes an engine that may be closed already. */
async function close(engine: Engine): Promise<void> {
  await new Promise<void>((resolve) => {
    engine.close(() => resolve());
  });
}

for (const promise of engineCompliance) {
  test(`engine: ${promise.name}`, async () => {
    const directory = await fresh();
    const opened: Engine[] = [];
    const reopen = async (): Promise<Engine> => {
      const engine = await openLevelEngine(directory);
      opened.push(engine);
      return engine;
    };
    try {
      await promise.run({ engine: await reopen(), reopen });
    } finally {
      for (const engine of opened) await close(engine);
    }
  });
}

test("a database that is open cannot be opened again; the error names the directory and says what to do", async () => {
  const directory = await fresh();
  const engine = await openLevelEngine(directory);
  await assert.rejects(openLevelEngine(directory), (error: HostError) => {
    assert.equal(error.code, "locked");
    assert.match(error.message, /this process uses it already/);
    assert.ok(error.message.includes(directory));
    return true;
  });
  const child = runModule(`
    import { openLevelEngine } from "host-node";
    openLevelEngine(${JSON.stringify(directory)}).catch((error) => console.log(error.code, error.message));
  `);
  try {
    assert.match((await child.line()) ?? "", /^locked .*another process uses it/);
  } finally {
    await child.kill();
  }
  await close(engine);
  await close(await openLevelEngine(directory));
});

test("a database is not made where its parent is missing", async () => {
  const directory = await fresh();
  await assert.rejects(openLevelEngine(`${directory}/deeper`), { name: "HostError", code: "not-found" });
  await assert.rejects(readdir(directory), { code: "ENOENT" });
});

test("batches happen in the order in which they were given, without waiting for one another", async () => {
  const engine = await openLevelEngine(await fresh());
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, round) => {
      await settled<void>((done) => engine.write([{ key: key(0), value: Uint8Array.of(round) }], done));
      order.push(round);
      assert.deepEqual([...(engine.getSync(key(0)) ?? [])].length, 1);
    }),
  );
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
  assert.deepEqual(engine.getSync(key(0)), Uint8Array.of(19));
  await close(engine);
});

test("a batch of a checkpoint's size is filled over many turns of the event loop", { timeout: 30_000 }, async () => {
  const engine = await openLevelEngine(await fresh());
  let turn = 0;
  const beat = setInterval(() => turn++, 0);
  const turns = new Set<number>();
  const value = new Uint8Array(256);
  const batch: EngineWrite[] = Array.from({ length: 40_000 }, (_, index) => {
    const bytes = key(index);
    return {
      get key() {
        turns.add(turn);
        return bytes;
      },
      value,
    };
  });
  await settled<void>((done) => engine.write(batch, done));
  clearInterval(beat);
  // 40,000 records take 60 ms and more, in steps of 2 ms.
  assert.ok(turns.size >= 5, `the batch was taken in ${turns.size} turns`);
  assert.deepEqual(engine.getSync(key(39_999)), value);
  await close(engine);
});

test("closing completes the batches under way and refuses later calls", async () => {
  const directory = await fresh();
  const engine = await openLevelEngine(directory);
  const writes = [1, 2, 3].map((index) =>
    settled<void>((done) => engine.write([{ key: key(index), value: key(index) }], done)),
  );
  const closing = settled<void>((done) => engine.close(done));
  await assert.rejects(
    settled<void>((done) => engine.write([], done)),
    { code: "closed" },
  );
  assert.throws(() => engine.getSync(key(1)), { name: "HostError", code: "closed" });
  assert.throws(() => engine.snapshot(), { name: "HostError", code: "closed" });
  await Promise.all(writes);
  await closing;
  await assert.rejects(
    settled<void>((done) => engine.close(done)),
    { code: "closed" },
  );
  const again = await openLevelEngine(directory);
  assert.deepEqual(again.getSync(key(3)), key(3));
  await close(again);
});

test("values and keys are plain arrays of their own bytes", async () => {
  const engine = await openLevelEngine(await fresh());
  await settled<void>((done) => engine.write([{ key: key(1), value: key(2) }], done));
  const snapshot = engine.snapshot();
  const iterator = snapshot.iterate({ from: key(0), to: undefined });
  const [record] = await settled<readonly EngineRecord[]>((done) => iterator.next(1, done));
  for (const bytes of [engine.getSync(key(1)), record?.key, record?.value]) {
    assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  }
  iterator.close();
  snapshot.close();
  await close(engine);
});
