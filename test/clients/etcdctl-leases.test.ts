import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { missingClient, startClientTarget } from "../harness/client-target.ts";
import { runProgram, type Ended } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";

const skip = await missingClient("etcdctl", ["version"], "etcd-client");
const env = { ETCDCTL_API: "3" };

test("leases with etcdctl, unmodified", { skip }, async (context) => {
  const endpoints = await startClientTarget(context);
  const all = `--endpoints=${endpoints.join(",")}`;
  const run = (...args: string[]): Promise<Ended> => runProgram("etcdctl", [all, ...args], { env });
  const etcdctl = async (...args: string[]): Promise<string> => {
    const ended = await run(...args);
    assert.equal(ended.code, 0, `etcdctl ${args.join(" ")}: ${ended.stderr}${ended.stdout}`);
    return ended.stdout;
  };
  /** The id, in hexadecimal. */
  const grant = async (seconds: number): Promise<string> => {
    const said = await etcdctl("lease", "grant", String(seconds));
    const [, id, ttl] = /^lease ([0-9a-f]+) granted with TTL\((\d+)s\)\n$/.exec(said) ?? [];
    assert.ok(id !== undefined && Number(ttl) === Math.max(2, seconds), said);
    return id;
  };
  const isGone = async (key: string): Promise<true | undefined> =>
    (await etcdctl("get", key)) === "" ? true : undefined;

  await context.test("lease grant, put --lease, timetolive --keys, list, revoke", async () => {
    const id = await grant(300);
    await etcdctl("put", "leased/b", "1", `--lease=${id}`);
    await etcdctl("put", "leased/a", "1", `--lease=${id}`);
    for (const endpoint of endpoints) {
      const said = await etcdctl("--endpoints", endpoint, "lease", "timetolive", id, "--keys");
      assert.match(
        said,
        new RegExp(`^lease ${id} granted with TTL\\(300s\\), remaining\\((299|300|29\\d)s\\), attached keys\\(\\[`),
      );
      assert.match(said, /leased\/a/);
      assert.match(said, /leased\/b/);
    }
    assert.ok((await etcdctl("lease", "list")).includes(id));
    assert.equal(await etcdctl("lease", "revoke", id), `lease ${id} revoked\n`);
    assert.equal(await etcdctl("get", "leased/", "--prefix"), "");
    assert.equal(await etcdctl("lease", "timetolive", id), `lease ${id} already expired\n`);
    assert.equal((await etcdctl("lease", "list")).includes(id), false);
  });

  await context.test("the keys of a lease go in one revision", async () => {
    const revision = async (): Promise<number> =>
      (JSON.parse(await etcdctl("get", "nothing", "-w", "json")) as { header: { revision: number } }).header.revision;
    const id = await grant(300);
    for (const key of ["one/1", "one/2", "one/3"]) await etcdctl("put", key, "x", `--lease=${id}`);
    const before = await revision();
    await etcdctl("lease", "revoke", id);
    assert.equal(await revision(), before + 1);
  });

  await context.test("put --ignore-lease keeps the lease, and a put without one detaches the key", async () => {
    const id = await grant(300);
    await etcdctl("put", "kept", "1", `--lease=${id}`);
    await etcdctl("put", "detached", "1", `--lease=${id}`);
    await etcdctl("put", "kept", "2", "--ignore-lease");
    await etcdctl("put", "detached", "2");
    await etcdctl("lease", "revoke", id);
    assert.equal(await etcdctl("get", "kept"), "");
    assert.equal(await etcdctl("get", "detached", "--print-value-only"), "2\n");
  });

  await context.test("what is refused", async () => {
    const failures: readonly [args: readonly string[], message: RegExp][] = [
      [["put", "x", "1", "--lease=7fff"], /etcdserver: requested lease not found/],
      [["lease", "revoke", "7fff"], /etcdserver: requested lease not found/],
      [["lease", "keep-alive", "--once", "7fff"], /etcdserver: requested lease not found/],
      [["lease", "grant", "9000000001"], /etcdserver: too large lease TTL/],
      [["put", "x", "1", "--lease=7fff", "--ignore-lease"], /lease is provided/],
    ];
    for (const [args, message] of failures) {
      const ended = await run(...args);
      assert.notEqual(ended.code, 0, args.join(" "));
      assert.match(ended.stderr, message);
    }
  });

  await context.test("keep-alive, once, through the leader and through followers", async () => {
    const id = await grant(60);
    await delay(1_100);
    for (const endpoint of endpoints) {
      const said = await etcdctl("--endpoints", endpoint, "lease", "keep-alive", "--once", id);
      assert.equal(said, `lease ${id} keepalived with TTL(60)\n`);
    }
    assert.match(await etcdctl("lease", "timetolive", id), /remaining\((59|60)s\)/);
  });

  await context.test("a lease lives while it is kept alive, and ends with its keys when that ends", async () => {
    const id = await grant(2);
    await etcdctl("put", "session", "mine", `--lease=${id}`);
    const keeper = spawn("etcdctl", [all, "lease", "keep-alive", id], {
      env: { ...process.env, ...env },
      stdio: "ignore",
    });
    const ended = new Promise((resolve) => keeper.on("close", resolve));
    try {
      await delay(4_500);
      assert.equal(await etcdctl("get", "session", "--print-value-only"), "mine\n");
    } finally {
      keeper.kill("SIGKILL");
      await ended;
    }
    assert.equal(await etcdctl("get", "session", "--print-value-only"), "mine\n", "not before its time");
    await until("the key is gone", 8_000, () => isGone("session"));
    assert.equal(await etcdctl("lease", "timetolive", id), `lease ${id} already expired\n`);
  });
});
