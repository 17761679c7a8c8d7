import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ClusterCalls } from "../../packages/cli/src/members/cluster.ts";
import { Cluster } from "../harness/cluster.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

/** QUORATE_TRANSFERS=50 for numbers that say something. */
const transfers = Number(process.env["QUORATE_TRANSFERS"] ?? 8);
const electionTimeoutMs = 1000;

test("the leadership is handed over again and again under load: short pauses, no write fails, no lease read is stale", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs, extraArguments: ["--read-mode=lease"] });
  const calls = new ClusterCalls({
    endpoints: cluster.members.map(({ endpoint }) => endpoint),
    timeoutMs: 10_000,
  });
  context.after(() => calls.close());
  const load = new WriteLoad(cluster.clients, { writersPerMember: 4, keyPrefix: "load/", pauseAfterFailureMs: 50 });
  await until("writes go on", 10_000, async () => (load.acknowledged.size > 100 ? true : undefined));
  const pauses: number[] = [];
  for (let count = 0; count < transfers; count++) {
    const { leader, members } = await calls.describe();
    const target = members.filter(({ id }) => id !== leader)[count % 2];
    assert.ok(target !== undefined);
    const beganAt = performance.now();
    await calls.change({ case: "transfer", value: { to: target.id } });
    await delay(100);
    pauses.push(load.longestSilenceMs(beganAt, performance.now()));
    assert.equal((await calls.describe()).leader, target.id);
    await cluster.client(count % 3).put("newest", String(count));
    for (const client of cluster.clients) assert.equal(await client.get("newest"), String(count));
  }
  await load.stop();
  pauses.sort((a, b) => a - b);
  const at = (share: number): number => Math.round(pauses[Math.ceil(share * pauses.length) - 1] ?? 0);
  context.diagnostic(
    `${transfers} transfers, ${load.acknowledged.size} writes; pauses p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (T = ${electionTimeoutMs} ms)`,
  );
  assert.equal(load.failures, 0);
});
