import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { Operator } from "../harness/membership.ts";
import { until } from "../harness/until.ts";
import { WriteLoad } from "../harness/write-load.ts";

/** Small files of the log and frequent checkpoints, so that a few megabytes are more than is kept. */
const prunedEarly = ["--log-keep-bytes=0", "--log-segment-bytes=262144", "--checkpoint-bytes=262144"];

async function metric(endpoint: string, name: string): Promise<number> {
  const text = await (await fetch(`http://${endpoint}/metrics`)).text();
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)?.[1] ?? Number.NaN);
}

test("a new member whose cluster has pruned its log is sent the state, with writes going on; so is one that was away", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs: 500, extraArguments: prunedEarly });
  const operator = new Operator(cluster);
  const [first] = cluster.members;
  assert.ok(first !== undefined);
  const value = "x".repeat(4096);
  const fill = async (prefix: string): Promise<void> => {
    for (let at = 0; at < 400; at += 20) {
      await Promise.all(Array.from({ length: 20 }, (_, key) => cluster.client(0).put(`${prefix}/${at + key}`, value)));
    }
  };
  const isPruned = (from: number): Promise<boolean> =>
    until("the logs are pruned", 30_000, async () => {
      await cluster.client(0).put("one more", value);
      const bases = await Promise.all(
        cluster.members.slice(0, 2).map(({ endpoint }) => metric(endpoint, "quorate_raft_base_index")),
      );
      return bases.every((base) => base > from) ? true : undefined;
    });
  await fill("before");
  await isPruned(100);

  const load = new WriteLoad(cluster.clients.slice(0, 2), {
    writersPerMember: 2,
    keyPrefix: "load/",
    pauseAfterFailureMs: 50,
  });
  const fourth = cluster.member(await cluster.newMember([first.endpoint]));
  fourth.start();
  await until("it votes", 30_000, async () => ((await operator.voters()).includes(fourth.name) ? true : undefined));
  await load.stop();
  assert.equal(load.failures, 0);
  assert.equal(await metric(fourth.endpoint, "quorate_state_received_whole_total"), 1);

  // Away while more is written than the log keeps: only the difference comes.
  await cluster.untilCaughtUp();
  const away = cluster.member(2);
  await away.stop();
  const at = await metric(first.endpoint, "quorate_raft_last_index");
  await fill("after");
  await isPruned(at);
  away.start();
  await cluster.untilCaughtUp();
  const whole = await metric(away.endpoint, "quorate_state_received_whole_total");
  const increments = await metric(away.endpoint, "quorate_state_received_increments_total");
  const bytes = await metric(away.endpoint, "quorate_state_received_bytes_total");
  context.diagnostic(`the member that was away took ${bytes} bytes`);
  assert.equal(whole + increments, 1);

  // A state that is found damaged cannot be made again from a log that is pruned.
  await away.stop();
  writeFileSync(join(away.options.dataDir, "state.damaged"), "a test says so\n");
  away.start();
  await cluster.untilCaughtUp();
  assert.equal(await metric(away.endpoint, "quorate_state_received_whole_total"), 1);
  assert.match(await operator.done("verify", "state", "--timeout=30000"), /states are equal/);
});

test("a leader that is stopped with SIGTERM hands over first: writes pause shortly, and none fails", async (context) => {
  const electionTimeoutMs = 1000;
  const cluster = await Cluster.start(context, { electionTimeoutMs });
  const leader = await cluster.untilServing();
  const others = cluster.clients.filter((_, index) => index !== leader);
  const load = new WriteLoad(others, { writersPerMember: 4, keyPrefix: "load/", pauseAfterFailureMs: 50 });
  await until("writes go on", 10_000, async () => (load.acknowledged.size > 100 ? true : undefined));
  const beganAt = performance.now();
  assert.equal(await cluster.member(leader).stop(), "code 0");
  await cluster.untilServing();
  await load.stop();
  const pauseMs = Math.round(load.longestSilenceMs(beganAt, performance.now()));
  context.diagnostic(`${load.acknowledged.size} writes, the longest pause ${pauseMs} ms`);
  assert.equal(load.failures, 0);
  assert.match(cluster.member(leader).log, /transfer to .* done/);
});
