import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { Operator } from "../harness/membership.ts";
import { runQuorate } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

test("a cluster whose quorum is lost goes on as a survivor alone, refuses the old members, and grows again", async (context) => {
  const cluster = await Cluster.start(context, { electionTimeoutMs: 500 });
  const operator = new Operator(cluster);
  for (let at = 0; at < 20; at++) await cluster.client(0).put(`k${at}`, `v${at}`);
  await cluster.untilCaughtUp();
  for (const member of cluster.members) await member.kill();
  const [survivor, old] = cluster.members;
  assert.ok(survivor !== undefined && old !== undefined);
  const { dataDir } = survivor.options;
  const recover = ["recover", `--data-dir=${dataDir}`, "--name=m1"];

  const asked = await runQuorate(recover);
  assert.equal(asked.code, 2);
  assert.match(asked.stderr, /--yes-i-may-lose-data/);
  const mistaken = await runQuorate(["recover", `--data-dir=${dataDir}`, "--name=m2", "--yes-i-may-lose-data"]);
  assert.equal(mistaken.code, 2);
  assert.match(mistaken.stderr, /holds the member m1/);
  const ended = await runQuorate([...recover, "--yes-i-may-lose-data"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /WARNING.*FOR GOOD/);
  assert.ok(readdirSync(dataDir).some((name) => name.startsWith("log.before-")));

  survivor.start();
  old.start();
  await until("it serves alone", 20_000, async () =>
    (await cluster.client(0).get("k19")) === "v19" ? true : undefined,
  );
  await until("the old member is refused", 20_000, async () => (/is of cluster/.test(old.log) ? true : undefined));
  await old.kill();
  assert.deepEqual(await operator.voters(), ["m1"]);
  await cluster.client(0).put("after", "recovery");
  const fourth = cluster.member(await cluster.newMember([survivor.endpoint]));
  fourth.start();
  await until("it votes", 20_000, async () => ((await operator.voters()).includes(fourth.name) ? true : undefined));
  await cluster.untilCaughtUp();
  assert.equal(await cluster.client(3).get("k0"), "v0");

  const again = await runQuorate([...recover, "--yes-i-may-lose-data"]);
  assert.equal(again.code, 1, "a member that runs is left alone");
  assert.match(again.stderr, /in use|locked|another process/i);
});
