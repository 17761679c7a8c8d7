import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { missingClient, startClientTarget } from "../harness/client-target.ts";
import type { Ended, RunOptions } from "../harness/quorate-command.ts";
import { runProgram } from "../harness/quorate-command.ts";
import { Stage } from "./etcdctl/stage.ts";
import { rows } from "./etcdctl/table.ts";

const skip = await missingClient("etcdctl", ["version"], "etcd-client");

test("etcdctl, unmodified", { skip }, async (context) => {
  const endpoints = await startClientTarget(context);
  const run = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    runProgram("etcdctl", [`--endpoints=${endpoints.join(",")}`, ...args], {
      ...options,
      env: { ETCDCTL_API: "3" },
    });
  /** Output of a run that must succeed. */
  const etcdctl = async (...args: string[]): Promise<string> => {
    const ended = await run(args);
    assert.equal(ended.code, 0, `etcdctl ${args.join(" ")}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  };
  /** At this one alone: etcdctl adds a second \`--endpoints\` to the first. */
  const at = async (endpoint: string, ...args: string[]): Promise<string> =>
    (await runProgram("etcdctl", [`--endpoints=${endpoint}`, ...args], { env: { ETCDCTL_API: "3" } })).stdout;
  const revision = async (): Promise<number> => {
    const answer = JSON.parse(await etcdctl("get", "nothing", "-w", "json")) as { header: { revision: number } };
    return answer.header.revision;
  };
  const fill = async (prefix: string, ...values: string[]): Promise<void> => {
    for (const [index, value] of values.entries()) await etcdctl("put", `${prefix}${index + 1}`, value);
  };

  await context.test("put, get and del", async () => {
    assert.equal(await etcdctl("put", "greeting", "hello"), "OK\n");
    assert.equal(await etcdctl("get", "greeting"), "greeting\nhello\n");
    assert.equal(await etcdctl("get", "greeting", "--print-value-only"), "hello\n");
    assert.equal(await etcdctl("del", "greeting"), "1\n");
    assert.equal(await etcdctl("get", "greeting"), "");
    assert.equal(await etcdctl("del", "greeting"), "0\n");
  });

  await context.test("what is written through one member is read through every other", async () => {
    for (const [index, endpoint] of endpoints.entries()) {
      await at(endpoint, "put", "shared", `by ${index}`);
      for (const other of endpoints) {
        assert.equal(await at(other, "get", "shared", "--print-value-only"), `by ${index}\n`);
      }
    }
  });

  await context.test("values are bytes, of any kind and up to a megabyte", async () => {
    const odd = 'two\nlines, "quotes", \u00e9\u4e2d\u{1f980}';
    await etcdctl("put", "odd", odd);
    assert.equal(await etcdctl("get", "odd", "--print-value-only"), `${odd}\n`);
    const large = "x".repeat(1_000_000);
    assert.equal((await run(["put", "large"], { input: large })).stdout, "OK\n");
    assert.equal(await etcdctl("get", "large", "--print-value-only"), `${large}\n`);
  });

  await context.test("put --prev-kv and --ignore-value", async () => {
    await etcdctl("put", "previous", "old");
    assert.equal(await etcdctl("put", "previous", "new", "--prev-kv"), "OK\nprevious\nold\n");
    assert.equal(await etcdctl("put", "previous", "--ignore-value"), "OK\n");
    assert.equal(await etcdctl("get", "previous", "--print-value-only"), "new\n");
    const absent = await run(["put", "never put", "--ignore-value"]);
    assert.notEqual(absent.code, 0);
    assert.match(absent.stderr, /etcdserver: key not found/);
  });

  await context.test("get --prefix, --limit, --keys-only, --from-key and a range", async () => {
    await fill("range/", "a", "b", "c");
    assert.equal(await etcdctl("get", "range/", "--prefix"), "range/1\na\nrange/2\nb\nrange/3\nc\n");
    assert.equal(await etcdctl("get", "range/", "--prefix", "--limit=2"), "range/1\na\nrange/2\nb\n");
    assert.equal(await etcdctl("get", "range/", "--prefix", "--keys-only"), "range/1\n\nrange/2\n\nrange/3\n\n");
    assert.equal(await etcdctl("get", "range/1", "range/3"), "range/1\na\nrange/2\nb\n");
    assert.match(await etcdctl("get", "range/2", "--from-key"), /^range\/2\nb\nrange\/3\nc\n/);
  });

  await context.test("get --sort-by and --order", async () => {
    await fill("sort/", "c", "a", "b");
    const keys = async (...args: string[]) =>
      (await etcdctl("get", "sort/", "--prefix", "--keys-only", ...args)).split("\n").filter((line) => line !== "");
    await etcdctl("put", "sort/1", "c");
    assert.deepEqual(await keys("--sort-by=value"), ["sort/2", "sort/3", "sort/1"]);
    assert.deepEqual(await keys("--sort-by=value", "--order=descend"), ["sort/1", "sort/3", "sort/2"]);
    assert.deepEqual(await keys("--order=descend"), ["sort/3", "sort/2", "sort/1"]);
    assert.deepEqual(await keys("--sort-by=modify"), ["sort/2", "sort/3", "sort/1"]);
    assert.deepEqual(await keys("--sort-by=create"), ["sort/1", "sort/2", "sort/3"]);
    assert.deepEqual(await keys("--sort-by=version", "--order=descend", "--limit=1"), ["sort/1"]);
  });

  await context.test("get --rev reads the past", async () => {
    await etcdctl("put", "past", "one");
    const first = await revision();
    await etcdctl("put", "past", "two");
    await etcdctl("del", "past");
    assert.equal(await etcdctl("get", "past", `--rev=${first}`, "--print-value-only"), "one\n");
    assert.equal(await etcdctl("get", "past", `--rev=${first + 1}`, "--print-value-only"), "two\n");
    assert.equal(await etcdctl("get", "past", `--rev=${first + 2}`), "");
    const future = await run(["get", "past", `--rev=${first + 1_000_000}`]);
    assert.notEqual(future.code, 0);
    assert.match(future.stderr, /etcdserver: mvcc: required revision is a future revision/);
  });

  await context.test("JSON output carries revisions and versions", async () => {
    await etcdctl("put", "json", "v1");
    const created = await revision();
    await etcdctl("put", "json", "v2");
    const answer = JSON.parse(await etcdctl("get", "json", "-w", "json")) as {
      header: { revision: number; cluster_id: number; member_id: number; raft_term: number };
      kvs: { key: string; value: string; create_revision: number; mod_revision: number; version: number }[];
      count: number;
    };
    assert.equal(answer.count, 1);
    assert.deepEqual(answer.kvs, [
      {
        key: Buffer.from("json").toString("base64"),
        value: Buffer.from("v2").toString("base64"),
        create_revision: created,
        mod_revision: created + 1,
        version: 2,
      },
    ]);
    assert.equal(answer.header.revision, created + 1);
    assert.ok(answer.header.raft_term > 0);
  });

  await context.test("consistency: linearizable and serializable", async () => {
    await etcdctl("put", "consistent", "yes");
    assert.equal(await etcdctl("get", "consistent", "--consistency=l", "--print-value-only"), "yes\n");
    const serializable = await etcdctl("get", "consistent", "--consistency=s", "--print-value-only");
    assert.ok(serializable === "yes\n" || serializable === "");
  });

  await context.test("del of a prefix, with --prev-kv", async () => {
    await fill("gone/", "a", "b");
    assert.equal(await etcdctl("del", "gone/", "--prefix", "--prev-kv"), "2\ngone/1\na\ngone/2\nb\n");
    assert.equal(await etcdctl("get", "gone/", "--prefix"), "");
  });

  await transactions(context, run);

  await context.test("an empty key is refused with etcd's words", async () => {
    const empty = await run(["put", "", "value"]);
    assert.notEqual(empty.code, 0);
    assert.match(empty.stderr, /etcdserver: key is not provided/);
  });

  await context.test("endpoint status, health and hashkv", async () => {
    const statuses = JSON.parse(await etcdctl("endpoint", "status", "-w", "json")) as {
      Endpoint: string;
      Status: { header: { member_id: number }; version: string; leader: number; raftTerm: number; raftIndex: number };
    }[];
    assert.deepEqual(statuses.map(({ Endpoint }) => Endpoint).sort(), [...endpoints].sort());
    assert.equal(new Set(statuses.map(({ Status }) => Status.leader)).size, 1);
    assert.equal(statuses.filter(({ Status }) => Status.leader === Status.header.member_id).length, 1);
    assert.ok(statuses.every(({ Status }) => Status.raftIndex > 0 && /^\d+\.\d+\.\d+/.test(Status.version)));
    const health = await run(["endpoint", "health"]);
    assert.equal(health.code, 0, health.stderr);
    assert.equal(`${health.stdout}${health.stderr}`.match(/is healthy/g)?.length, endpoints.length);
    const hashes = JSON.parse(await etcdctl("endpoint", "hashkv", `--rev=${await revision()}`, "-w", "json")) as {
      HashKV: { hash: number };
    }[];
    assert.equal(new Set(hashes.map(({ HashKV }) => HashKV.hash)).size, 1);
  });

  await context.test("member list", async () => {
    const lines = (await etcdctl("member", "list")).trim().split("\n");
    assert.equal(lines.length, endpoints.length);
    for (const [index, line] of lines
      .map((text) => text.split(", "))
      .sort(byName)
      .entries()) {
      assert.match(line[0] ?? "", /^[0-9a-f]{1,16}$/);
      assert.equal(line[1], "started");
      assert.equal(line[2], `m${index + 1}`);
      assert.equal(line[4], `http://${endpoints[index]}`);
      assert.equal(line[5], "false");
    }
  });

  await everySubcommand(context, endpoints);
});

/** One test for each row of the table in docs/etcd-compatibility.md. */
async function everySubcommand(context: TestContext, endpoints: readonly string[]): Promise<void> {
  const withSlow = process.env["QUORATE_SLOW_CLIENTS"] === "1";
  const stage = new Stage(context, endpoints);
  for (const { command, holds, check, slow } of rows) {
    if (slow === true && !withSlow) continue;
    await context.test(`etcdctl ${command}: ${holds}`, () => check(stage));
  }
}

function byName(left: readonly string[], right: readonly string[]): number {
  return (left[2] ?? "").localeCompare(right[2] ?? "");
}

async function transactions(
  context: TestContext,
  run: (args: readonly string[], options?: RunOptions) => Promise<Ended>,
): Promise<void> {
  const txn = (input: string) => run(["txn"], { input });

  await context.test("txn takes the branch that its comparisons choose", async () => {
    assert.equal((await run(["put", "account", "10"])).stdout, "OK\n");
    const script = 'value("account") = "10"\n\nput account 20\nget account\n\nget account\n\n';
    assert.equal((await txn(script)).stdout, "SUCCESS\n\nOK\n\naccount\n20\n");
    assert.equal((await txn(script)).stdout, "FAILURE\n\naccount\n20\n");
  });

  await context.test("txn compares version, creation and modification", async () => {
    const create = 'create("once") = "0"\n\nput once first\n\nget once\n\n';
    assert.equal((await txn(create)).stdout, "SUCCESS\n\nOK\n");
    assert.equal((await txn(create)).stdout, "FAILURE\n\nonce\nfirst\n");
    assert.match(
      (await txn('version("once") = "1"\nmod("once") > "1"\n\ndel once\n\nget once\n\n')).stdout,
      /^SUCCESS\n\n1\n/,
    );
  });

  await context.test("txn that puts a key twice is refused with etcd's words", async () => {
    const twice = await txn("\nput double 1\nput double 2\n\n\n");
    assert.notEqual(twice.code, 0);
    assert.match(twice.stderr, /etcdserver: duplicate key given in txn request/);
  });
}
