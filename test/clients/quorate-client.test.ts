import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test, type TestContext } from "node:test";
import { missingClient } from "../harness/client-target.ts";
import { Cluster } from "../harness/cluster.ts";
import { ClientStory } from "../harness/client-story.ts";
import { startEtcdCluster } from "../harness/etcd-cluster.ts";
import { quorateCommand, type Ended } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcd", ["--version"], "etcd-server");

test("quorate as a client of etcd's own server", { skip }, async (context) => {
  const etcd = await startEtcdCluster(1);
  context.after(() => etcd.destroy());
  await tryAll(context, new ClientStory(context, etcd.endpoints));
});

test("quorate as a client of three members of Quorate", async (context) => {
  const cluster = await Cluster.start(context);
  const story = new ClientStory(
    context,
    cluster.members.map(({ endpoint }) => endpoint),
  );
  await context.test(
    "a watch and a lock go on when the member that served them is killed",
    { timeout: 90_000 },
    async () => {
      const watching = started(story, ["watch", "moved/", "--prefix", "--json"]);
      const holder = started(story, [
        "lock",
        "moving",
        "--ttl",
        "5",
        "--",
        "sh",
        "-c",
        "echo held; sleep 9; echo still",
      ]);
      await firstLine(holder);
      await until("the watch hears of it", 10_000, async () => {
        await story.ok("put", "moved/1", "before");
        return watching.stdout() === "" ? undefined : true;
      });
      // Both asked the first endpoint first.
      await cluster.member(0).kill();
      for (const value of ["while", "it", "is", "away"]) {
        const put = async () => ((await story.run("put", "moved/2", value)).code === 0 ? true : undefined);
        await until("a leader takes the put", 20_000, put);
      }
      const hears = async () => (watching.stdout().includes('"away"') ? true : undefined);
      await until("the watch hears of the last put", 20_000, hears);
      watching.stop();
      assert.equal((await watching.ended).code, 0);
      const heard = watching.stdout().trimEnd().split("\n");
      const { revision } = JSON.parse(heard[0] ?? "") as { revision: number };
      const since = ["watch", "moved/", "--prefix", "--json", `--rev=${revision}`, `--events=${heard.length}`];
      assert.deepEqual(heard, (await story.ok(...since)).trimEnd().split("\n"), "nothing twice, and nothing left out");
      assert.match(watching.stderr(), /the watch was interrupted .*; going on with revision \d+/);
      assert.equal((await holder.ended).code, 0);
      assert.equal(holder.stdout(), "held\nstill\n");
      cluster.member(0).start();
      await cluster.untilCaughtUp();
    },
  );
  // What holds against etcd in every run holds here too; to see it takes `npm run verify`.
  if (process.env["QUORATE_SLOW_CLIENTS"] === "1") await tryAll(context, story);
});

async function tryAll(context: TestContext, story: ClientStory): Promise<void> {
  await keysAndValues(context, story);
  await transactions(context, story);
  await watches(context, story);
  await leases(context, story);
  await locksAndElections(context, story);
  await members(context, story);
  // Last: it asks everyone for a password.
  await usersAndRoles(context, story);
}

async function keysAndValues(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("get, put and del print what etcdctl prints, in each of its formats", async () => {
    await story.ok("put", "same/1", "one");
    await story.ok("put", "same/2", "two");
    await story.ok("put", "same/1", "again");
    const asks = [
      ["get", "same/", "--prefix"],
      ["get", "same/", "--prefix", "--keys-only"],
      ["get", "same/", "--prefix", "--print-value-only"],
      ["get", "same/2", "--from-key"],
      ["get", "same/1", "same/2"],
      ["get", "same/", "--prefix", "--sort-by=MODIFY", "--order=DESCEND"],
      ["get", "same/", "--prefix", "--order=DESCEND", "--limit=1"],
      ["get", "same/1", "--rev=2"],
      ["get", "same/1", "--consistency=s"],
      ["get", "", "--prefix"],
      ["get", "", "--from-key"],
      ["get", "same/", "--prefix", "-w", "json"],
      ["get", "same/", "--prefix", "-w", "fields"],
      ["get", "nothing", "-w", "json"],
    ];
    for (const ask of asks) assert.equal(await story.ok(...ask), (await story.etcdctl(ask)).stdout, ask.join(" "));
    assert.equal(await story.ok("get", "same/", "--prefix", "--count-only"), "2\n");
    assert.equal(await story.ok("put", "same/2", "new", "--prev-kv"), "OK\nsame/2\ntwo\n");
    assert.equal(await story.ok("put", "same/2", "--ignore-value"), "OK\n");
    assert.equal(await story.ok("del", "same/", "--prefix", "--prev-kv"), "2\nsame/1\nagain\nsame/2\nnew\n");
  });

  await context.test("options stand before the command too, as etcdctl's users put them", async () => {
    assert.equal(await story.ok(`--endpoints=${story.endpoints[0]}`, "-w", "simple", "put", "x", "1"), "OK\n");
  });

  await context.test("the first endpoint that answers is asked; none is a failure that says why", async () => {
    const one = story.endpoints[0] ?? "";
    assert.equal(await story.ok("get", "x", "--endpoints", `127.0.0.1:1,${one}`), "x\n1\n");
    assert.match(await story.refused("get", "x", "--endpoints", "127.0.0.1:1"), /connection refused/);
    assert.match(await story.refused("get", "x", "--endpoints", `https://${one}`), /does not speak TLS as we do/);
  });

  await context.test("bytes that are no text are exact in JSON and in hexadecimal", async () => {
    await story.ok("put", "ff00", "80", "--hex");
    const { kvs } = await story.json<{ kvs: Record<string, unknown>[] }>("get", "ff", "--prefix", "--hex");
    assert.deepEqual([kvs[0]?.["keyHex"], kvs[0]?.["valueHex"]], ["ff00", "80"]);
  });

  await context.test("what contradicts itself is refused before anything is sent", async () => {
    for (const args of [
      ["get", "a", "b", "--prefix"],
      ["get", "a", "--prefix", "--from-key"],
      ["put", "a", "1", "--ignore-value"],
      ["put", "a", "1", "--lease", "xyz"],
      ["get", "a", "--cert", "/tmp/only-one"],
      ["get", "a", "--user", "nobody-at-a-terminal"],
      ["elect", "e"],
    ]) {
      assert.equal((await story.run(...args)).code, 2, args.join(" "));
    }
    assert.match(await story.refused("put", "", "value"), /etcdserver: key is not provided/);
  });
}

async function transactions(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("txn reads etcdctl's form, and prints as it does", async () => {
    await story.ok("put", "account", "10");
    const script = 'value("account") = "10"\n\nput account "2 0\\n"\nget account\n\nget account\n\n';
    const path = story.file("txn", script);
    assert.equal(await story.ok("txn", path), "SUCCESS\n\nOK\n\naccount\n2 0\n\n");
    assert.equal(await story.ok("txn", path), (await story.etcdctl(["txn"], script)).stdout);
    const creates =
      'create("fresh") = "0"\nversion("fresh") < "1"\nmod("fresh") != "7"\n\nput fresh 1 --prev-kv\n\ndel fresh\n\n';
    const json = await story.json<{ succeeded: boolean; responses: unknown[] }>("txn", story.file("c", creates));
    assert.deepEqual([json.succeeded, json.responses], [true, [{ put: {} }]]);
    assert.equal(await story.ok("txn", story.file("d", creates)), "FAILURE\n\n1\n");
  });

  await context.test("a mistake in a transaction is named with its line", async () => {
    const bad = await story.run("txn", story.file("bad", 'value("a") = "1"\n\nput only-a-key\n'));
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /Line 3: put needs a value/);
    assert.equal((await story.run("txn", story.file("worse", "balance(a) = 1\n"))).code, 2);
    assert.match((await story.run("txn", story.file("open", '\nput a "x\n'))).stderr, /not closed/);
  });
}

async function watches(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("watch shows the past and the present, and runs a command for each change", async () => {
    const { revision } = await story.json<{ revision: number }>("put", "seen", "1");
    await story.ok("put", "seen", "2");
    await story.ok("del", "seen");
    const from = ["watch", "seen", `--rev=${revision}`];
    assert.equal(await story.ok(...from, "--events=3"), "PUT\nseen\n1\nPUT\nseen\n2\nDELETE\nseen\n\n");
    assert.equal(await story.ok(...from, "--events=1", "--no-put", "--prev-kv"), "DELETE\nseen\n2\nseen\n\n");
    const first = JSON.parse(await story.ok(...from, "--events=1", "--json")) as Record<string, unknown>;
    assert.deepEqual([first["type"], first["revision"], first["value"]], ["PUT", revision, "1"]);
    const path = story.file("heard", "");
    await story.ok(...from, "--events=2", "--", "sh", "-c", `echo "$ETCD_WATCH_KEY=$ETCD_WATCH_VALUE" >> ${path}`);
    assert.equal(readFileSync(path, "utf8"), "seen=1\nseen=2\n");
    const present = started(story, ["watch", "live/", "--prefix", "--events", "1"]);
    await until("the watch hears of it", 10_000, async () => {
      await story.ok("put", "live/1", "x");
      return present.stdout() === "" ? undefined : true;
    });
    assert.equal((await present.ended).code, 0);
    assert.equal(present.stdout(), "PUT\nlive/1\nx\n");
  });

  await context.test("a watch of history that was compacted fails and says from where it could begin", async () => {
    const { revision } = await story.json<{ revision: number }>("put", "compacted", "1");
    assert.equal(await story.ok("compaction", String(revision), "--physical"), `compacted revision ${revision}\n`);
    assert.match(await story.refused("watch", "compacted", "--rev=1"), new RegExp(`before revision ${revision} was`));
    assert.match(await story.refused("get", "compacted", "--rev=1"), /required revision has been compacted/);
  });
}

async function leases(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("a lease is granted, attached, listed, renewed and revoked", async () => {
    const { lease } = await story.json<{ lease: string }>("lease", "grant", "60");
    await story.ok("put", "leased", "1", "--lease", lease);
    const left = await story.ok("lease", "timetolive", lease, "--keys");
    assert.match(
      left,
      new RegExp(`^lease ${lease} granted with TTL\\(60s\\), remaining\\(\\d+s\\), attached keys\\(\\[leased\\]\\)\n$`),
    );
    assert.match(await story.ok("lease", "list"), new RegExp(lease));
    assert.equal(await story.ok("lease", "keep-alive", lease, "--once"), `lease ${lease} keepalived with TTL(60)\n`);
    assert.equal(await story.ok("lease", "revoke", lease), `lease ${lease} revoked\n`);
    assert.equal(await story.ok("get", "leased"), "");
    assert.equal(await story.ok("lease", "timetolive", lease), `lease ${lease} already expired\n`);
    assert.equal((await story.run("lease", "keep-alive", lease)).code, 1);
    assert.match(await story.ok("lease", "grant", "60", "--id", "abc"), /^lease 0000000000000abc granted/);
    await story.ok("lease", "revoke", "abc");
  });
}

async function locksAndElections(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("a lock is held while a command runs, whose exit code is ours; etcdctl waits for it", async () => {
    const held = await story.run("lock", "mutex", "--", "sh", "-c", 'test "$ETCD_LOCK_REV" -gt 1 && exit 7');
    assert.equal(held.code, 7);
    const holder = started(story, ["lock", "mutex", "--json"]);
    const turn = JSON.parse(await firstLine(holder)) as { key: string; fencingToken: number };
    assert.match(turn.key, /^mutex\/[0-9a-f]+$/);
    let isFree = false;
    const waiting = story.etcdctl(["lock", "mutex", "echo", "mine"]).then((ended) => {
      assert.ok(isFree, "etcdctl had the lock too early");
      return ended.stdout;
    });
    await until("etcdctl waits", 10_000, async () =>
      (await story.ok("get", "mutex/", "--prefix", "--count-only")) === "2\n" ? true : undefined,
    );
    isFree = true;
    holder.stop();
    assert.equal((await holder.ended).code, 0);
    assert.equal(await waiting, "mine\n");
  });

  await context.test("an election passes from leader to leader, and a listener hears of each", async () => {
    const listener = started(story, ["elect", "top", "--listen"]);
    const first = started(story, ["elect", "top", "one"]);
    await firstLine(first);
    const second = started(story, ["elect", "top", "two"]);
    await until("the second stands", 10_000, async () =>
      (await story.ok("get", "top/", "--prefix", "--count-only")) === "2\n" ? true : undefined,
    );
    await until("the listener hears", 10_000, async () => (listener.stdout().includes("\none\n") ? true : undefined));
    first.stop();
    assert.match(await firstLine(second), /^top\//);
    await until("the listener hears", 10_000, async () => (listener.stdout().includes("\ntwo\n") ? true : undefined));
    for (const one of [second, listener]) one.stop();
    assert.deepEqual(
      (await Promise.all([first.ended, second.ended, listener.ended])).map(({ code }) => code),
      [0, 0, 0],
    );
    assert.equal(await story.ok("get", "top/", "--prefix"), "");
  });
}

async function members(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("endpoint health, status and hashkv, of all members and of one that is not there", async () => {
    assert.match(await story.ok("endpoint", "health", "--cluster"), / is healthy: took /);
    const statuses = await story.json<{ role: string; term: number }[]>("endpoint", "status");
    assert.equal(statuses.filter(({ role }) => role === "leader").length, 1);
    const hash = ["endpoint", "hashkv", "-w", "json"];
    const ours = await story.ok(...hash, "--endpoints", story.endpoints[0] ?? "");
    // Later than etcdctl 3.4.
    assert.equal(ours.replace(/,"hash_revision":\d+/, ""), (await story.etcdctl(hash)).stdout);
    assert.match(await story.ok("endpoint", "hashkv", "--cluster"), /^ENDPOINT +HASH/);
    const both = `${story.endpoints[0]},127.0.0.1:1`;
    const partly = await story.run("endpoint", "status", "--endpoints", both);
    assert.equal(partly.code, 1);
    assert.match(partly.stdout, /127\.0\.0\.1:1 +.* unreachable .*connection refused/);
  });

  await context.test("defrag, alarm and version", async () => {
    assert.match(await story.ok("defrag", "--cluster"), /^Finished defragmenting etcd member\[/);
    assert.equal(await story.ok("alarm", "list"), "");
    assert.equal(await story.ok("alarm", "disarm"), "");
    assert.match(
      await story.ok("version", "--endpoints", story.endpoints[0] ?? ""),
      /^quorate version: \d.*\nAPI version: /,
    );
  });
}

async function usersAndRoles(context: TestContext, story: ClientStory): Promise<void> {
  await context.test("users, roles and permissions; then nobody is let in without a password", async () => {
    assert.equal(await story.ok("user", "add", "root", "--new-user-password", "pw"), "User root created\n");
    assert.equal(await story.ok("role", "add", "app"), "Role app created\n");
    assert.equal(
      await story.ok("role", "grant-permission", "app", "readwrite", "app/", "--prefix"),
      "Role app updated\n",
    );
    assert.equal(await story.ok("role", "grant-permission", "app", "read", "z", "--from-key"), "Role app updated\n");
    assert.equal(await story.ok("role", "get", "app"), (await story.etcdctl(["role", "get", "app"])).stdout);
    await story.ok("user", "add", "ann:secret");
    await story.ok("user", "add", "certified", "--no-password");
    assert.equal(await story.ok("user", "grant-role", "ann", "app"), "Role app is granted to user ann\n");
    assert.equal(await story.ok("user", "list"), "ann\ncertified\nroot\n");
    assert.match(
      await story.ok("user", "get", "ann", "--detail"),
      /^User: ann\nRoles: app\n\nRole app\nKV Read:\n\t\[app\/, app0\)/,
    );
    assert.equal(await story.ok("auth", "enable"), "Authentication Enabled\n");
    assert.match(await story.refused("get", "app/1"), /user name is empty/);
    assert.match(
      await story.refused("get", "app/1", "--user", "ann:wrong"),
      /authentication failed, invalid user ID or password/,
    );
    assert.equal(await story.ok("put", "app/1", "x", "--user", "ann:secret"), "OK\n");
    assert.equal(await story.ok("get", "app/1", "--user", "ann", "--password", "secret"), "app/1\nx\n");
    assert.match(await story.refused("get", "other", "--user", "ann:secret"), /permission denied/);
    assert.match(await story.refused("watch", "other", "--user", "ann:secret"), /permission denied/);
    const root = ["--user", "root:pw"];
    assert.equal(
      await story.ok("user", "passwd", "ann", "--new-user-password", "changed", ...root),
      "Password updated\n",
    );
    await story.ok("role", "revoke-permission", "app", "app/", "--prefix", ...root);
    assert.match(await story.refused("get", "app/1", "--user", "ann:changed"), /permission denied/);
    await story.ok("user", "revoke-role", "ann", "app", ...root);
    await story.ok("role", "delete", "app", ...root);
    assert.equal(await story.ok("role", "list", ...root), "root\n");
    assert.equal(await story.ok("auth", "disable", ...root), "Authentication Disabled\n");
    assert.equal(await story.ok("user", "delete", "ann"), "User ann deleted\n");
  });
}

interface Started {
  readonly ended: Promise<Pick<Ended, "code">>;
  stdout(): string;
  stderr(): string;
  stop(): void;
}

/** A command that runs on, until it is stopped as ^C stops it. */
function started(story: ClientStory, args: readonly string[]): Started {
  const [program, ...first] = quorateCommand();
  const child = spawn(program, [...first, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, QUORATE_ENDPOINTS: story.endpoints.join(",") },
  });
  story.context.after(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (more: string) => (text += more));
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (more: string) => (errors += more));
  return {
    ended: once(child, "close").then(([code]) => ({ code: code as number | null })),
    stdout: () => text,
    stderr: () => errors,
    stop: () => child.kill("SIGINT"),
  };
}

function firstLine(one: Started): Promise<string> {
  return until("the command says something", 10_000, async () =>
    one.stdout().includes("\n") ? one.stdout().split("\n")[0] : undefined,
  );
}
