import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { DiskControl } from "../crash/disk-control.ts";
import { LabNetwork } from "../crash/lab-network.ts";
import { Laboratory } from "../crash/laboratory.ts";
import type { CrashReport } from "../crash/report.ts";
import { Cluster } from "../harness/cluster.ts";
import { canFindProcesses } from "../harness/process-of-port.ts";
import { root, runProgram } from "../harness/quorate-command.ts";

const skip = canFindProcesses ? false : "the crash laboratory tells members apart through /proc";
const run = ["--conditions=@quorate/source", "--disable-warning=ExperimentalWarning", join(root, "test/crash/run.ts")];

test("the crash laboratory strikes for a while, finds nothing, and says so", { skip }, async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-crash-lab-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const jsonPath = join(folder, "report.json");
  const args = [...run, "--minutes", "0.32", "--seed", "5055", "--rate", "150", "--json", jsonPath];
  const ended = await runProgram(process.execPath, args, { timeoutMs: 240_000 });
  assert.equal(ended.code, 0, ended.stdout + ended.stderr);
  assert.match(ended.stdout, /npm run crash -- --minutes 0\.32 --seed 5055/);
  assert.match(ended.stdout, /\| \d{4}-\d\d-\d\d \| .* \| none \|/);
  const report = JSON.parse(readFileSync(jsonPath, "utf8")) as CrashReport;
  context.diagnostic(ended.stdout);
  assert.deepEqual(report.findings, []);
  assert.equal(report.checkpoints, 1);
  assert.ok(Object.keys(report.faults).length > 0, "faults struck");
  assert.ok(report.keysChecked >= 24 && report.keysUndecided === 0, "every key's history was decided");
  assert.ok(report.insertsAcknowledged > 50, `${report.insertsAcknowledged} inserts were acknowledged`);
  const [, kept = ""] = /data folders, logs and history: (.*)/.exec(ended.stdout) ?? [];
  assert.ok(!existsSync(kept), "what is no evidence is removed");
});

test("a member that ends without being asked is a finding, and the evidence is kept", { skip }, async (context) => {
  const options = { minutes: 5, seed: 1, operationsPerSecond: 60, checkpointMinutes: 5, keep: false, members: false };
  const laboratory = await Laboratory.open({ ...options, jsonPath: undefined }, () => {});
  context.after(() => rmSync(laboratory.folder, { recursive: true, force: true }));
  const running = laboratory.run();
  await laboratory.cluster.untilServing();
  const { pid = 0 } = laboratory.cluster.member(1);
  process.kill(pid, "SIGKILL");
  const report = await running;
  await laboratory.close();
  assert.deepEqual(report.findings, [`m2 (pid ${pid}) ended by itself: SIGKILL`]);
  assert.equal(report.evidence, laboratory.folder);
  assert.ok(existsSync(join(laboratory.folder, "history.jsonl")));
});

test("disks and links are as slow as they are told to be, and cut links carry nothing", { skip }, async (context) => {
  const network = new LabNetwork(3);
  context.after(() => network.close());
  const cluster = await Cluster.prepare(context, {
    advertisedPeerPort: (index, peerPort) => network.advertise(index, peerPort),
    environment: (index, folder) => DiskControl.environment(folder, index),
  });
  const disks = cluster.members.map((_, index) => new DiskControl(cluster.folder, index));
  network.serve(cluster.members);
  for (const member of cluster.members) member.start();
  const leader = cluster.client(await cluster.untilServing());
  const ways = [0, 1, 2].flatMap((from) => [0, 1, 2].filter((to) => to !== from).map((to) => [from, to] as const));
  const putMs = async () => {
    const begun = performance.now();
    await leader.put("key", "value");
    return performance.now() - begun;
  };
  await putMs();

  const fastDisks = disks.map((disk) => disk.delaySyncs(250));
  assert.ok((await putMs()) >= 250, "a write waits for a sync");
  for (const undo of fastDisks) undo();

  const fastLinks = ways.map(([from, to]) => network.slow(from, to, 60));
  assert.ok((await putMs()) >= 120, "a write waits for the way to a follower and back");
  for (const undo of fastLinks) undo();
  const fastest = Math.min(await putMs(), await putMs(), await putMs(), await putMs());
  assert.ok(fastest < 120, `nothing is slow any more: ${fastest} ms`);

  const heal = ways.map(([from, to]) => network.cut(from, to));
  const put = leader.put("key", "later").then(
    () => "done",
    () => "failed",
  );
  const meanwhile = await Promise.race([put, delay(700, "waiting")]);
  assert.notEqual(meanwhile, "done");
  for (const undo of heal) undo();
  await put;
  await cluster.untilCaughtUp();
});

test("called wrongly, the crash laboratory says how and ends with 2", async () => {
  const ended = await runProgram(process.execPath, [...run, "--minutes", "some"]);
  assert.equal(ended.code, 2);
  assert.match(ended.stderr, /--minutes must be a number.*\n\nUsage: npm run crash/);
});
