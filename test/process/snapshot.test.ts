import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

test("a backup is saved under load, checked, and a new cluster begins with it", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs: 500 });
  const load = new WriteLoad(cluster.clients, { writersPerMember: 2, keyPrefix: "load/", pauseAfterFailureMs: 50 });
  await until("writes go on", 10_000, async () => (load.acknowledged.size > 100 ? true : undefined));
  const before = new Map(load.acknowledged);
  const file = join(cluster.folder, "backup.qrb");
  const saved = await runQuorate(["snapshot", "save", file, "--json", `--endpoints=${cluster.member(1).endpoint}`]);
  assert.equal(saved.code, 0, saved.stderr);
  const { revision } = JSON.parse(saved.stdout) as { revision: number };
  const nowhere = join(cluster.folder, "no-such-folder", "backup.qrb");
  const notSaved = await runQuorate(["snapshot", "save", nowhere, `--endpoints=${cluster.member(1).endpoint}`]);
  assert.deepEqual(
    [notSaved.code, /^quorate: .* was not saved: ENOENT/.test(notSaved.stderr)],
    [1, true],
    notSaved.stderr,
  );
  await load.stop();
  assert.equal(load.failures, 0);
  const expected = await cluster.client(0).hash(revision);
  for (const member of cluster.members) await member.kill();

  const status = await runQuorate(["snapshot", "status", file]);
  assert.equal(status.code, 0, status.stderr);
  assert.match(status.stdout, /is sound/);
  const bytes = readFileSync(file);
  const damaged = join(cluster.folder, "damaged.qrb");
  bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
  writeFileSync(damaged, bytes);
  assert.equal((await runQuorate(["snapshot", "status", damaged])).code, 1);

  const restored = await Cluster.prepare(context, { electionTimeoutMs: 500 });
  const restore = async (path: string, index: number) => {
    const { name, dataDir, initialCluster, token } = restored.member(index).options;
    return runQuorate([
      "snapshot",
      "restore",
      path,
      `--name=${name}`,
      `--data-dir=${dataDir}`,
      `--initial-cluster=${initialCluster}`,
      `--initial-cluster-token=${token}`,
      `--initial-advertise-peer-urls=${restored.member(index).peerUrl}`,
      "--election-timeout=500",
    ]);
  };
  assert.equal((await restore(damaged, 0)).code, 1, "a damaged one leaves nothing behind");
  for (const index of [0, 1, 2]) {
    const ended = await restore(file, index);
    assert.equal(ended.code, 0, ended.stderr);
  }
  assert.equal((await restore(file, 0)).code, 1, "it is not empty any more");
  for (const member of restored.members) member.start();
  await restored.untilServing();
  for (const client of restored.clients) assert.equal(await client.hash(revision), expected);
  const found = await restored.client(2).readAll("load/", 1000);
  for (const [key, value] of before) assert.equal(found.get(key), value, key);
  assert.ok((await restored.client(0).put("after", "the restore")) > revision);
});
