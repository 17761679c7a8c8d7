import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { openLevelEngine } from "@quorate/host-node";
import type { Engine, EngineRecord } from "@quorate/store";
import { pointOf } from "../../packages/store/src/engine-pages.ts";
import { sealVersion, unsealVersion } from "../../packages/store/src/records.ts";
import { Cluster } from "../harness/cluster.ts";
import { assertSameHash, missingOn } from "../harness/compare-members.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

const values = "before/";
const load = { writersPerMember: 2, keyPrefix: "load/", pauseAfterFailureMs: 20 };

test("a record that is wrong though its checksum is right is found by comparing members, and the state is rebuilt", async (context) => {
  const world = await prepare(context, ["--corrupt-check-time=1s", "--scrub-interval=0"]);
  const { cluster, victim, written } = world;
  await cluster.member(victim).stop();
  const key = `${values}17`;
  await rewrite(world.stateDirectory, key, Buffer.from("never written".padEnd(written.get(key)?.length ?? 0)));
  const counted = join(world.stateDirectory, "../state.rebuilds");
  cluster.member(victim).start();
  await assertRebuilt(
    world,
    /stopped: this member's state is damaged: .* differs from the majority's .*for the second time/,
  );
  // It was counted, so that it is not rebuilt for ever; now that all agree, it is forgotten.
  await until("all agree and the count is dropped", 30_000, async () => !existsSync(counted) || undefined);
  assert.match(cluster.member(victim).log, /the rebuilt state equals those of the other members/);
  for (const [index, { log, name }] of cluster.members.entries()) {
    if (index !== victim) assert.match(log, /the state of member [0-9a-f]+ differs from the majority's/, name);
  }
});

test("a byte that flipped in a table of the engine is found by the scrub, and the state is rebuilt", async (context) => {
  const world = await prepare(context, ["--corrupt-check-time=0", "--scrub-interval=10s"]);
  const { cluster, victim, written } = world;
  // LevelDB makes a table of its log when it opens.
  await cluster.member(victim).stop();
  const engine = await openLevelEngine(world.stateDirectory);
  await closed(engine);
  flipInTables(world.stateDirectory, written);
  cluster.member(victim).start();
  await assertRebuilt(world, /stopped: this member's state is damaged: the \w+ record of key .* is damaged/);
  assert.match(cluster.member(victim).log, /the scrub of the state found damage/);
});

test("an engine that does not open is set aside, and the state is rebuilt", async (context) => {
  const world = await prepare(context, []);
  const { cluster, victim } = world;
  await cluster.member(victim).stop();
  for (const name of readdirSync(world.stateDirectory)) {
    if (name.startsWith("MANIFEST")) writeFileSync(join(world.stateDirectory, name), randomBytes(4096));
  }
  cluster.member(victim).start();
  await assertRebuilt(world, /the state cannot be opened/);
});

interface DamageWorld {
  readonly cluster: Cluster;
  readonly victim: number;
  readonly stateDirectory: string;
  readonly written: ReadonlyMap<string, string>;
  readonly writes: WriteLoad;
  readonly pids: readonly (number | undefined)[];
}

/** Three members with something written, a load on the two that stay well, and a follower to be damaged. */
async function prepare(context: TestContext, extraArguments: readonly string[]): Promise<DamageWorld> {
  const cluster = await Cluster.start(context, { extraArguments });
  const leader = await cluster.untilServing();
  const victim = (leader + 1) % cluster.members.length;
  const written = new Map<string, string>();
  for (let at = 0; at < 100; at++) {
    const value = randomBytes(150).toString("base64");
    await cluster.client(leader).put(`${values}${at}`, value);
    written.set(`${values}${at}`, value);
  }
  await cluster.untilCaughtUp();
  const others = cluster.clients.filter((_, index) => index !== victim);
  const writes = new WriteLoad(others, load);
  context.after(() => writes.stop());
  const pids = cluster.members.map(({ pid }) => pid);
  return { cluster, victim, stateDirectory: join(cluster.folder, `m${victim + 1}`, "state"), written, writes, pids };
}

/** The damaged member says so and has its state rebuilt, in one process; the others never stop, and nothing is lost. */
async function assertRebuilt(world: DamageWorld, said: RegExp): Promise<void> {
  const { cluster, victim, written, writes, pids } = world;
  const member = cluster.member(victim);
  const pid = member.pid;
  const logEnds = (): string => cluster.members.map(({ name, log }) => `\n--- ${name}\n${log.slice(-3000)}`).join("");
  await until("the member says what is damaged", 60_000, async () => said.test(member.log) || undefined, logEnds);
  const isRebuilt = async () => member.log.includes('"the state is rebuilt"') || undefined;
  await until("the member has rebuilt its state", 60_000, isRebuilt, logEnds);
  assert.equal(member.pid, pid, "the damaged member's process went on");
  await writes.stop();
  assert.ok(writes.acknowledged.size > 100, `only ${writes.acknowledged.size} writes were acknowledged`);
  await cluster.untilCaughtUp(60_000);
  for (const client of cluster.clients) {
    assert.deepEqual(await missingOn(client, values, written), []);
    assert.deepEqual(await missingOn(client, load.keyPrefix, writes.acknowledged), []);
  }
  await assertSameHash(cluster);
  for (const [index, other] of cluster.members.entries()) {
    if (index !== victim) assert.equal(other.pid, pids[index], `${other.name} never stopped`);
  }
  const aside = readdirSync(join(world.stateDirectory, "..")).filter((name) => name.startsWith("state.damaged"));
  assert.deepEqual(aside, ["state.damaged-1"]);
  const verified = await runQuorate(["verify", "state", "--endpoints", member.endpoint, "--json"]);
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  assert.equal((JSON.parse(verified.stdout) as { verdict: string }).verdict, "equal");
}

/** Gives one version of a key another value, as if it had been written so. */
async function rewrite(directory: string, key: string, value: Uint8Array): Promise<void> {
  const engine = await openLevelEngine(directory);
  const record = (await historyOf(engine)).find(
    (one) => Buffer.from(pointOf(one.key).key, "latin1").toString() === key,
  );
  assert.ok(record);
  const point = pointOf(record.key);
  const version = unsealVersion(point.key, point.revision, point.isPut, record.value, record.key);
  assert.equal(version.value?.length, value.length, "its metadata stays right");
  const sealed = sealVersion(record.key, { ...version, value });
  await new Promise<void>((resolve, reject) => {
    engine.write([{ key: record.key, value: sealed }], (error) => (error === undefined ? resolve() : reject(error)));
  });
  await closed(engine);
}

function historyOf(engine: Engine): Promise<readonly EngineRecord[]> {
  const snapshot = engine.snapshot();
  const iterator = snapshot.iterate({ from: Buffer.from("h"), to: Buffer.from("i") });
  return new Promise((resolve, reject) => {
    iterator.next(100_000, (error, records) => {
      iterator.close();
      snapshot.close();
      if (error === undefined) resolve(records);
      else reject(error);
    });
  });
}

function closed(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.close((error) => (error === undefined ? resolve() : reject(error)));
  });
}

/** Flips a bit in the middle of a value, wherever a table of the engine holds one. */
function flipInTables(directory: string, written: ReadonlyMap<string, string>): void {
  for (const name of readdirSync(directory).filter((one) => /\.(ldb|sst)$/.test(one))) {
    const path = join(directory, name);
    const bytes = readFileSync(path);
    for (const value of written.values()) {
      const at = bytes.indexOf(value.slice(20, 80));
      if (at < 0) continue;
      bytes[at + 30] = (bytes[at + 30] ?? 0) ^ 1;
      writeFileSync(path, bytes);
      return;
    }
  }
  assert.fail(`no table in ${readdirSync(directory).join(", ")} holds a value`);
}
