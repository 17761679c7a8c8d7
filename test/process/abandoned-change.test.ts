import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { memberNumber, Operator } from "../harness/membership.ts";
import { until } from "../harness/until.ts";

/** Long: until then new voters that stand still count as heard, and the leader does not give the change up by itself. */
const changeTimeoutMs = 15_000;

test("a change whose new voters stand still is given up by an operator, and made when they go on", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs: 1000 });
  const operator = new Operator(cluster);
  const newcomers: string[] = [];
  for (let count = 0; count < 2; count++) {
    const endpoints = cluster.members.filter(({ pid }) => pid !== undefined).map(({ endpoint }) => endpoint);
    const member = cluster.member(await cluster.newMember(endpoints));
    await operator.done("member", "add", member.name, `--peer-urls=${member.peerUrl}`, "--learner");
    member.start();
    newcomers.push(member.name);
  }
  const leader = cluster.member(await cluster.untilServing()).name;
  const wanted = [leader, ...newcomers].join();
  await until("the newcomers have caught up", 30_000, async () => {
    const { members, lastIndex } = await operator.describe();
    const behind = members.filter(
      ({ name, progress }) => newcomers.includes(name) && (progress?.matchIndex ?? 0n) < lastIndex,
    );
    return behind.length === 0 ? true : undefined;
  });
  const signal = (name: "SIGSTOP" | "SIGCONT"): void => {
    for (const newcomer of newcomers) cluster.member(memberNumber(newcomer)).signal(name);
  };
  const serving = new Operator(cluster, (name) => !newcomers.includes(name));

  await operator.done("timing", "set", `--election-timeout=${changeTimeoutMs}`);
  signal("SIGSTOP");
  const setting = serving.run("members", "set", wanted, "--force");
  await until("the change has begun", changeTimeoutMs, async () =>
    (await serving.describe()).isJoint ? true : undefined,
  );
  assert.match(await serving.done("members", "abandon"), /given up/);
  const ended = await setting;
  assert.notEqual(ended.code, 0, "whoever asked for the change hears that it was not made");
  assert.match(ended.stderr, /given up|abandoned/);
  assert.deepEqual(await serving.voters(), ["m1", "m2", "m3"]);
  await cluster.client(memberNumber(leader)).put("after", "the old voters decide again");

  signal("SIGCONT");
  await until("the same change is made", 30_000, async () =>
    (await operator.run("members", "set", wanted)).code === 0 ? true : undefined,
  );
  assert.deepEqual(await operator.voters(), wanted.split(",").sort());
});
