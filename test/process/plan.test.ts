import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

interface LivePlan {
  readonly cluster: {
    readonly kind: string;
    readonly meansOnly: boolean;
    readonly electionTimeoutMs: number | null;
    readonly members: readonly { readonly syncMs?: number; readonly problem?: string }[];
  };
  readonly advice: readonly { readonly id: string }[];
  readonly plan: {
    readonly quorum: { readonly voters: number };
    readonly latency?: { readonly leaders: readonly object[] };
  };
}

test("quorate plan reads round trips, syncs and timing of a running cluster, and notices a member that is down", async (context) => {
  const cluster = await Cluster.start(context, { members: 3 });
  const endpoints = cluster.members.map(({ endpoint }) => endpoint);
  const plan = async (): Promise<LivePlan> => {
    const { code, stdout, stderr } = await runQuorate(["plan", "--json", "--cluster", endpoints.join(",")]);
    assert.deepEqual([code, stderr], [0, ""]);
    return JSON.parse(stdout) as LivePlan;
  };
  let live = await plan();
  await until("all members are measured", 20_000, async () => {
    live = await plan();
    // Histograms, not means alone: they know of tails.
    const isMeasured = !live.cluster.meansOnly && live.cluster.members.every(({ syncMs }) => (syncMs ?? 0) > 0);
    return isMeasured && live.plan.latency !== undefined ? true : undefined;
  });
  assert.deepEqual([live.cluster.kind, live.plan.quorum.voters, live.plan.latency?.leaders.length], ["quorate", 3, 3]);
  assert.equal(live.cluster.electionTimeoutMs, 1000);
  assert.ok(!live.advice.some(({ id }) => id === "member-unreachable"));
  await cluster.members[2]?.kill();
  await until("the third is missed", 20_000, async () => {
    live = await plan();
    return live.advice.some(({ id }) => id === "member-unreachable") ? true : undefined;
  });
  assert.equal(live.cluster.members.filter(({ problem }) => problem !== undefined).length, 1);
});
