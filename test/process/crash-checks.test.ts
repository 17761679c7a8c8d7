import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { RandomStreams } from "../../packages/simulator/src/random-streams.ts";
import { differingHashes } from "../crash/checkpoint.ts";
import { HistoryFile } from "../crash/history-file.ts";
import { Inserts } from "../crash/inserts.ts";
import type { CompareAndPut, KeyValueClient, Outcome } from "../crash/lab-client.ts";
import { parseOptions, WrongUse } from "../crash/options.ts";
import type { KeyOperation } from "../crash/register-history.ts";
import { problemOfKey } from "../crash/register-history.ts";
import { Registers } from "../crash/registers.ts";
import { Resources } from "../crash/resources.ts";

/** A system in memory that keeps every promise, until a test makes it break one. */
class FakeSystem implements KeyValueClient {
  readonly held = new Map<string, string>();

  async put(key: string, value: string): Promise<Outcome<true>> {
    await pause();
    this.held.set(key, value);
    await pause();
    return { kind: "done", value: true };
  }

  async read(key: string): Promise<Outcome<string | undefined>> {
    await pause();
    const value = this.held.get(key);
    await pause();
    return { kind: "done", value };
  }

  async compareAndPut(key: string, expected: string, value: string): Promise<Outcome<CompareAndPut>> {
    await pause();
    const found = this.held.get(key);
    if (found === expected) this.held.set(key, value);
    await pause();
    return { kind: "done", value: found === expected ? { put: true } : { put: false, found } };
  }
}

/** Now and then answers a read with what it read before: a phantom leader. */
class StaleReads extends FakeSystem {
  readonly #before = new Map<string, string | undefined>();
  #reads = 0;

  override async read(key: string): Promise<Outcome<string | undefined>> {
    this.#reads += 1;
    const stale = this.#reads % 20 === 0 && this.#before.has(key);
    const answer = await super.read(key);
    if (stale) return { kind: "done", value: this.#before.get(key) };
    if (answer.kind === "done") this.#before.set(key, answer.value);
    return answer;
  }
}

/** Acknowledges some writes and forgets them. */
class LostWrites extends FakeSystem {
  #puts = 0;

  override async put(key: string, value: string): Promise<Outcome<true>> {
    this.#puts += 1;
    return this.#puts % 20 === 0 ? { kind: "done", value: true } : super.put(key, value);
  }
}

/** Says of some writes that they were not done and never will be, and does them later. */
class FalseRefusals extends FakeSystem {
  #puts = 0;

  override async put(key: string, value: string): Promise<Outcome<true>> {
    const answer = await super.put(key, value);
    this.#puts += 1;
    return this.#puts % 20 === 0 ? { kind: "refused" } : answer;
  }
}

/** Loses answers, keeps promises: half of what is lost is done. */
class LostAnswers extends FakeSystem {
  #puts = 0;

  override async put(key: string, value: string): Promise<Outcome<true>> {
    this.#puts += 1;
    if (this.#puts % 10 === 0) return { kind: "unknown" };
    const answer = await super.put(key, value);
    return this.#puts % 10 === 5 ? { kind: "unknown" } : answer;
  }
}

const systems: readonly { what: string; system: () => FakeSystem; wrong: boolean }[] = [
  { what: "a system that keeps its promises", system: () => new FakeSystem(), wrong: false },
  { what: "a system that loses answers", system: () => new LostAnswers(), wrong: false },
  { what: "stale reads", system: () => new StaleReads(), wrong: true },
  { what: "lost writes", system: () => new LostWrites(), wrong: true },
  { what: "writes that were refused and done", system: () => new FalseRefusals(), wrong: true },
];

for (const { what, system, wrong } of systems) {
  test(`the crash laboratory ${wrong ? "reports" : "finds nothing in"} ${what}`, async (context) => {
    const violations: string[] = [];
    const one = system();
    const registers = new Registers({
      clients: [one, one, one],
      streams: new RandomStreams(3),
      history: historyIn(context),
      slots: 4,
      operationsPerKey: 100,
      operationsPerSecond: 2000,
      acknowledged: () => {},
      violation: (_, { text }) => violations.push(text),
    });
    registers.start();
    await delay(1500);
    await registers.stop();
    assert.ok(registers.keysChecked > 8, `only ${registers.keysChecked} keys were checked`);
    assert.equal(registers.keysUndecided, 0);
    if (wrong) assert.match(violations[0] ?? "nothing was reported", /not linearizable|did not take it/);
    else assert.deepEqual(violations, []);
  });
}

test("a compare-and-put that found what it expected and did not put is reported", () => {
  const times = { client: "a", callUs: 1, returnUs: 2 };
  const history: readonly KeyOperation[] = [
    { ...times, key: "k", kind: "write", value: "v" },
    { ...times, key: "k", kind: "cas", expected: "v", value: "w", found: "v" },
  ];
  const problem = problemOfKey(history);
  assert.match(typeof problem === "object" ? problem.text : "", /did not take it/);
});

test("an acknowledged insert that is absent, a refused one that is there and a changed one are reported", async (context) => {
  const honest = new FakeSystem();
  const inserts = await insertInto(context, honest);
  assert.deepEqual(await inserts.problemsOn(memberOf(honest)), []);

  honest.held.delete("insert/m1/2");
  assert.deepEqual(await inserts.problemsOn(memberOf(honest)), ["insert/m1/2 is acknowledged and absent"]);
  honest.held.set("insert/m1/2", "another value");
  assert.deepEqual(await inserts.problemsOn(memberOf(honest)), ["insert/m1/2 holds another value"]);

  const lying = new FalseRefusals();
  const refused = await insertInto(context, lying);
  assert.match((await refused.problemsOn(memberOf(lying))).join(), /insert\/m1\/\d+ was refused and is there/);
});

test("members that hash differently, or stand at different revisions, are reported", async () => {
  const member = (revision: number, hash: number) => ({
    revision: () => Promise.resolve(revision),
    hash: () => Promise.resolve(hash),
  });
  assert.deepEqual(await differingHashes([member(7, 1), member(7, 1), member(7, 1)]), []);
  assert.match(
    (await differingHashes([member(7, 1), member(7, 2), member(7, 1)])).join(),
    /hashes at revision 7 differ/,
  );
  assert.match((await differingHashes([member(7, 1), member(8, 1), member(7, 1)])).join(), /revisions differ/);
});

test("descriptors that pile up are reported by kind", { skip: process.platform !== "linux" }, (context) => {
  const folder = folderOf(context);
  const resources = new Resources();
  const members = [{ name: "m1", pid: process.pid, options: { dataDir: folder } }];
  resources.takeBaseline(members);
  assert.deepEqual(resources.leakedDescriptors(members), []);
  const path = join(folder, "one file");
  writeFileSync(path, "held open many times");
  const descriptors = Array.from({ length: 60 }, () => openSync(path, "r"));
  context.after(() => descriptors.forEach((descriptor) => closeSync(descriptor)));
  assert.match(resources.leakedDescriptors(members).join(), /m1 holds \d+ descriptors of kind file/);
});

test("a heap whose floor rises is reported, and one that swings is not", () => {
  const minute = 60_000;
  const heapAt = (heap: (minutes: number) => number) => {
    const resources = new Resources();
    for (let ms = 0; ms < 30 * minute; ms += 10_000) {
      resources.add("m1", 1, { atMs: ms, heapMiB: heap(ms / minute), rssMiB: 200 });
    }
    return resources.leakedMemory();
  };
  assert.deepEqual(
    heapAt((minutes) => 60 + 80 * (minutes % 1)),
    [],
  );
  assert.match(
    heapAt((minutes) => 60 + 80 * (minutes % 1) + 5 * minutes).join(),
    /m1: the floor of its heap has grown/,
  );
});

test("wrong options of the crash laboratory are refused with what is right", () => {
  for (const [args, says] of [
    [["--minutes", "none"], /--minutes must be a number/],
    [["--seed", "1.5"], /--seed must be a whole number/],
    [["--rate", "0"], /--rate must be a number from 6/],
    [["--hours", "1"], /Unknown option '--hours'/],
  ] as const) {
    assert.throws(
      () => parseOptions(args, () => 0),
      (error: Error) => error instanceof WrongUse && says.test(error.message),
    );
  }
  assert.equal(
    parseOptions(["--help"], () => 0),
    undefined,
  );
  assert.equal(parseOptions([], () => 42)?.seed, 42);
});

async function insertInto(context: TestContext, system: FakeSystem): Promise<Inserts> {
  const inserts = new Inserts({
    clients: [system],
    history: historyIn(context),
    insertsPerSecond: 500,
    acknowledged: () => {},
  });
  inserts.start();
  await delay(500);
  await inserts.stop();
  assert.ok(inserts.count > 25, `only ${inserts.count} inserts`);
  return inserts;
}

/** The fake as a member's own state. */
function memberOf({ held }: FakeSystem) {
  return {
    async forEach(prefix: string, _: number, visit: (key: string, value: string) => void): Promise<void> {
      for (const [key, value] of held) if (key.startsWith(prefix)) visit(key, value);
    },
  };
}

function historyIn(context: TestContext): HistoryFile {
  const history = new HistoryFile(join(folderOf(context), "history.jsonl"));
  context.after(() => history.close());
  return history;
}

function folderOf(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-crash-checks-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function pause(): Promise<unknown> {
  return delay(Math.random() * 4);
}
