import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { test, type TestContext } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { Etcd3 } from "etcd3";
import { missingClient } from "../harness/client-target.ts";
import { Cluster } from "../harness/cluster.ts";
import { assertSameHash } from "../harness/compare-members.ts";
import { runProgram } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcdctl", ["version"], "etcd-client");
const env = { ...process.env, ETCDCTL_API: "3" };
const shortTtl = 8;

/** A program that runs on; what it has said so far. It is killed with the test. */
function running(
  context: TestContext,
  args: readonly string[],
): { child: ChildProcess; said: () => string; ended: Promise<void> } {
  const child = spawn("etcdctl", args, { env });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  child.stderr.resume();
  const ended = new Promise<void>((resolve) => child.on("close", () => resolve()));
  context.after(() => {
    child.kill("SIGKILL");
    return ended;
  });
  return { child, said: () => said, ended };
}

test("leases, locks and elections outlive a leader that is killed, and end when they should", {
  skip,
}, async (context) => {
  const cluster = await Cluster.start(context);
  const endpoints = cluster.members.map(({ endpoint }) => endpoint);
  const all = `--endpoints=${endpoints.join(",")}`;
  const client = new Etcd3({ hosts: endpoints.map((endpoint) => `http://${endpoint}`) });
  context.after(() => client.close());

  const kept = client.lease(4);
  await kept.put("kept").value("by its owner");
  const lockOfNpm = client.lock("npm-lock").ttl(4);
  await lockOfNpm.acquire();
  await assert.rejects(client.lock("npm-lock").acquire(), /Failed to acquire a lock/);
  const holder = running(context, [all, "lock", "--ttl=4", "mutex"]);
  await until("etcdctl holds its lock", 10_000, async () => (holder.said() === "" ? undefined : true));
  const candidate = running(context, [all, "elect", "top", "first"]);
  await until("etcdctl leads", 10_000, async () => (candidate.said() === "" ? undefined : true));
  const waiting = running(context, [all, "lock", "mutex", "echo", "mine"]);
  const long = client.lease(600, { autoKeepAlive: false });
  await long.put("long").value("for ten minutes");
  const grantedAtMs = performance.now();
  const short = client.lease(shortTtl, { autoKeepAlive: false });
  await short.put("short").value("left alone");

  await delay(1_500);
  const leader = await cluster.untilServing();
  await cluster.member(leader).kill();
  const next = await cluster.untilServing();
  assert.notEqual(next, leader);

  // Reading it is not keeping it alive. A lease that is left alone ends after its time: the new leader gives it what the log knows,
  // which is all of it for one so short, and an election timeout.
  let lastSeenMs = 0;
  await until("the lease that was left alone has ended", 40_000, async () => {
    const asked = performance.now();
    const isThere = (await client.get("short").string()) !== null;
    if (isThere) lastSeenMs = asked;
    else return true;
    await delay(100);
    return undefined;
  });
  const livedMs = performance.now() - grantedAtMs;
  assert.ok(lastSeenMs - grantedAtMs > 1000 * shortTtl - 250, `it was seen for ${lastSeenMs - grantedAtMs} ms only`);
  assert.ok(livedMs < 1000 * (2 * shortTtl + 12), `it lived for ${livedMs} ms`);
  assert.equal(await client.get("kept").string(), "by its owner");
  assert.equal(await client.get("long").string(), "for ten minutes");
  await assert.rejects(client.lock("npm-lock").acquire(), /Failed to acquire a lock/);
  assert.equal(waiting.said(), "", "whoever waits still waits");

  // Its session ends with it, and not before.
  holder.child.kill("SIGKILL");
  await until("whoever waited has the lock", 20_000, async () => (waiting.said().includes("mine") ? true : undefined));
  const observed = await runProgram("etcdctl", [all, "get", "top", "--prefix", "--print-value-only"], { env });
  assert.equal(observed.stdout, "first\n");

  await lockOfNpm.release();
  await client.lock("npm-lock").acquire();
  await kept.revoke();
  assert.equal(await client.get("kept").string(), null);
  cluster.member(leader).start();
  await cluster.untilCaughtUp();
  const lists = await Promise.all(
    endpoints.map((endpoint) => runProgram("etcdctl", [`--endpoints=${endpoint}`, "lease", "list"], { env })),
  );
  assert.equal(
    new Set(lists.map(({ stdout }) => stdout.split("\n").toSorted().join())).size,
    1,
    "all members know the same leases",
  );
  await assertSameHash(cluster);
});
