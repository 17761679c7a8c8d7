import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "../harness/cluster.ts";
import { runProgram } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const quotaBytes = 4 * 1024 * 1024;
const noSpace = /database space exceeded/;

interface EndpointStatus {
  readonly Status: { readonly dbSize: number; readonly header: { readonly revision: number } };
}

async function start(context: Parameters<typeof Cluster.start>[0]) {
  const cluster = await Cluster.start(context, { extraArguments: [`--quota-backend-bytes=${quotaBytes}`] });
  const endpoints = cluster.members.map(({ endpoint }) => endpoint).join(",");
  const etcdctl = async (...args: readonly string[]): Promise<string> => {
    const ran = await runProgram("etcdctl", [`--endpoints=${endpoints}`, "--command-timeout=20s", ...args], {
      env: { ETCDCTL_API: "3" },
    });
    assert.equal(ran.code, 0, `etcdctl ${args.join(" ")}: ${ran.stderr}`);
    return ran.stdout;
  };
  const statuses = async (): Promise<EndpointStatus["Status"][]> =>
    (JSON.parse(await etcdctl("endpoint", "status", "--write-out=json")) as EndpointStatus[]).map(
      ({ Status }) => Status,
    );
  const newest = async (): Promise<number> => Math.max(...(await statuses()).map(({ header }) => header.revision));
  /** Writes until that is refused. */
  const fill = async (keyOf: (at: number) => string, value: string): Promise<void> => {
    for (let at = 0; at < 20_000; at++) {
      const refused = await cluster
        .client(at % 3)
        .put(keyOf(at), value)
        .then(
          () => undefined,
          (error: unknown) => error,
        );
      if (refused === undefined) continue;
      assert.match(refused instanceof Error ? refused.message : "", noSpace);
      return;
    }
    assert.fail("nothing was refused");
  };
  return { cluster, etcdctl, statuses, newest, fill };
}

test("a cluster at its quota is brought back by a compaction of any kind, on every member, as with etcd", async (context) => {
  const { cluster, etcdctl, statuses, newest, fill } = await start(context);
  const large = "x".repeat(100_000);
  const putEverywhere = async (what: string): Promise<void> => {
    for (const client of cluster.clients) await client.put(what, large);
  };
  const shrinks = (below: number) =>
    until("every member's dbSize falls", 10_000, async () =>
      (await statuses()).every(({ dbSize }) => dbSize < below) ? true : undefined,
    );

  await fill((at) => `key ${at % 3}`, large);
  assert.match(await etcdctl("alarm", "list"), /NOSPACE/);
  // A checkpoint comes by itself every 30 s: nobody waits for that.
  await etcdctl("compaction", String(await newest()));
  await shrinks(quotaBytes / 4);
  await etcdctl("alarm", "disarm");
  await putEverywhere("after a compaction");

  await fill((at) => `key ${at}`, large);
  await etcdctl("del", "key", "--prefix");
  await etcdctl("compaction", String(await newest()));
  // etcd's runbook. A member that has not heard yet of the compaction has nothing to wait for.
  await etcdctl("defrag");
  await shrinks(quotaBytes / 4);
  await etcdctl("alarm", "disarm");
  await putEverywhere("after a defragmentation");
  assert.equal(await etcdctl("alarm", "list"), "");
});

test("the journal of long keys comes and goes, and does not fill the quota for good", async (context) => {
  const { cluster, etcdctl, statuses, newest, fill } = await start(context);
  for (let round = 0; round < 3; round++) {
    await fill((at) => `${at % 2}${".".repeat(20_000)}`, "");
    await etcdctl("compaction", String(await newest()));
    await until("every member's dbSize falls", 10_000, async () =>
      (await statuses()).every(({ dbSize }) => dbSize < quotaBytes * 0.75) ? true : undefined,
    );
    await etcdctl("alarm", "disarm");
    for (const client of cluster.clients) await client.put("a", "b");
  }
});
