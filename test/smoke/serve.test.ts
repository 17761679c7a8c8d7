import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { runQuorate } from "../harness/quorate-command.ts";

// Run by every release line of Node.js that is supported; the member processes run on the same one as this test.

test(`three members serve on Node.js ${process.version}`, async (context) => {
  const cluster = await Cluster.start(context);
  const endpoints = cluster.members.map(({ endpoint }) => endpoint).join(",");
  const quorate = async (...args: string[]) => {
    const ended = await runQuorate([...args, "--endpoints", endpoints]);
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };

  assert.equal(await quorate("put", "greeting", "hello"), "OK\n");
  assert.equal(await quorate("get", "greeting"), "greeting\nhello\n");
  const answer = JSON.parse(await quorate("get", "greeting", "--json")) as { count: number; kvs: object[] };
  assert.equal(answer.count, 1);
  assert.match(await quorate("status"), /leader/);

  const leader = await cluster.untilServing();
  await cluster.member(leader).kill();
  await cluster.untilServing();
  assert.equal(await quorate("get", "greeting"), "greeting\nhello\n");
  cluster.member(leader).start();
  await cluster.untilCaughtUp();
  assert.equal(await quorate("del", "greeting"), "1\n");
  for (const member of cluster.members) assert.equal(await member.stop(), "code 0");
});
