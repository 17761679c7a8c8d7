import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { DirectoryLock } from "@quorate/host";
import type { Engine } from "@quorate/store";
import { holdLock } from "../src/directory-lock.ts";
import { openLevelEngine } from "../src/index.ts";
import { makeLevel, prepareOpening } from "../src/level-opening.ts";
import { settled } from "./settled.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-opening-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

const key = Uint8Array.of(1);
const close = (engine: Engine): Promise<void> => settled<void>((done) => engine.close(done));

async function written(): Promise<string> {
  const directory = join(await mkdtemp(join(root, "case-")), "state");
  const engine = await openLevelEngine(directory);
  await settled<void>((done) => engine.write([{ key, value: key }], done));
  await close(engine);
  return directory;
}

/** Puts the directory into a state that a power cut during an opening can leave: what it removed is gone, CURRENT is old. */
async function cutDuringOpening(directory: string): Promise<void> {
  await prepareOpening(directory);
  const aside = `${directory}-aside`;
  await cp(join(directory, "before-opening"), aside, { recursive: true });
  const current = await readFile(join(directory, "CURRENT"));
  await close(await openLevelEngine(directory));
  await writeFile(join(directory, "CURRENT"), current);
  await cp(aside, join(directory, "before-opening"), { recursive: true });
}

test("what LevelDB removed in an opening that a power cut ended is put back", async () => {
  const directory = await written();
  await cutDuringOpening(directory);
  const manifest = (await readFile(join(directory, "CURRENT"), "utf8")).trim();
  assert.ok(!(await readdir(directory)).includes(manifest), "the file that CURRENT names is gone");
  const engine = await openLevelEngine(directory);
  assert.deepEqual(engine.getSync(key), key);
  await close(engine);
  assert.ok(!(await readdir(directory)).includes("before-opening"), "nothing is kept once the opening is durable");
});

test("without what was kept such a directory would not open", async () => {
  const directory = await written();
  await cutDuringOpening(directory);
  await rm(join(directory, "before-opening"), { recursive: true });
  await assert.rejects(openLevelEngine(directory), { name: "HostError" });
});

test("databases that were never finished are removed, and nobody else's files", async () => {
  const directory = await written();
  await mkdir(`${directory}.new-0123456789ab`);
  await mkdir(`${directory}-other`);
  await close(await openLevelEngine(directory));
  assert.deepEqual(await readdir(join(directory, "..")), ["state", "state-other"]);
});

test("of two who make a database at once one makes it, and both find it", async () => {
  const directory = join(await mkdtemp(join(root, "case-")), "state");
  await Promise.all([makeLevel(directory), makeLevel(directory)]);
  assert.deepEqual(await readdir(join(directory, "..")), ["state"]);
  await close(await openLevelEngine(directory));
});

test("a first start that a power cut ended leaves a lock that can be taken", async () => {
  const directory = await mkdtemp(join(root, "case-"));
  // What prepares the lock makes its directory; the cut came before there was anything in it.
  await mkdir(join(directory, "lock"));
  await mkdir(join(directory, "lock.new-0123456789ab"));
  const lock = await settled<DirectoryLock>((done) => holdLock(directory, join(directory, "lock"), done));
  assert.deepEqual(await readdir(directory), ["lock"]);
  await settled<void>((done) => lock.release(done));
});
