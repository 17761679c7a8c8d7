import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../harness/until.ts";
import type { Row, Stage } from "./stage.ts";

async function grant(stage: Stage, seconds: number): Promise<string> {
  const told = /^lease ([0-9a-f]{16}) granted with TTL\((\d+)s\)\n$/.exec(
    await stage.ok("lease", "grant", String(seconds)),
  );
  assert.ok(told !== null);
  return told[1] ?? "";
}

export const leaseRows: readonly Row[] = [
  {
    command: "lease grant",
    holds: "a lease, after whose time its keys are gone",
    check: async (stage) => {
      const id = await grant(stage, 2);
      await stage.ok("put", "lease/short", "1", `--lease=${id}`);
      assert.equal(await stage.ok("get", "lease/short"), "lease/short\n1\n");
      await until("the key is gone", 20_000, async () =>
        (await stage.ok("get", "lease/short")) === "" ? true : undefined,
      );
      await stage.refused(/too large lease TTL/, "lease", "grant", "9000000001");
    },
  },
  {
    command: "lease timetolive",
    holds: "what is left of it, with `--keys` the keys, and that an unknown one has expired",
    check: async (stage) => {
      const id = await grant(stage, 100);
      await stage.ok("put", "lease/1", "1", `--lease=${id}`);
      const told = await stage.ok("lease", "timetolive", id, "--keys");
      assert.match(told, /granted with TTL\(100s\), remaining\((100|9\ds?)s?\), attached keys\(\[lease\/1\]\)\n$/);
      assert.equal(await stage.ok("lease", "timetolive", "abcdef"), "lease 0000000000abcdef already expired\n");
      await stage.ok("lease", "revoke", id);
    },
  },
  {
    command: "lease list",
    holds: "every lease",
    check: async (stage) => {
      const ids = [await grant(stage, 100), await grant(stage, 100)];
      const told = await stage.ok("lease", "list");
      assert.match(told, /^found \d+ leases\n/);
      for (const id of ids) assert.match(told, new RegExp(`^${id}$`, "m"));
      for (const id of ids) await stage.ok("lease", "revoke", id);
    },
  },
  {
    command: "lease keep-alive",
    holds: "a short lease lives on for as long as it is renewed; `--once`; a lease that is gone",
    check: async (stage) => {
      const id = await grant(stage, 2);
      await stage.ok("put", "lease/kept", "1", `--lease=${id}`);
      const keeping = stage.start("lease", "keep-alive", id);
      await keeping.says(new RegExp(`lease ${id} keepalived with TTL\\(2\\)\n(.*\n){3}`));
      await delay(3000);
      assert.equal(await stage.ok("get", "lease/kept"), "lease/kept\n1\n");
      assert.equal(await stage.ok("lease", "keep-alive", "--once", id), `lease ${id} keepalived with TTL(2)\n`);
      await stage.ok("lease", "revoke", id);
      await keeping.says(new RegExp(`lease ${id} expired or revoked`));
      await keeping.ended();
    },
  },
  {
    command: "lease revoke",
    holds: "its keys are deleted with it; an unknown lease is refused",
    check: async (stage) => {
      const id = await grant(stage, 100);
      for (const key of ["lease/a", "lease/b"]) await stage.ok("put", key, "1", `--lease=${id}`);
      assert.equal(await stage.ok("lease", "revoke", id), `lease ${id} revoked\n`);
      assert.equal(await stage.ok("get", "lease/", "--prefix", "--keys-only"), "");
      await stage.refused(/etcdserver: requested lease not found/, "lease", "revoke", id);
    },
  },
  {
    command: "lock",
    holds: "one holder at a time; a command is run with the lock held, and its exit code kept",
    check: async (stage) => {
      const first = stage.start("lock", "lock");
      await first.says(/^lock\/[0-9a-f]+\n/);
      const second = stage.start("lock", "lock", "echo", "mine");
      const waiting = async () =>
        (await stage.ok("get", "lock/", "--prefix", "--keys-only")).split("\n\n").length === 3 ? true : undefined;
      await until("the second waits", 20_000, waiting);
      assert.equal(second.output, "");
      await first.stop();
      await second.says(/^mine\n/);
      await second.ended();
      assert.notEqual((await stage.run(["lock", "lock", "sh", "-c", "exit 3"])).code, 0);
      assert.equal(await stage.ok("get", "lock/", "--prefix"), "");
    },
  },
  {
    command: "elect",
    holds: "one leader at a time, the next one when it stops, and a listener that is told of each",
    check: async (stage) => {
      const listener = stage.start("elect", "-l", "elect");
      const first = stage.start("elect", "elect", "one");
      await first.says(/^elect\/[0-9a-f]+\none\n/);
      await listener.says(/one\n/);
      const second = stage.start("elect", "elect", "two");
      const waiting = async () =>
        (await stage.ok("get", "elect/", "--prefix", "--keys-only")).split("\n\n").length === 3 ? true : undefined;
      await until("the second stands", 20_000, waiting);
      assert.equal(second.output, "");
      await first.stop();
      await second.says(/^elect\/[0-9a-f]+\ntwo\n/);
      await listener.says(/two\n/);
      await second.stop();
      await listener.stop();
      assert.equal(await stage.ok("get", "elect/", "--prefix"), "");
    },
  },
];
