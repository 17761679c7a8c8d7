import assert from "node:assert/strict";
import { appendFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { crc32c, type Engine } from "@quorate/store";
import { ClassicLevel } from "classic-level";
import { openLevelEngine } from "../src/index.ts";
import { mendManifest, readEdits } from "../src/level-manifest.ts";
import { settled } from "./settled.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-manifest-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

const records = 400;
const key = (index: number): Uint8Array => new TextEncoder().encode(`key ${String(index).padStart(6, "0")}`);
const close = (engine: Engine): Promise<void> => settled<void>((done) => engine.close(done));

/** A database of several tables, closed. */
async function written(): Promise<string> {
  const directory = join(await mkdtemp(join(root, "case-")), "state");
  const engine = await openLevelEngine(directory, { writeBufferBytes: 64 * 1024 });
  for (let index = 0; index < records; index++) {
    const value = new Uint8Array(1024).fill(index);
    await settled<void>((done) => engine.write([{ key: key(index), value }], done));
  }
  await close(engine);
  return directory;
}

async function manifestOf(directory: string): Promise<string> {
  return join(directory, (await readFile(join(directory, "CURRENT"), "utf8")).trim());
}

/** The record with which LevelDB would add a table: level 0, its number, a size, an empty range of keys. */
function addedTable(number: number): Buffer {
  const payload = Buffer.from([
    7,
    0,
    (number & 0x7f) | 0x80,
    number >> 7,
    100,
    8,
    ...Array(8).fill(0),
    8,
    ...Array(8).fill(0),
  ]);
  const record = Buffer.alloc(7 + payload.length);
  record.writeUInt16LE(payload.length, 4);
  record[6] = 1;
  payload.copy(record, 7);
  const crc = crc32c(record, 0, 6);
  record.writeUInt32LE(((((crc >>> 15) | (crc << 17)) >>> 0) + 0xa282ead8) >>> 0, 0);
  return record;
}

async function refuses(directory: string): Promise<void> {
  const copy = `${directory}-copy`;
  await cp(directory, copy, { recursive: true });
  const database = new ClassicLevel(copy);
  await assert.rejects(database.open());
  await database.close();
}

async function holdsEverything(directory: string): Promise<void> {
  const engine = await openLevelEngine(directory);
  for (let index = 0; index < records; index += 37) {
    assert.deepEqual(engine.getSync(key(index)), new Uint8Array(1024).fill(index));
  }
  await close(engine);
}

test("the edits of a MANIFEST add up to the tables that are there", async () => {
  const directory = await written();
  const { edits, torn } = readEdits(await readFile(await manifestOf(directory)));
  const live = new Set<number>();
  for (const { added, removed } of edits) {
    for (const number of removed) live.delete(number);
    for (const number of added) live.add(number);
  }
  const tables = (await readdir(directory))
    .filter((name) => name.endsWith(".ldb"))
    .map((name) => Number.parseInt(name, 10));
  assert.ok(tables.length >= 2, `${tables.length} tables`);
  assert.deepEqual(live, new Set(tables));
  assert.equal(torn, undefined);
});

test("a last record that names a table which is not there is cut off", async () => {
  const directory = await written();
  await appendFile(await manifestOf(directory), addedTable(5000));
  await refuses(directory);
  await holdsEverything(directory);
});

test("half a last record is cut off, whatever follows in its place", async () => {
  const whole = addedTable(5000);
  for (const kept of [8, 12, whole.length - 1]) {
    const directory = await written();
    const half = Buffer.alloc(kept + 600);
    whole.copy(half, 0, 0, kept);
    await appendFile(await manifestOf(directory), half);
    await refuses(directory);
    await holdsEverything(directory);
  }
});

test("a table that an earlier record names must be there: that is damage, and nothing is cut", async () => {
  const directory = await written();
  const table = (await readdir(directory)).find((name) => name.endsWith(".ldb"));
  const manifest = await manifestOf(directory);
  await appendFile(manifest, addedTable(5000));
  await rm(join(directory, table as string));
  const before = await readFile(manifest);
  await mendManifest(directory);
  assert.deepEqual(await readFile(manifest), before);
  await assert.rejects(openLevelEngine(directory), { name: "HostError" });
});

/** Opening must refuse, and leave the MANIFEST as it was. */
async function isTakenForDamage(directory: string): Promise<void> {
  const manifest = await manifestOf(directory);
  const before = await readFile(manifest);
  await assert.rejects(openLevelEngine(directory), { name: "HostError", code: "corrupt" });
  assert.deepEqual(await readFile(manifest), before);
}

test("a flipped bit in any record is damage: no table that was durable is cut off", async () => {
  const directory = await written();
  const bytes = await readFile(await manifestOf(directory));
  const { edits } = readEdits(bytes);
  assert.ok(edits.length >= 4, `${edits.length} records`);
  for (const [number, { offset }] of edits.entries()) {
    const copy = `${directory}-${number}`;
    await cp(directory, copy, { recursive: true });
    const flipped = Buffer.from(bytes);
    flipped[offset + 9] = (flipped[offset + 9] as number) ^ 1;
    await writeFile(await manifestOf(copy), flipped);
    await isTakenForDamage(copy);
  }
});

test("a table that is lost after its log was removed is damage", async () => {
  const directory = await written();
  const { edits } = readEdits(await readFile(await manifestOf(directory)));
  const newest = edits.at(-1)?.added ?? [];
  assert.equal(newest.length, 1);
  await rm(join(directory, `${String(newest[0]).padStart(6, "0")}.ldb`));
  await isTakenForDamage(directory);
});
