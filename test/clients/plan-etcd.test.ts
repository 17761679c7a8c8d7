import assert from "node:assert/strict";
import { test } from "node:test";
import { missingClient } from "../harness/client-target.ts";
import { startEtcdCluster } from "../harness/etcd-cluster.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcd", ["--version"], "etcd-server");

test("quorate plan reads the histograms of etcd's own server", { skip }, async (context) => {
  const etcd = await startEtcdCluster(3);
  context.after(() => etcd.destroy());
  await until("etcd has measured every way", 60_000, async () => {
    const { code, stdout, stderr } = await runQuorate(["plan", "--json", "--cluster", etcd.endpoints.join(",")]);
    assert.deepEqual([code, stderr], [0, ""]);
    const { cluster, plan } = JSON.parse(stdout);
    assert.deepEqual(
      [cluster.kind, cluster.meansOnly, cluster.electionTimeoutMs, plan.quorum.voters],
      ["etcd", false, null, 3],
    );
    const ways = cluster.members.map(({ roundTripMs }: { roundTripMs: object }) => Object.keys(roundTripMs).length);
    return ways.join() === "2,2,2" && plan.latency.leaders.length === 3 ? true : undefined;
  });
});
