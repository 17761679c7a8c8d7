import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { assertLevelUnlocked, openLevelEngine } from "../src/index.ts";
import { settled } from "./settled.ts";

async function folder(context: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "quorate-lock-"));
  context.after(() => rm(root, { recursive: true, force: true }));
  return root;
}

async function openAndClose(directory: string): Promise<void> {
  const engine = await openLevelEngine(directory);
  await settled<void>((done) => engine.close(done));
}

/** What matters of a database's files: all but its own notes for people, and the file that is locked. */
async function filesOf(directory: string): Promise<unknown> {
  const names = (await readdir(directory)).filter((name) => !/^LO(G|G\.old|CK)$/.test(name)).sort();
  return Promise.all(names.map(async (name) => [name, await readFile(join(directory, name), "hex")]));
}

test("a database that this process has open is locked, and free again once it is closed", async (context) => {
  const directory = join(await folder(context), "state");
  const engine = await openLevelEngine(directory);
  await assert.rejects(assertLevelUnlocked(directory), { name: "HostError", code: "locked" });
  await settled<void>((done) => engine.close(done));
  await assertLevelUnlocked(directory);
  await openAndClose(directory);
});

test("asking whether a damaged database is locked neither opens nor mends it", async (context) => {
  const directory = join(await folder(context), "state");
  await openAndClose(directory);
  const manifest = (await readFile(join(directory, "CURRENT"), "utf8")).trim();
  // Half a record at its end, which an opening would cut off.
  await appendFile(join(directory, manifest), Buffer.from("0011223344550101", "hex"));
  const before = await filesOf(directory);
  await assertLevelUnlocked(directory);
  assert.deepEqual(await filesOf(directory), before);
});

test("where there is nothing, nothing is locked, and nothing is made", async (context) => {
  const root = await folder(context);
  await assertLevelUnlocked(join(root, "state"));
  assert.deepEqual(await readdir(root), []);
});
