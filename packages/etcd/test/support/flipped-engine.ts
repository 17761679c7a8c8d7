import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostError } from "@quorate/host";
import { openLevelEngine } from "@quorate/host-node";
import {
  encodeCommand,
  isDamage,
  openStore,
  type Engine,
  type KeyValueStore,
  type ScrubReport,
  type StoreCommand,
} from "@quorate/store";
import { completion } from "../../src/completion.ts";

// As a process: `flipped-engine.ts PRISTINE DAMAGED FROM TO COUNT` flips bits number FROM to TO - 1 of COUNT, one at a time, and
// prints what a member makes of each. A process of its own, since LevelDB ends one by an assertion where it reads nonsense.

export type FlipOutcome = "refused" | "found" | "harmless" | "unnoticed";

const timers = { afterPendingInput: (callback: () => void): unknown => setImmediate(callback) };

/** A store whose checkpoints lie in tables and in LevelDB's log. */
export async function fill(directory: string): Promise<void> {
  mkdirSync(directory);
  for (let round = 0; round < 4; round++) {
    const { engine, store } = await open(directory);
    const commands: StoreCommand[] = Array.from({ length: 60 }, (_, at) => ({
      type: "put",
      key: Buffer.from(`key ${(at * 7 + round * 31) % 100}`),
      value: Buffer.from(`${round} ${at} `.repeat(12)),
      lease: 0n,
      previous: false,
      ignoreValue: false,
      ignoreLease: false,
    }));
    commands.push({
      type: "delete-range",
      range: { key: Buffer.from("key 1"), end: Buffer.from("key 15") },
      previous: false,
    });
    commands.push({ type: "publish-member", member: 1 + round, name: "m", clientUrls: ["http://h:1"] });
    const first = round * commands.length + 1;
    const committed = commands.map((command, at) => ({ index: first + at, term: 1, command: encodeCommand(command) }));
    await completion((done) => store.apply(committed, done));
    const position = { index: first + commands.length - 1, term: 1 };
    await completion<void>((done) => store.checkpoint(position, (error) => done(error, undefined)));
    await completion<void>((done) => store.close((error) => done(error, undefined)));
    assert.ok(engine);
  }
}

async function open(directory: string): Promise<{ engine: Engine; store: KeyValueStore }> {
  const engine = await openLevelEngine(directory);
  try {
    const store = await completion<KeyValueStore | undefined>((done) => openStore({ engine, timers }, done));
    assert.ok(store);
    return { engine, store };
  } catch (error) {
    await completion<void>((done) => engine.close((failure) => done(failure, undefined)));
    throw error;
  }
}

/** What a member does with these files: it refuses to open them, finds damage in them, or finds nothing. */
async function scrubbed(directory: string): Promise<"refused" | "found" | "harmless"> {
  let store: KeyValueStore;
  try {
    ({ store } = await open(directory));
  } catch (error) {
    assert.ok(error instanceof HostError && (isDamage(error) || error.code === "not-found"), String(error));
    return "refused";
  }
  const report = await completion<ScrubReport | undefined>((done) => store.scrub({ records: 0, bytes: 0 }, done));
  await completion<void>((done) => store.close((error) => done(error, undefined)));
  return report?.damage === undefined ? "harmless" : "found";
}

/** Every record, as text; undefined when they cannot be read. */
export async function contentsOf(directory: string): Promise<string | undefined> {
  const engine = await openLevelEngine(directory);
  const snapshot = engine.snapshot();
  const iterator = snapshot.iterate({ from: new Uint8Array(0), to: undefined });
  const lines: string[] = [];
  for (;;) {
    const page = await completion<readonly { key: Uint8Array; value: Uint8Array }[]>((done) =>
      iterator.next(1000, done),
    );
    if (page.length === 0) break;
    for (const { key, value } of page)
      lines.push(`${Buffer.from(key).toString("hex")} ${Buffer.from(value).toString("hex")}`);
  }
  iterator.close();
  snapshot.close();
  await completion<void>((done) => engine.close((error) => done(error, undefined)));
  return lines.join("\n");
}

/** The files that hold the state, and their sizes. */
export function filesOf(pristine: string): { readonly name: string; readonly size: number }[] {
  const names = readdirSync(pristine).filter((name) => /\.(ldb|sst|log)$|^MANIFEST/.test(name));
  const files = names.map((name) => ({ name, size: readFileSync(join(pristine, name)).length }));
  return files.filter(({ size }) => size > 0);
}

async function flipOne(pristine: string, directory: string, flip: number, count: number): Promise<FlipOutcome> {
  const files = filesOf(pristine);
  const total = files.reduce((sum, { size }) => sum + size, 0);
  let at = Math.floor(((flip + 0.5) * total) / count);
  let file = 0;
  while (at >= (files[file]?.size ?? 0)) at -= files[file++]?.size ?? 0;
  rmSync(directory, { recursive: true, force: true });
  cpSync(pristine, directory, { recursive: true });
  const path = join(directory, files[file]?.name ?? "");
  const bytes = readFileSync(path);
  bytes[at] = (bytes[at] as number) ^ (1 << (flip % 8));
  writeFileSync(path, bytes);
  const outcome = await scrubbed(directory);
  if (outcome !== "harmless") return outcome;
  return (await contentsOf(directory)) === (await contentsOf(pristine)) ? "harmless" : "unnoticed";
}

if (import.meta.main) {
  const [pristine = "", damaged = "", from, to, count] = process.argv.slice(2);
  for (let flip = Number(from); flip < Number(to); flip++) {
    process.stdout.write(`${await flipOne(pristine, damaged, flip, Number(count))}\n`);
  }
}
