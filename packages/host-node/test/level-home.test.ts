import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Engine } from "@quorate/store";
import { homeCompliance } from "@quorate/store/compliance";
import { lockDirectory } from "../src/directory-lock.ts";
import { createLevelHome, openLevelEngine } from "../src/index.ts";
import { settled } from "./settled.ts";

let root = "";
before(async () => {
  root = await mkdtemp(join(tmpdir(), "quorate-home-"));
});
after(async () => {
  await rm(root, { recursive: true, force: true });
});

const fresh = (): Promise<string> => mkdtemp(join(root, "case-"));

for (const { name, run } of homeCompliance) {
  test(`home: ${name}`, async () => {
    const directory = join(await fresh(), "state");
    await run({ home: createLevelHome(directory), reopen: () => createLevelHome(directory) });
  });
}

const key = Uint8Array.of(1);
const value = (text: string): Uint8Array => new TextEncoder().encode(text);

async function written(directory: string, text: string): Promise<void> {
  const engine = await openLevelEngine(directory);
  await settled<void>((done) => engine.write([{ key, value: value(text) }], done));
  await closed(engine);
}

const closed = (engine: Engine): Promise<void> => settled<void>((done) => engine.close(done));

/** What the engine in use says, and the names that are left in its parent. */
async function found(folder: string): Promise<{ text: string; names: string[] }> {
  const engine = await settled<Engine>((done) => createLevelHome(join(folder, "state")).open(done));
  const bytes = engine.getSync(key);
  await closed(engine);
  return { text: bytes === undefined ? "" : new TextDecoder().decode(bytes), names: (await readdir(folder)).sort() };
}

/** The stages of an exchange, each of which a crash may leave, and which engine must be found. */
const stages: readonly [what: string, names: Readonly<Record<string, string>>, text: string][] = [
  ["before it", { state: "old", "state.incoming": "new" }, "old"],
  ["decided", { state: "old", "state.installed": "new" }, "new"],
  [
    "decided, with remains of another one",
    { state: "old", "state.installed": "new", "state.replaced": "older" },
    "new",
  ],
  ["the old one away", { "state.installed": "new", "state.replaced": "old" }, "new"],
  ["the new one in place", { state: "new", "state.replaced": "old" }, "new"],
  ["decided, where there was no state", { "state.installed": "new" }, "new"],
];

for (const [what, names, text] of stages) {
  test(`a crash that leaves an exchange at the stage "${what}" is finished by the next opening`, async () => {
    const folder = await fresh();
    for (const [name, contents] of Object.entries(names)) await written(join(folder, name), contents);
    const outcome = await found(folder);
    assert.equal(outcome.text, text);
    assert.deepEqual(
      outcome.names,
      text === "old" ? ["lock", "state", "state.incoming"] : ["lock", "state"],
      "nothing is left over",
    );
    assert.deepEqual(await found(folder), outcome, "and it stays so");
  });
}

test("an engine beside that cannot be opened is begun anew", async () => {
  const folder = await fresh();
  await written(join(folder, "state.incoming"), "half");
  await writeFile(join(folder, "state.incoming", "CURRENT"), "nonsense");
  const staging = await settled<Engine>((done) => createLevelHome(join(folder, "state")).openStaging(done));
  assert.equal(staging.getSync(key), undefined);
  await closed(staging);
});

test("of two processes one opens: who holds the directory's lock, or has the engine open", async () => {
  const folder = await fresh();
  const directory = join(folder, "state");
  await mkdir(join(folder, "lock"));
  const release = await lockDirectory(folder, join(folder, "lock"));
  const open = (): Promise<Engine> => settled<Engine>((done) => createLevelHome(directory).open(done));
  await assert.rejects(open(), { code: "locked" });
  await release();
  const engine = await open();
  await assert.rejects(open(), { code: "locked" });
  await closed(engine);
  await closed(await open());
});

test("an exchange does nothing when there is nothing beside", async () => {
  const folder = await fresh();
  await written(join(folder, "state"), "old");
  await assert.rejects(
    settled<void>((done) => createLevelHome(join(folder, "state")).exchange(done)),
    { name: "HostError" },
  );
  assert.equal((await found(folder)).text, "old");
});
