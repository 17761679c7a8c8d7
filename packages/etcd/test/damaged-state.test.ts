import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { LogFields, Logger } from "@quorate/host";
import { openLevelEngine } from "@quorate/host-node";
import { StateDamagedError } from "@quorate/replica";
import { encodeCommand, type Engine, type EngineRecord } from "@quorate/store";
import { startEtcdServer, type EtcdServer, type EtcdServerOptions } from "../src/index.ts";
import { StateDirectory } from "../src/state-directory.ts";
import { memberOptions, temporaryFolder, untilLeads } from "./support/single-member.ts";

/** A member that was stopped in order after it applied `keys` puts. */
async function stoppedMember(context: TestContext, keys = 50): Promise<{ dataDir: string; revision: number }> {
  const dataDir = join(temporaryFolder(context), "data");
  const server = await startEtcdServer(memberOptions(dataDir));
  await untilLeads(server);
  for (let at = 0; at < keys; at++) await put(server, `key${at}`, `value ${at}`);
  await server.close();
  return { dataDir, revision: keys + 1 };
}

async function put(server: EtcdServer, key: string, value: string): Promise<number> {
  const command = encodeCommand({
    type: "put",
    key: Buffer.from(key),
    value: Buffer.from(value),
    lease: 0n,
    previous: false,
    ignoreValue: false,
    ignoreLease: false,
  });
  return (await server.replica.submit(command)).revision;
}

/** Starts the member again, and closes it at the end of the test. */
async function restarted(
  context: TestContext,
  dataDir: string,
  options: Partial<EtcdServerOptions> = {},
): Promise<{ server: EtcdServer; lines: string[] }> {
  const lines: string[] = [];
  const log = (message: string, fields?: LogFields): void =>
    void lines.push(`${message} ${JSON.stringify(fields ?? {})}`);
  const logger: Logger = { debug: log, info: log, warn: log, error: log };
  const server = await startEtcdServer({ ...memberOptions(dataDir), ...options, logger });
  context.after(() => server.close().catch(() => {}));
  return { server, lines };
}

async function withEngine(dataDir: string, work: (engine: Engine) => Promise<void>): Promise<void> {
  const engine = await openLevelEngine(join(dataDir, "state"));
  await work(engine);
  await new Promise((resolve) => engine.close(resolve));
}

function historyOf(engine: Engine): Promise<readonly EngineRecord[]> {
  const snapshot = engine.snapshot();
  const iterator = snapshot.iterate({ from: Buffer.from("h"), to: Buffer.from("i") });
  return new Promise((resolve, reject) => {
    iterator.next(10_000, (error, records) => {
      iterator.close();
      snapshot.close();
      if (error === undefined) resolve(records);
      else reject(error);
    });
  });
}

async function get(server: EtcdServer, path: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${server.clientUrls[0]}${path}`);
  return { status: response.status, text: await response.text() };
}

/** The revision that a read of one member's own state tells, and the key's value. */
async function read(server: EtcdServer, key: string): Promise<{ revision: number; value: string | undefined }> {
  const response = await fetch(`${server.clientUrls[0]}/v3/kv/range`, {
    method: "POST",
    body: JSON.stringify({ key: Buffer.from(key).toString("base64"), serializable: true }),
  });
  const answer = (await response.json()) as { header: { revision: string }; kvs?: { value: string }[] };
  const value = answer.kvs?.[0]?.value;
  return {
    revision: Number(answer.header.revision),
    value: value === undefined ? undefined : Buffer.from(value, "base64").toString(),
  };
}

async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await delay(20);
  }
}

const setAside = (dataDir: string): string[] =>
  readdirSync(dataDir).filter((name) => name.startsWith("state.damaged-"));

test("a state that another process has open is not marked as damaged, whatever it looks like", {
  timeout: 60_000,
}, async (context) => {
  const { dataDir } = await stoppedMember(context);
  const holder = fork(new URL("./support/hold-state.ts", import.meta.url), [dataDir], {
    execArgv: ["--conditions=@quorate/source"],
  });
  context.after(() => holder.kill());
  await once(holder, "message");
  const state = join(dataDir, "state");
  const log = join(state, readdirSync(state).findLast((name) => name.endsWith(".log")) as string);
  const bytes = readFileSync(log);
  bytes[12] = (bytes[12] as number) ^ 1;
  writeFileSync(log, bytes);
  await assert.rejects(startEtcdServer(memberOptions(dataDir)), { name: "HostError", code: "locked" });
  assert.deepEqual(
    readdirSync(dataDir).filter((name) => name.startsWith("state.")),
    [],
  );
});

test("a state that cannot be opened is set aside, and rebuilt from the log", async (context) => {
  const { dataDir, revision } = await stoppedMember(context);
  writeFileSync(join(dataDir, "state", "CURRENT"), "nonsense");
  const { server, lines } = await restarted(context, dataDir);
  await until("the state is rebuilt", () => lines.some((line) => line.startsWith("the state is rebuilt")));
  assert.ok(lines.some((line) => /the state cannot be opened: .*damaged/.test(line)));
  assert.deepEqual(await read(server, "key49"), { revision, value: "value 49" });
  assert.deepEqual(setAside(dataDir), ["state.damaged-1"]);
  assert.equal(readFileSync(join(dataDir, "state.damaged-1", "CURRENT"), "utf8"), "nonsense");
});

test("a member whose records are damaged stops when it meets them, and a new start rebuilds the state", async (context) => {
  const { dataDir, revision } = await stoppedMember(context);
  await withEngine(dataDir, async (engine) => {
    const record = (await historyOf(engine))[7] as EngineRecord;
    const value = record.value.map((byte, index) => (index === 3 ? byte ^ 4 : byte));
    await new Promise((resolve) => engine.write([{ key: record.key, value }], resolve));
  });
  const first = await restarted(context, dataDir, { scrubIntervalMs: 100 });
  const fatal = await new Promise<Error>((resolve) => first.server.onFatal(resolve));
  assert.ok(fatal instanceof StateDamagedError);
  assert.match(fatal.message, /version record of key "key\d+" is damaged \(its checksum is wrong\)/);
  assert.ok(first.lines.some((line) => line.startsWith("the scrub of the state found damage")));
  assert.match(readFileSync(join(dataDir, "state.damaged"), "utf8"), /checksum is wrong/);
  await first.server.close().catch(() => {});

  const second = await restarted(context, dataDir, { scrubIntervalMs: 100 });
  await until("a scrub finds the rebuilt state right", () =>
    second.lines.some((line) => line.startsWith("scrubbed the state: no damage")),
  );
  assert.equal((await read(second.server, "key7")).value, "value 7");
  assert.equal((await read(second.server, "key7")).revision, revision);
  assert.equal(existsSync(join(dataDir, "state.damaged")), false);
});

test("a member that reads a damaged record for a client stops", async (context) => {
  const { dataDir } = await stoppedMember(context);
  await withEngine(dataDir, async (engine) => {
    const writes = (await historyOf(engine)).map(({ key, value }) => ({ key, value: value.subarray(1) }));
    await new Promise((resolve) => engine.write(writes, resolve));
  });
  const { server } = await restarted(context, dataDir, { scrubIntervalMs: 0 });
  const failed = new Promise<Error>((resolve) => server.onFatal(resolve));
  const answer = await get(server, "/version");
  assert.equal(answer.status, 200);
  await read(server, "key1").catch(() => {});
  assert.ok((await failed) instanceof StateDamagedError);
});

test("a member that rebuilds its state is not healthy, and no local read shows what it lacks", async (context) => {
  const { dataDir, revision } = await stoppedMember(context, 300);
  await new StateDirectory(dataDir).markDamaged("for this test");
  // An election takes longer than this: what is committed is not known before.
  const { server, lines } = await restarted(context, dataDir);
  const before = await Promise.all([
    get(server, "/health"),
    get(server, "/health?serializable=true"),
    get(server, "/metrics"),
  ]);
  const local = read(server, "key299");
  assert.equal(
    lines.some((line) => line.startsWith("the state is rebuilt")),
    false,
    "asked in time",
  );
  for (const { status, text } of before.slice(0, 2)) {
    assert.equal(status, 503);
    assert.match(text, /STATE REBUILDING/);
  }
  assert.match(before[2].text, /quorate_state_rebuilding 1/);
  assert.deepEqual(await local, { revision, value: "value 299" });
  await until("the state is rebuilt", () => lines.some((line) => line.startsWith("the state is rebuilt")));
  assert.equal((await get(server, "/health")).status, 200);
  assert.equal((await get(server, "/health?serializable=true")).status, 200);
  assert.match((await get(server, "/metrics")).text, /quorate_state_rebuilding 0/);
});

test("a start that ended in the middle of rebuilding is still rebuilding; a half-made state is not kept", async (context) => {
  const { dataDir } = await stoppedMember(context);
  const directory = new StateDirectory(dataDir);
  await directory.markDamaged("first");
  assert.equal(await directory.discard(), join(dataDir, "state.damaged-1"));
  assert.equal(await directory.damage(), undefined);
  assert.equal(await directory.isRebuilding(), true);
  await mkdir(directory.path);
  await directory.markDamaged("second");
  assert.equal(await directory.discard(), undefined, "a half-made state is removed");
  assert.deepEqual(setAside(dataDir), ["state.damaged-1"]);
  await mkdir(directory.path);
  await directory.rebuilt();
  assert.equal(await directory.isRebuilding(), false);
  await directory.markDamaged("third");
  assert.equal(await directory.discard(), join(dataDir, "state.damaged-2"));
  assert.deepEqual(setAside(dataDir), ["state.damaged-1", "state.damaged-2"], "until the new state is durable");
  await directory.rebuilt();
  assert.deepEqual(setAside(dataDir), ["state.damaged-2"]);
});

test("a crash between any two steps of discarding is finished by the next", async (context) => {
  const { dataDir } = await stoppedMember(context, 5);
  const directory = new StateDirectory(dataDir);
  // After the state was renamed and before the mark was.
  await directory.markDamaged("why");
  await rm(directory.path, { recursive: true });
  assert.equal(await directory.discard(), undefined);
  assert.equal(await directory.damage(), undefined);
  assert.equal(await directory.isRebuilding(), true);
  const { server, lines } = await restarted(context, dataDir);
  await until("the state is rebuilt", () => lines.some((line) => line.startsWith("the state is rebuilt")));
  assert.equal((await read(server, "key4")).value, "value 4");
});

test("the state of a member that runs is not discarded by a second one", async (context) => {
  const { dataDir } = await stoppedMember(context, 5);
  const { server } = await restarted(context, dataDir);
  await new StateDirectory(dataDir).markDamaged("by mistake");
  await assert.rejects(startEtcdServer(memberOptions(dataDir)), /locked/);
  assert.deepEqual(setAside(dataDir), []);
  await untilLeads(server);
  assert.ok((await put(server, "x", "y")) > 6);
});

test("a state that is wrong again and again is rebuilt three times, then the member refuses and says what to do", async (context) => {
  const { dataDir } = await stoppedMember(context, 5);
  const directory = new StateDirectory(dataDir);
  const differs = (time: number): string => `the state differs from the majority's after index 7 (time ${time})`;
  for (let time = 1; time <= 3; time++) {
    await directory.markDamaged(differs(time));
    const server = await startEtcdServer(memberOptions(dataDir));
    await untilLeads(server);
    await server.close();
  }
  const before = setAside(dataDir);
  await directory.markDamaged(differs(4));
  for (let start = 0; start < 2; start++) {
    await assert.rejects(startEtcdServer(memberOptions(dataDir)), (error: Error) => {
      assert.equal(error.name, "EtcdServerError");
      assert.match(error.message, /rebuilt from the log 3 times since 2\S+Z, and is wrong again: .*index 7 \(time 4\)/);
      assert.match(error.message, /the time before, at .*: .*\(time 3\)/);
      assert.match(error.message, /remove the file \S+state\.rebuilds and start the member again/);
      return true;
    });
  }
  assert.deepEqual(setAside(dataDir), before, "nothing is discarded");
  await rm(join(dataDir, "state.rebuilds"));
  const { server, lines } = await restarted(context, dataDir);
  await until("the state is rebuilt", () => lines.some((line) => line.startsWith("the state is rebuilt")));
  assert.ok(lines.some((line) => line.includes('"rebuilding":"1 of 3"')));
  assert.equal((await read(server, "key4")).value, "value 4");
});

test("a damaged state whose log was removed is refused: the member might vote twice", async (context) => {
  const { dataDir } = await stoppedMember(context, 5);
  const log = join(dataDir, "log");
  await rename(log, join(dataDir, "removed"));
  const starting = () => startEtcdServer(memberOptions(dataDir));
  writeFileSync(join(dataDir, "state", "CURRENT"), "nonsense");
  await assert.rejects(starting, /no log to rebuild it from/);
  const directory = new StateDirectory(dataDir);
  await directory.markDamaged("why");
  await assert.rejects(starting, /the state is damaged \(why\), and there is no log/);
  await directory.discard();
  await assert.rejects(starting, /it was being rebuilt.*no log/);

  await rename(join(dataDir, "removed"), log);
  const { server, lines } = await restarted(context, dataDir);
  await until("the state is rebuilt", () => lines.some((line) => line.startsWith("the state is rebuilt")));
  assert.equal((await read(server, "key4")).value, "value 4");
});
