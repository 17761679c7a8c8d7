import assert from "node:assert/strict";
import { test } from "node:test";
import { BackupReader, BackupWriter, type StateSource, type StoreCommand } from "@quorate/store";
import { put, remove, utf8 } from "./operation-makers.ts";
import { promised, StoreDriver } from "./store-driver.ts";
import { assertSame, install, memoryHome, transferOf, writeChunk } from "./transfer-driver.ts";

const numbered = (count: number): StoreCommand[] =>
  Array.from({ length: count }, (_, at) => put(`key ${String(at).padStart(5, "0")}`, "value ".repeat(40)));

async function filled(commands: readonly StoreCommand[], lineage = 0): Promise<StoreDriver> {
  const driver = await StoreDriver.openHome(memoryHome(), {}, lineage);
  await driver.apply(...commands);
  await driver.checkpoint();
  return driver;
}

async function backupOf(driver: StoreDriver, label = "made by a test"): Promise<Uint8Array> {
  const source = await promised<StateSource>((done) => driver.store.openSource(undefined, done));
  const writer = new BackupWriter(source, utf8(label));
  const pieces: Uint8Array[] = [];
  for (;;) {
    const piece = await promised<Uint8Array | undefined>((done) => writer.next(done));
    if (piece === undefined) break;
    pieces.push(piece);
  }
  writer.close();
  return Buffer.concat(pieces);
}

/** Reads a backup in pieces of `size`; gives its chunks. */
function read(bytes: Uint8Array, size = bytes.length): { reader: BackupReader; chunks: Uint8Array[] } {
  const reader = new BackupReader();
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(...reader.take(bytes.subarray(at, at + size)));
  return { reader, chunks };
}

test("a backup says what it holds, and a store that is restored from it is the same", async () => {
  const driver = await filled(
    [
      ...numbered(3000),
      remove("key 00100", "key 00200"),
      { type: "publish-member", member: 1, name: "n", clientUrls: [] },
    ],
    41,
  );
  const bytes = await backupOf(driver);
  // What is written later is not in it.
  await driver.apply(put("later", "1"));
  for (const size of [7919, 500_000, bytes.length]) {
    const { reader, chunks } = read(bytes, size);
    const info = reader.finish();
    assert.equal(Buffer.from(info.label).toString(), "made by a test");
    assert.deepEqual([info.position, info.revision, info.keyCount], [{ index: 3002, term: 1 }, 3002, 2900]);
    const restored = await StoreDriver.openHome(memoryHome(), {}, info.lineage);
    const sink = await promised<Parameters<typeof install>[1]>((done) =>
      transferOf(restored).receive(info.header, done),
    );
    for (const chunk of chunks) await writeChunk(sink, chunk);
    await install(restored, sink);
    await restored.apply(put("later", "1"));
    await assertSame(driver, restored);
  }
});

test("a backup with any byte changed, cut off or added is refused", async () => {
  const bytes = await backupOf(await filled([put("a", "1"), put("b", "2"), remove("a")]));
  const isDamage = { name: "HostError", code: "corrupt" };
  const isRefused = { name: "HostError" };
  for (let at = 0; at < bytes.length; at++) {
    const flipped = bytes.map((byte, place) => (place === at ? byte ^ (1 << (at % 8)) : byte));
    assert.throws(() => read(flipped).reader.finish(), isRefused, `byte ${at}`);
    assert.throws(() => read(bytes.subarray(0, at)).reader.finish(), isDamage, `cut at ${at}`);
  }
  assert.throws(() => read(Uint8Array.of(...bytes, 0)), isDamage);
  assert.equal(read(bytes).reader.finish().keyCount, 1);
});

test("an increment is no backup", async () => {
  const driver = await filled(numbered(50));
  const source = await promised<StateSource>((done) => transferOf(driver).open(transferOf(driver).point(), done));
  assert.ok(source.isIncrement);
  const writer = new BackupWriter(source, utf8(""));
  await assert.rejects(
    promised<Uint8Array | undefined>((done) => writer.next(done)),
    { code: "invalid" },
  );
  writer.close();
});
