import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { startEtcdOn } from "../../harness/etcd-cluster.ts";
import { runProgram } from "../../harness/quorate-command.ts";
import { until } from "../../harness/until.ts";
import type { Row, Stage } from "./stage.ts";

export const maintenanceRows: readonly Row[] = [
  {
    command: "endpoint health",
    holds: "every endpoint is healthy; one where nobody serves is not",
    check: async (stage) => {
      const ended = await stage.run(["endpoint", "health", "--cluster"]);
      assert.equal(`${ended.stdout}${ended.stderr}`.match(/is healthy/g)?.length, 3);
      await stage.at("127.0.0.1:1").refused(/unhealthy/, "endpoint", "health", "--command-timeout=1s");
    },
  },
  {
    command: "endpoint status",
    holds: "three members, one of which leads; as JSON, table and fields",
    check: async (stage) => {
      const all = await stage.json<{ Status: { header: { member_id: bigint }; leader: bigint } }[]>(
        "endpoint",
        "status",
        "--cluster",
      );
      assert.equal(all.length, 3);
      assert.equal(all.filter(({ Status }) => Status.leader === Status.header.member_id).length, 1);
      assert.match(await stage.ok("endpoint", "status", "-w", "table"), /IS LEADER/);
      assert.match(await stage.ok("endpoint", "status", "-w", "fields"), /"RaftAppliedIndex" : \d+/);
    },
  },
  {
    command: "endpoint hashkv",
    holds: "the same hash on every member, with `--cluster` and `--rev`",
    check: async (stage) => {
      const rev = await stage.revision();
      const hashes = async () => {
        const all = await stage.json<{ HashKV: { hash: number } }[]>("endpoint", "hashkv", "--cluster", `--rev=${rev}`);
        return all.length === 3 && new Set(all.map(({ HashKV }) => HashKV.hash)).size === 1 ? true : undefined;
      };
      // A follower may be behind by the last entry.
      await until("all hashes are the same", 20_000, hashes);
    },
  },
  {
    command: "compaction",
    holds: "history before the revision is gone, the revision itself is readable; `--physical`; twice is refused",
    check: async (stage) => {
      await stage.ok("put", "compact", "one");
      const old = await stage.revision();
      await stage.ok("put", "compact", "two");
      const kept = await stage.revision();
      assert.equal(await stage.ok("compaction", String(kept), "--physical"), `compacted revision ${kept}\n`);
      await stage.refused(/required revision has been compacted/, "get", "compact", `--rev=${old}`);
      assert.equal(await stage.ok("get", "compact", `--rev=${kept}`), "compact\ntwo\n");
      await stage.refused(/required revision has been compacted/, "compaction", String(kept));
      await stage.refused(/required revision is a future revision/, "compaction", String(kept + 1000));
    },
  },
  {
    command: "defrag",
    holds: "every member, with `--cluster`; nothing is lost",
    check: async (stage) => {
      await stage.ok("put", "defrag", "kept");
      const told = await stage.ok("defrag", "--cluster");
      assert.equal(told.match(/^Finished defragmenting etcd member\[.*\]$/gm)?.length, 3);
      assert.equal(await stage.ok("get", "defrag"), "defrag\nkept\n");
    },
  },
  {
    command: "alarm list",
    holds: "nothing while nothing is raised, and the alarm that is",
    check: async (stage) => {
      assert.equal(await stage.ok("alarm", "list"), "");
      await raiseNoSpace(stage);
      assert.match(await stage.ok("alarm", "list"), /^memberID:\d+ alarm:NOSPACE \n$/);
      await stage.refused(/etcdserver: mvcc: database space exceeded/, "put", "alarm", "refused");
      await stage.ok("alarm", "disarm");
    },
  },
  {
    command: "alarm disarm",
    holds: "writes are taken again",
    check: async (stage) => {
      await raiseNoSpace(stage);
      assert.match(await stage.ok("alarm", "disarm"), /alarm:NOSPACE/);
      assert.equal(await stage.ok("alarm", "list"), "");
      assert.equal(await stage.ok("put", "alarm", "taken"), "OK\n");
    },
  },
  {
    command: "snapshot save",
    holds: "a file with all that is committed, and its checksum",
    check: async (stage) => {
      await stage.ok("put", "snapshot/key", "in the snapshot");
      const path = await saveSnapshot(stage);
      assert.equal(readFileSync(path).length % 512, 32, "etcd's files end with a checksum of 32 bytes");
    },
  },
  {
    command: "snapshot status",
    holds: "the revision and how many keys it holds",
    check: async (stage) => {
      const path = await saveSnapshot(stage);
      const { revision, totalKey } = await stage.json<{ revision: number; totalKey: number }>(
        "snapshot",
        "status",
        path,
      );
      assert.equal(revision, await stage.revision());
      assert.ok(totalKey > 0);
    },
  },
  {
    command: "snapshot restore",
    holds: "a data directory that etcd's own server starts on, with the same keys",
    check: async (stage) => {
      await stage.ok("put", "snapshot/key", "in the snapshot");
      const path = await saveSnapshot(stage);
      const folder = join(stage.folder, `restored-${Date.now()}`);
      const etcd = await startEtcdOn(folder, async (initial) => {
        await stage.ok("snapshot", "restore", path, `--data-dir=${folder}`, ...initial);
      });
      try {
        const args = [`--endpoints=${etcd.endpoint}`, "get", "snapshot/key"];
        const read = await runProgram("etcdctl", args, { env: { ETCDCTL_API: "3" } });
        assert.equal(read.stdout, "snapshot/key\nin the snapshot\n");
      } finally {
        await etcd.stop();
      }
    },
  },
  {
    command: "make-mirror",
    holds: "what is there is copied, and what changes follows",
    check: async (stage) => {
      await stage.ok("put", "mirror/1", "before");
      const mirror = stage.start("make-mirror", "--prefix=mirror/", "--dest-prefix=copy/", stage.endpoints[0] ?? "");
      const copied = (key: string, value: string) => async () =>
        (await stage.ok("get", key)) === value ? true : undefined;
      await until("the key is copied", 20_000, copied("copy/1", "copy/1\nbefore\n"));
      await stage.ok("put", "mirror/2", "after");
      await stage.ok("del", "mirror/1");
      await until("the change follows", 20_000, copied("copy/2", "copy/2\nafter\n"));
      await until("the deletion follows", 20_000, copied("copy/1", ""));
      await mirror.stop();
    },
  },
  {
    command: "check perf",
    holds: "the small load: 150 writes a second for a minute, with its verdict on each measure",
    slow: true,
    check: async (stage) => {
      const args = ["check", "perf", "--load=s", "--auto-compact", "--auto-defrag"];
      const ended = await stage.run(args, { timeoutMs: 180_000 });
      const told = `${ended.stdout}${ended.stderr}`;
      assert.match(told, /PASS: Throughput is \d+ writes\/s/, told);
      assert.match(told, /(PASS|Slowest request took|FAIL)/, told);
      assert.equal(await stage.ok("get", "/etcdctl-check-perf/", "--prefix", "--limit=1"), "");
    },
  },
  {
    command: "check datascale",
    holds: "the small load: 10,000 writes, and what they take of the server's memory",
    slow: true,
    check: async (stage) => {
      const args = ["check", "datascale", "--load=s", "--auto-compact", "--auto-defrag"];
      const ended = await stage.first.run(args, { timeoutMs: 180_000 });
      const told = `${ended.stdout}${ended.stderr}`;
      assert.equal(ended.code, 0, told);
      assert.match(told, /PASS: Approximate system memory used : [\d.]+ MB/, told);
    },
  },
];

async function saveSnapshot(stage: Stage): Promise<string> {
  const path = join(stage.folder, `snapshot-${Date.now()}.db`);
  // A snapshot is of one member.
  assert.match(await stage.first.ok("snapshot", "save", path), /Snapshot saved at /);
  return path;
}

/** As a member whose disk is full would. */
async function raiseNoSpace(stage: Stage): Promise<void> {
  const url = `http://${stage.endpoints[0]}/v3/maintenance/alarm`;
  const member = (await (await post(url.replace("alarm", "status"), {})).json()) as { header: { member_id: string } };
  const raised = await post(url, { action: "ACTIVATE", memberID: member.header.member_id, alarm: "NOSPACE" });
  assert.equal(raised.status, 200, await raised.text());
}

function post(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: "POST", body: JSON.stringify(body) });
}
