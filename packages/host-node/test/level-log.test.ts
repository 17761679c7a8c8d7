import assert from "node:assert/strict";
import { copyFile, cp, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Engine } from "@quorate/store";
import { ClassicLevel } from "classic-level";
import { openLevelEngine } from "../src/index.ts";
import { readRecords } from "../src/level-records.ts";
import { settled } from "./settled.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-level-log-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

const batches = 60;
const key = (index: number): Uint8Array => new TextEncoder().encode(`key ${String(index).padStart(6, "0")}`);
const close = (engine: Engine): Promise<void> => settled<void>((done) => engine.close(done));

/** A database whose batches are all in its log, closed. Every tenth batch is larger than a block of the log. */
async function written(): Promise<string> {
  const directory = join(await mkdtemp(join(root, "case-")), "state");
  const engine = await openLevelEngine(directory);
  for (let index = 0; index < batches; index++) {
    const value = new Uint8Array(index % 10 === 9 ? 40_000 : 1000).fill(index);
    await settled<void>((done) => engine.write([{ key: key(index), value }], done));
  }
  await close(engine);
  return directory;
}

async function logOf(directory: string): Promise<string> {
  const logs = (await readdir(directory)).filter((name) => name.endsWith(".log"));
  assert.equal(logs.length, 1);
  return join(directory, logs[0] as string);
}

async function flip(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes[offset] = (bytes[offset] as number) ^ 4;
  await writeFile(path, bytes);
}

/** How many batches there are, from the first on; fails when one is missing between two others. */
async function batchesIn(directory: string): Promise<number> {
  const engine = await openLevelEngine(directory);
  const there = Array.from({ length: batches }, (_, index) => engine.getSync(key(index)) !== undefined);
  await close(engine);
  const first = there.indexOf(false);
  assert.ok(first < 0 || !there.slice(first).includes(true), "no batch is there without those before it");
  return first < 0 ? batches : first;
}

test("a bit that flips anywhere in the log is found, or takes nothing but the last batch", async () => {
  const directory = await written();
  const log = await logOf(directory);
  const bytes = await readFile(log);
  const { records } = readRecords(bytes);
  assert.equal(records.length, batches);
  const last = records.at(-1)?.offset as number;
  for (let at = 3; at < bytes.length; at += 6007) {
    const copy = `${directory}-${at}`;
    await cp(directory, copy, { recursive: true });
    await flip(await logOf(copy), at);
    if (at < last) await assert.rejects(openLevelEngine(copy), { name: "HostError", code: "corrupt" }, `at ${at}`);
    else assert.equal(await batchesIn(copy), batches - 1);
  }
  for (const { offset } of [records[0], records[9], records[30]] as { offset: number }[]) {
    for (const at of [0, 4, 5, 6, 7]) {
      const copy = `${directory}-head-${offset}-${at}`;
      await cp(directory, copy, { recursive: true });
      await flip(await logOf(copy), offset + at);
      await assert.rejects(openLevelEngine(copy), { name: "HostError", code: "corrupt" }, `header of ${offset}, ${at}`);
    }
  }
});

test("LevelDB itself would pass over it", async () => {
  const directory = await written();
  await flip(await logOf(directory), 5000);
  const database = new ClassicLevel(directory);
  await database.open();
  await database.close();
});

test("a log may end anywhere: what a power cut left of the last batch is passed over", async () => {
  const directory = await written();
  const bytes = await readFile(await logOf(directory));
  const { records } = readRecords(bytes);
  for (const whole of [10, 9, 40]) {
    const begin = records[whole]?.offset as number;
    const end = records[whole + 1]?.offset as number;
    for (const kept of [0, 3, 7, 500, end - begin - 1]) {
      const copy = `${directory}-${whole}-${kept}`;
      await cp(directory, copy, { recursive: true });
      await truncate(await logOf(copy), begin + kept);
      assert.equal(await batchesIn(copy), whole, `${whole} batches and ${kept} bytes`);
      // The same, and the size has survived without the bytes.
      const zeros = `${copy}-zeros`;
      await cp(directory, zeros, { recursive: true });
      const half = Buffer.alloc(end);
      bytes.copy(half, 0, 0, begin + kept);
      await writeFile(await logOf(zeros), half);
      assert.equal(await batchesIn(zeros), whole, `${whole} batches, ${kept} bytes and zeros`);
    }
  }
});

test("an older log that is not whole, before one that holds something, is damage", async () => {
  const directory = await written();
  const log = await logOf(directory);
  const next = join(directory, `${String(Number.parseInt(log.slice(-10), 10) + 1).padStart(6, "0")}.log`);
  await copyFile(log, next);
  await flip(log, readRecords(await readFile(log)).records.at(-1)?.offset as number);
  await assert.rejects(openLevelEngine(directory), { name: "HostError", code: "corrupt" });
  await writeFile(next, "");
  assert.equal(await batchesIn(directory), batches - 1);
});
