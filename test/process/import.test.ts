import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { FailureError } from "../../packages/cli/src/errors.ts";
import { openSnapshotSource } from "../../packages/cli/src/import/snapshot-source.ts";
import { missingClient } from "../harness/client-target.ts";
import { ClientStory } from "../harness/client-story.ts";
import { Cluster } from "../harness/cluster.ts";
import { startEtcdCluster, type EtcdCluster } from "../harness/etcd-cluster.ts";
import { runProgram } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

/** Small numbers that are the same in every run. */
function lcg(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) >> 8;
}

const skip = await missingClient("etcd", ["--version"], "etcd-server");

interface Report {
  readonly keys: number;
  readonly leases: number;
  readonly revision: number;
  readonly contentsHash: string;
  readonly withoutPassword: readonly string[];
}

/** An etcd with history, a lease, large values, bytes that are no text, users and roles. */
async function fill(etcd: EtcdCluster): Promise<void> {
  const etcdctl = async (args: readonly string[], input = "") => {
    const all = [`--endpoints=${etcd.endpoints.join(",")}`, ...args];
    const ended = await runProgram("etcdctl", all, { env: { ETCDCTL_API: "3" }, input });
    assert.equal(ended.code, 0, ended.stderr);
    return ended.stdout;
  };
  for (let batch = 0; batch < 5; batch += 1) {
    const puts = Array.from({ length: 100 }, (_, index) => `put many/${batch}/${index} "value ${index}"`);
    await etcdctl(["txn"], `\n${puts.join("\n")}\n\n\n`);
  }
  await etcdctl(["put", "deleted", "1"]);
  await etcdctl(["put", "twice", "old"]);
  await etcdctl(["put", "twice", "new"]);
  await etcdctl(["del", "deleted"]);
  for (const name of ["a", "b", "c"]) await etcdctl(["put", `large/${name}`], name.repeat(900_000));
  await etcdctl(["put", "empty", ""]);
  const granted = await etcdctl(["lease", "grant", "300"]);
  await etcdctl(["put", "leased", "1", `--lease=${/lease (\w+)/.exec(granted)?.[1]}`]);
  await etcdctl(["role", "add", "app"]);
  await etcdctl(["role", "grant-permission", "app", "readwrite", "many/", "--prefix"]);
  await etcdctl(["user", "add", "root:root-password"]);
  await etcdctl(["user", "add", "ann:ann-password"]);
  await etcdctl(["user", "grant-role", "ann", "app"]);
}

test("an etcd is imported, running and as a snapshot, into a cluster that is empty; and back again", {
  skip,
}, async (context) => {
  const etcd = await startEtcdCluster(1);
  context.after(() => etcd.destroy());
  await fill(etcd);
  const cluster = await Cluster.start(context, { members: 1 });
  const story = new ClientStory(
    context,
    cluster.members.map(({ endpoint }) => endpoint),
  );
  const from = etcd.endpoints.join(",");
  const everything = async (endpoints: string) =>
    JSON.parse((await story.run("get", "", "--prefix", "--json", "--endpoints", endpoints)).stdout) as {
      kvs: { key: string; value: string; lease: string }[];
    };
  const contents = async (endpoints: string) =>
    (await everything(endpoints)).kvs.map(({ key, value, lease }) => ({ key, value, lease }));

  await context.test("every key, lease, user and role arrives, and the contents are compared", async () => {
    const report = await story.json<Report>("import", from);
    assert.deepEqual([report.keys, report.leases, report.withoutPassword], [506, 1, ["ann", "root"]]);
    assert.deepEqual(await contents(story.endpoints.join(",")), await contents(from));
    const lease = (await story.json<{ leases: string[] }>("lease", "list")).leases[0] ?? "";
    assert.match(await story.ok("lease", "timetolive", lease, "--keys"), /TTL\(300s\).*attached keys\(\[leased\]\)/);
    assert.match(await story.ok("role", "get", "app"), /\[many\/, many0\)/);
    assert.equal(await story.ok("user", "get", "ann"), "User: ann\nRoles: app\n");
  });

  await context.test("a cluster that is not empty is refused, and written to with --force", async () => {
    assert.match(await story.refused("import", from), /is not empty: it has 506 keys, 2 users, 1 roles/);
    assert.equal((await story.json<Report>("import", from, "--force")).keys, 506);
    assert.deepEqual(await contents(story.endpoints.join(",")), await contents(from));
  });

  await context.test("a prefix, without leases, users and roles, as of an older revision", async () => {
    await story.ok("put", "twice", "newest", "--endpoints", from);
    const { revision } = await story.json<{ revision: number }>("put", "twice", "later still", "--endpoints", from);
    const flags = ["--prefix", "twice", "--rev", String(revision - 1), "--no-leases", "--no-auth", "--force"];
    assert.equal((await story.json<Report>("import", from, ...flags)).keys, 1);
    assert.equal(await story.ok("get", "twice"), "twice\nnewest\n");
  });

  await context.test("a revision that the source has compacted is said to be so", async () => {
    const { revision } = await story.json<{ revision: number }>("put", "twice", "x", "--endpoints", from);
    await story.ok("compaction", String(revision), "--endpoints", from);
    assert.match(await story.refused("import", from, "--rev", "2", "--force"), /has compacted the revision/);
  });

  await context.test("a source with authentication wants to know who reads it", async () => {
    await story.ok("auth", "enable", "--endpoints", from);
    assert.match(await story.refused("import", from, "--force"), /user name is empty/);
    const report = await story.json<Report>("import", from, "--force", "--from-user", "root:root-password");
    assert.equal(report.keys, 506);
    await story.ok("auth", "disable", "--endpoints", from, "--user", "root:root-password");
  });

  await context.test("a snapshot carries passwords too", async () => {
    const path = join(story.folder, "snapshot.db");
    const saved = await runProgram("etcdctl", [`--endpoints=${from}`, "snapshot", "save", path], {
      env: { ETCDCTL_API: "3" },
    });
    assert.equal(saved.code, 0, saved.stderr);
    const fresh = await Cluster.start(context, { members: 1 });
    const to = ["--endpoints", fresh.member(0).endpoint];
    const report = await story.json<Report>("import", path, ...to);
    assert.deepEqual([report.keys, report.leases, report.withoutPassword], [506, 1, []]);
    assert.deepEqual(await contents(fresh.member(0).endpoint), await contents(from));
    await story.ok("auth", "enable", ...to);
    assert.equal(await story.ok("get", "many/0/0", "--user", "ann:ann-password", ...to), "many/0/0\nvalue 0\n");
    assert.match(await story.refused("get", "twice", "--user", "ann:ann-password", ...to), /permission denied/);

    const bytes = readFileSync(path);
    for (const [what, change] of [
      ["a bit", (all: Buffer) => all.writeUInt8(all.readUInt8(20_000) ^ 1, 20_000)],
      ["the first page", (all: Buffer) => all.fill(0, 0, 100)],
    ] as const) {
      const damaged = Buffer.from(bytes);
      change(damaged);
      const place = story.file("damaged.db", "");
      writeFileSync(place, damaged);
      assert.match(await story.refused("import", place, "--force"), /no sound snapshot of etcd/, what);
    }
    assert.match(await story.refused("import", story.file("text.db", "no database")), /no sound snapshot|not empty/);
  });

  await context.test(
    "a database whose pages are damaged, and that has no checksum, is refused or read: nothing else",
    async () => {
      const bytes = readFileSync(join(story.folder, "snapshot.db")).subarray(0, -32);
      const path = join(story.folder, "fuzzed.db");
      const draw = lcg(7);
      const outcomes = new Set<string>();
      for (let run = 0; run < 60; run += 1) {
        const damaged = Buffer.from(bytes);
        // Where pages begin, and their first entries.
        const pages = Math.min(40, Math.floor(bytes.length / 4096));
        for (let flip = 0; flip < 4; flip += 1) damaged[(draw() % pages) * 4096 + (draw() % 64)] = draw() % 256;
        writeFileSync(path, damaged);
        try {
          const source = await openSnapshotSource(path, new Uint8Array(0));
          try {
            for await (const records of source.records()) assert.ok(records.length > 0);
            await source.leases();
            await source.auth();
          } finally {
            await source.close();
          }
          outcomes.add("read");
        } catch (error) {
          if (!(error instanceof FailureError)) throw error;
          outcomes.add("refused");
        }
      }
      assert.deepEqual([...outcomes].toSorted(), ["read", "refused"]);
    },
  );

  await context.test("and back: etcdctl make-mirror brings an etcd what Quorate holds, and what changes", async () => {
    const mirror = await startEtcdCluster(1);
    context.after(() => mirror.destroy());
    const to = mirror.endpoints.join(",");
    const controller = new AbortController();
    const copying = runProgram("etcdctl", [`--endpoints=${story.endpoints.join(",")}`, "make-mirror", to], {
      env: { ETCDCTL_API: "3" },
      signal: controller.signal,
    }).catch(() => {});
    context.after(() => copying);
    const same = async () => {
      const [here, there] = [await everything(story.endpoints.join(",")), await everything(to)];
      const text = ({ kvs }: typeof here) => JSON.stringify(kvs.map(({ key, value }) => [key, value]));
      return text(here) === text(there) ? true : undefined;
    };
    await until("the mirror has every key", 30_000, same);
    await story.ok("put", "after", "the move");
    await story.ok("del", "empty");
    await until("the mirror follows", 30_000, same);
    controller.abort();
  });
});
