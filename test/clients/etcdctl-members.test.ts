import assert from "node:assert/strict";
import { test } from "node:test";
import { missingClient } from "../harness/client-target.ts";
import { Cluster } from "../harness/cluster.ts";
import { runProgram, type Ended } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcdctl", ["version"], "etcd-client");

test("etcdctl member and move-leader, unmodified", { skip }, async (context) => {
  const cluster = await Cluster.start(context, { members: 1, electionTimeoutMs: 500 });
  const run = (...args: string[]): Promise<Ended> => {
    const endpoints = cluster.members.filter(({ pid }) => pid !== undefined).map(({ endpoint }) => endpoint);
    return runProgram("etcdctl", [`--endpoints=${endpoints.join()}`, ...args], { env: { ETCDCTL_API: "3" } });
  };
  const etcdctl = async (...args: string[]): Promise<string> => {
    const ended = await run(...args);
    assert.equal(ended.code, 0, `etcdctl ${args.join(" ")}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  };
  const refused = async (says: RegExp, ...args: string[]): Promise<void> => {
    const ended = await run(...args);
    assert.notEqual(ended.code, 0);
    assert.match(ended.stderr, says);
  };
  const list = async (): Promise<readonly Listed[]> => {
    const { members } = JSON.parse(await etcdctl("member", "list", "-w", "json")) as { members: Listed[] };
    return members;
  };
  /** As etcdctl takes it; JSON numbers of 53 bits are exact. */
  const idOf = async (name: string): Promise<string> => {
    const found = (await list()).find((member) => member.name === name);
    assert.ok(found !== undefined, `${name} is listed`);
    return found.ID.toString(16);
  };
  const votes = (name: string): Promise<boolean> =>
    until(`${name} votes`, 30_000, async () =>
      (await list()).some((member) => member.name === name && member.isLearner !== true) ? true : undefined,
    );

  await context.test("member add tells what to start it with, and it becomes a voter by itself", async () => {
    const added = cluster.member(await cluster.newMember([]));
    const told = await etcdctl("member", "add", added.name, `--peer-urls=${added.peerUrl}`);
    assert.match(told, /^Member +[0-9a-f]+ added to cluster/);
    added.start(toldArguments(told));
    await votes(added.name);
  });

  await context.test("member add --learner waits for member promote", async () => {
    const learner = cluster.member(await cluster.newMember([]));
    const told = await etcdctl("member", "add", learner.name, "--learner", `--peer-urls=${learner.peerUrl}`);
    const id = /^Member +([0-9a-f]+) /.exec(told)?.[1] ?? "";
    await refused(/can only promote a learner member which is in sync with leader/, "member", "promote", id);
    learner.start(toldArguments(told));
    await until("it is promoted", 30_000, async () =>
      (await run("member", "promote", id)).code === 0 ? true : undefined,
    );
    await votes(learner.name);
    await refused(/can only promote a learner member/, "member", "promote", id);
  });

  await context.test("move-leader", async () => {
    const target = await idOf("m2");
    assert.match(await etcdctl("move-leader", target), new RegExp(`to ${target}$`, "m"));
    await refused(/bad leader transferee/, "move-leader", "abcdef");
  });

  await context.test("member update and remove, and what they refuse", async () => {
    const [{ peerURLs: taken = [] } = {}] = await list();
    await refused(/Peer URLs already exists/, "member", "add", "m9", `--peer-urls=${taken.join()}`);
    await refused(/member not found/, "member", "remove", "abcdef");
    await refused(/member not found/, "member", "update", "abcdef", "--peer-urls=http://127.0.0.1:1");
    const id = await idOf("m3");
    const urls = `--peer-urls=${cluster.member(2).peerUrl},http://127.0.0.1:1`;
    assert.match(await etcdctl("member", "update", id, urls), /updated in cluster/);
    assert.match(await etcdctl("member", "remove", id), /removed from cluster/);
    assert.equal((await list()).length, 2);
    assert.equal(await cluster.member(2).exited(), "code 0");
    await etcdctl("put", "still", "here");
  });
});

/** `quorate serve` with the settings that `etcdctl member add` prints, as etcd would be started. */
function toldArguments(told: string): readonly string[] {
  const cluster = /^ETCD_INITIAL_CLUSTER="(.*)"$/m.exec(told)?.[1];
  const state = /^ETCD_INITIAL_CLUSTER_STATE="(.*)"$/m.exec(told)?.[1];
  return ["serve", `--initial-cluster=${cluster}`, `--initial-cluster-state=${state}`];
}

interface Listed {
  readonly ID: number;
  readonly name?: string;
  readonly peerURLs?: readonly string[];
  readonly isLearner?: boolean;
}
