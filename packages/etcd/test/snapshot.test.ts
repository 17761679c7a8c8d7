import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { etcdIsInstalled, startEtcd } from "./support/real-etcd.ts";
import { startSingleMember, temporaryFolder } from "./support/single-member.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to restore into`);

type Answer = Record<string, unknown>;

async function ask(url: string, path: string, body: unknown): Promise<Answer> {
  const answer = await fetch(`${url}/v3${path}`, { method: "POST", body: JSON.stringify(body) });
  const { header: _, ...fields } = (await answer.json()) as Answer;
  return fields;
}

async function etcdctl(url: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, ETCDCTL_API: "3" };
  return (await promisify(execFile)("etcdctl", [`--endpoints=${url}`, ...args], { env })).stdout;
}

const base64 = (text: string): string => Buffer.from(text, "latin1").toString("base64");
const all = { key: base64("\0"), range_end: base64("\0") };
/** Enough for branches of two levels, with values larger than a page. */
const keyCount = 1500;
const padding = ".".repeat(200);

test("etcdctl saves a snapshot that etcd begins with: the same keys, revisions, versions, history, leases, users", {
  skip,
}, async (context) => {
  const dataDir = join(temporaryFolder(context), "data");
  const server = await startSingleMember(context, { dataDir });
  const url = server.clientUrls[0] as string;
  const putMany = (value: (at: number) => string, only: (at: number) => boolean): unknown[] => {
    const txns: unknown[] = [];
    const chosen = Array.from({ length: keyCount }, (_, at) => at).filter(only);
    for (let at = 0; at < chosen.length; at += 100) {
      const success = chosen.slice(at, at + 100).map((key) => ({
        request_put: {
          key: base64(`key ${String(key).padStart(6, "0")}\0${key % 7}`),
          value: base64(value(key) + padding),
        },
      }));
      txns.push({ success });
    }
    return txns;
  };
  for (const txn of putMany(
    (at) => `${at}`,
    () => true,
  ))
    await ask(url, "/kv/txn", txn);
  await ask(url, "/kv/put", { key: base64("large"), value: base64("x".repeat(100_000)) });
  for (const txn of putMany(
    (at) => `again ${at}`,
    (at) => at % 3 === 0,
  ))
    await ask(url, "/kv/txn", txn);
  await ask(url, "/kv/deleterange", { key: base64("key 0005"), range_end: base64("key 0006") });
  await ask(url, "/lease/grant", { TTL: "5000", ID: "1234567890123456789" });
  await ask(url, "/kv/put", { key: base64("leased"), value: base64("l"), lease: "1234567890123456789" });
  await ask(url, "/kv/put", { key: base64("gone before"), value: base64("g") });
  await ask(url, "/kv/deleterange", { key: base64("gone before") });
  const compacted = 19;
  assert.deepEqual(await ask(url, "/kv/compaction", { revision: compacted }), {});
  await ask(url, "/kv/deleterange", { key: base64("key 0010"), range_end: base64("key 0011") });
  await ask(url, "/kv/put", { key: base64("key 001001\x000"), value: base64("made anew") });
  await ask(url, "/auth/user/add", { name: "alice", password: "wonder" });
  await ask(url, "/auth/role/add", { name: "reader" });
  const perm = { permType: "READWRITE", key: base64("key"), range_end: base64("kez") };
  await ask(url, "/auth/role/grant", { name: "reader", perm });
  await ask(url, "/auth/user/grant", { user: "alice", role: "reader" });

  const folder = temporaryFolder(context);
  const file = join(folder, "saved.db");
  await etcdctl(url, "snapshot", "save", file);
  const bytes = readFileSync(file);
  assert.deepEqual(bytes.subarray(-32), createHash("sha256").update(bytes.subarray(0, -32)).digest());
  const status = JSON.parse(await etcdctl(url, "snapshot", "status", file, "--write-out=json")) as Answer;
  const revision = await newest(url);
  assert.equal(status["revision"], revision);

  assert.deepEqual(readdirSync(join(dataDir, "snapshots")), [], "nothing of it is left");
  const restored = join(folder, "restored");
  const theirs = await startEtcd(context, {
    dataDir: restored,
    prepare: (name, peer) =>
      etcdctl(
        url,
        "snapshot",
        "restore",
        file,
        `--data-dir=${restored}`,
        `--name=${name}`,
        `--initial-cluster=${name}=${peer}`,
        `--initial-advertise-peer-urls=${peer}`,
      ),
  });
  for (let at = compacted; at <= revision; at++) {
    assert.deepEqual(
      await ask(theirs, "/kv/range", { ...all, revision: at }),
      await ask(url, "/kv/range", { ...all, revision: at }),
    );
  }
  assert.deepEqual(await ask(theirs, "/kv/range", all), await ask(url, "/kv/range", all));
  assert.match(String((await ask(theirs, "/kv/range", { ...all, revision: compacted - 1 }))["error"]), /compacted/);
  const lease = async (from: string): Promise<Answer> =>
    ask(from, "/lease/timetolive", { ID: "1234567890123456789", keys: true });
  const { grantedTTL, keys } = await lease(theirs);
  assert.deepEqual({ grantedTTL, keys }, { grantedTTL: "5000", keys: [base64("leased")] });
  for (const [path, body] of [
    ["/auth/user/list", {}],
    ["/auth/user/get", { name: "alice" }],
    ["/auth/role/get", { role: "reader" }],
  ] as const) {
    assert.deepEqual(await ask(theirs, path, body), await ask(url, path, body), path);
  }
  // It takes writes as well, and goes on counting.
  const put = { key: base64("key 001001\x000"), value: base64("there"), prev_kv: true };
  assert.deepEqual(await ask(theirs, "/kv/put", put), await ask(url, "/kv/put", put));
  assert.equal(await newest(theirs), revision + 1);
  const token = async (from: string): Promise<Answer> => {
    await ask(from, "/auth/user/add", { name: "root", password: "r" });
    await ask(from, "/auth/user/grant", { user: "root", role: "root" });
    await ask(from, "/auth/enable", {});
    return ask(from, "/auth/authenticate", { name: "alice", password: "wonder" });
  };
  assert.equal(typeof (await token(theirs))["token"], "string", "the password is good there");
  await etcdctl(theirs, "--user=alice:wonder", "get", "key 001001");
});

async function newest(url: string): Promise<number> {
  const answer = await fetch(`${url}/v3/kv/range`, { method: "POST", body: JSON.stringify({ key: base64("a") }) });
  const { header } = (await answer.json()) as { header: { revision: string } };
  return Number(header.revision);
}
