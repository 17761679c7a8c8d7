import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "../../harness/until.ts";
import type { Row } from "./stage.ts";

export const keyRows: readonly Row[] = [
  {
    command: "put",
    holds: "sets keys; `--prev-kv`, `--ignore-value`, `--ignore-lease`, `--lease`",
    check: async (stage) => {
      assert.equal(await stage.ok("put", "put/1", "one"), "OK\n");
      assert.equal(await stage.ok("put", "put/1", "two", "--prev-kv"), "OK\nput/1\none\n");
      assert.equal(await stage.ok("put", "put/1", "--ignore-value", "--prev-kv"), "OK\nput/1\ntwo\n");
      assert.equal(await stage.ok("put", "put/1", "three", "--ignore-lease"), "OK\n");
      await stage.refused(/etcdserver: requested lease not found/, "put", "put/1", "x", "--lease=1234");
      await stage.refused(/etcdserver: key not found/, "put", "put/absent", "--ignore-value");
    },
  },
  {
    command: "get",
    holds: "every option: ranges, order, limit, revision, consistency, keys or values alone",
    check: async (stage) => {
      for (const [key, value] of Object.entries({ a: "3", b: "1", c: "2" })) await stage.ok("put", `get/${key}`, value);
      const values = (...args: string[]) => stage.ok("get", "get/", "--prefix", "--print-value-only", ...args);
      assert.equal(await values(), "3\n1\n2\n");
      assert.equal(await values("--sort-by=value", "--order=descend", "--limit=2"), "3\n2\n");
      assert.equal(await values("--consistency=s", "--limit=1"), "3\n");
      assert.equal(await stage.ok("get", "get/b", "get/d", "--keys-only"), "get/b\n\nget/c\n\n");
      assert.match(await stage.ok("get", "get/c", "--from-key", "--limit=1"), /^get\/c\n2\n/);
      const past = await stage.revision();
      await stage.ok("put", "get/a", "new");
      assert.equal(await stage.ok("get", "get/a", `--rev=${past}`), "get/a\n3\n");
    },
  },
  {
    command: "del",
    holds: "deletes keys and ranges; `--prev-kv`, `--prefix`, `--from-key`",
    check: async (stage) => {
      for (const key of ["1", "2", "3"]) await stage.ok("put", `del/${key}`, key);
      assert.equal(await stage.ok("del", "del/1", "--prev-kv"), "1\ndel/1\n1\n");
      assert.equal(await stage.ok("del", "del/", "--prefix"), "2\n");
      assert.equal(await stage.ok("del", "del/", "--prefix"), "0\n");
      await stage.ok("put", "zz", "last");
      assert.equal(await stage.ok("del", "zz", "--from-key"), "1\n");
    },
  },
  {
    command: "txn",
    holds: "compares value, version, create and mod revisions, and does one of two lists",
    check: async (stage) => {
      await stage.ok("put", "txn", "10");
      const script =
        'value("txn") = "10"\nversion("txn") = "1"\nmod("txn") > "0"\n\nput txn 20\nget txn\n\ndel txn\n\n';
      assert.equal(await stage.given(script, "txn"), "SUCCESS\n\nOK\n\ntxn\n20\n");
      assert.equal(await stage.given(script, "txn"), "FAILURE\n\n1\n");
      assert.match(await stage.given('create("txn") = "0"\n\nput txn 1\n\n\n', "txn", "-i"), /SUCCESS\n\nOK\n$/);
    },
  },
  {
    command: "watch",
    holds: "history, then the present; `--prefix`, `--prev-kv`, a command for each event, interactive with `progress`",
    check: async (stage) => {
      const first = (await stage.revision()) + 1;
      await stage.ok("put", "watch/1", "one");
      await stage.ok("put", "watch/1", "two");
      const watching = stage.start("watch", "watch/", "--prefix", "--prev-kv", `--rev=${first}`);
      await watching.says(/PUT\nwatch\/1\none\nPUT\nwatch\/1\none\nwatch\/1\ntwo\n/);
      await stage.ok("del", "watch/1");
      await watching.says(/DELETE\nwatch\/1\ntwo\nwatch\/1\n\n/);
      await watching.stop();
      const path = join(stage.folder, "heard");
      const running = stage.start(
        "watch",
        "watch/1",
        `--rev=${first}`,
        "--",
        "sh",
        "-c",
        `echo $ETCD_WATCH_KEY >> ${path}`,
      );
      const heard = async () => (readFileSync(path, "utf8").split("\n").length === 4 ? true : undefined);
      await until("the command ran three times", 20_000, heard);
      await running.stop();
      const asking = stage.start("watch", "-i");
      asking.type("watch watch/2");
      const asked = async () => {
        await stage.ok("put", "watch/2", "x");
        asking.type("progress");
        return asking.output.includes("PUT\nwatch/2\nx\n") && asking.output.includes("progress notify:")
          ? true
          : undefined;
      };
      await until("the interactive watch tells of the key and of its progress", 20_000, asked);
      await asking.stop();
    },
  },
];
