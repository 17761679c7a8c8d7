import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test, type TestContext } from "node:test";
import { Etcd3 } from "etcd3";
import { missingClient } from "../harness/client-target.ts";
import { Cluster } from "../harness/cluster.ts";
import { Operator } from "../harness/membership.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcdctl", ["version"], "etcd-client");

/** An etcdctl that watches, and what it says. */
function etcdctlWatch(context: TestContext, endpoints: readonly string[], ...args: string[]) {
  const child = spawn("etcdctl", [`--endpoints=${endpoints.join(",")}`, "watch", ...args], {
    env: { ...process.env, ETCDCTL_API: "3" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => (said += text));
  }
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  context.after(() => {
    child.kill("SIGKILL");
    return ended;
  });
  return { said: () => said, ended };
}

/** Values that were put, of etcdctl's output: "PUT", the key and the value, a line each. */
function putValues(said: string): string[] {
  return [...said.matchAll(/PUT\nload\n(.*)\n/g)].map(([, value]) => value ?? "");
}

/** Members whose logs are dropped at once, so that whoever was away for long is sent the state. */
const extraArguments = ["--log-keep-bytes=0", "--log-segment-bytes=65536", "--checkpoint-bytes=65536"];

test("watches of etcdctl and etcd3, unmodified", { skip }, async (context) => {
  const cluster = await Cluster.start(context, { extraArguments, electionTimeoutMs: 500 });
  const leader = await cluster.untilServing();
  const [first, second] = [(leader + 1) % 3, (leader + 2) % 3];
  // A follower comes first, so that writing goes on when it is gone.
  const inOrder = [first, second, leader].map((index) => cluster.member(index).endpoint);
  const writer = new Etcd3({ hosts: `http://${cluster.member(leader).endpoint}` });
  context.after(() => writer.close());
  const operator = new Operator(cluster, (name) => name !== cluster.member(second).name);
  const wanted: string[] = [];
  const write = async (count: number): Promise<void> => {
    for (let index = 0; index < count; index++) {
      wanted.push(String(wanted.length));
      await writer.put("load").value(wanted.at(-1) ?? "");
    }
  };

  await context.test("they go on at another member when theirs is killed, and miss nothing", async (context) => {
    const watching = etcdctlWatch(context, inOrder, "load", "--rev=1");
    const client = new Etcd3({ hosts: inOrder.map((endpoint) => `http://${endpoint}`) });
    context.after(() => client.close());
    const values: string[] = [];
    const watcher = await client.watch().key("load").startRevision("1").create();
    watcher.on("put", ({ value }) => values.push(value.toString()));
    const allTold = async (): Promise<true | undefined> =>
      values.length >= wanted.length && putValues(watching.said()).length >= wanted.length ? true : undefined;
    await write(50);
    await until("both have been told", 10_000, allTold);
    await cluster.member(first).kill();
    await write(100);
    cluster.member(first).start();
    await write(50);
    await until("both have been told of everything", 30_000, allTold);
    assert.deepEqual(putValues(watching.said()), wanted);
    assert.deepEqual(values, wanted);
    await watcher.cancel();
  });

  await context.test("a member that was sent the state tells of everything that it has skipped", async (context) => {
    await cluster.untilCaughtUp();
    const watching = etcdctlWatch(context, [cluster.member(second).endpoint], "load", "--rev=1");
    const allTold = async (): Promise<true | undefined> =>
      putValues(watching.said()).length >= wanted.length ? true : undefined;
    await until("it watches", 10_000, allTold);
    cluster.member(second).signal("SIGSTOP");
    const filler = "x".repeat(4000);
    const more = async (): Promise<void> => {
      await write(1);
      await Promise.all([1, 2, 3].map((other) => writer.put(`filler/${wanted.length}/${other}`).value(filler)));
    };
    // What was sent before its silence was noticed lies in its sockets, and it has that as soon as it goes on.
    const noticedAt = performance.now() + 3000;
    while (performance.now() < noticedAt) await more();
    const { lastIndex } = await operator.describe();
    await until("the log begins behind all that was sent to it", 60_000, async () => {
      await more();
      return (await operator.describe()).baseIndex > lastIndex ? true : undefined;
    });
    cluster.member(second).signal("SIGCONT");
    await until("it was told", 30_000, allTold);
    assert.deepEqual(putValues(watching.said()), wanted);
    assert.match(cluster.member(second).log, /the state is now as of/, "it was sent the state");
  });

  await context.test(
    "a member without a leader ends them, so that their clients can turn elsewhere",
    async (context) => {
      const watching = etcdctlWatch(context, [cluster.member(second).endpoint], "k");
      await cluster.member(leader).kill();
      await cluster.member(first).kill();
      await watching.ended;
      assert.match(watching.said(), /no leader/);
    },
  );
});
