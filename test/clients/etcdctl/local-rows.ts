import assert from "node:assert/strict";
import type { Row } from "./stage.ts";

/** Those that speak to no server: what they do with Quorate is what they do without. */
export const localRows: readonly Row[] = [
  ...["bash", "fish", "powershell", "zsh"].map((shell) => ({
    command: `completion ${shell}`,
    holds: "speaks to no server",
    check: async (stage: Parameters<Row["check"]>[0]) => assert.match(await stage.ok("completion", shell), /etcdctl/),
  })),
  {
    command: "help",
    holds: "speaks to no server",
    check: async (stage) => assert.match(await stage.ok("help"), /COMMANDS:/),
  },
  {
    command: "version",
    holds: "speaks to no server",
    check: async (stage) =>
      assert.match(await stage.ok("version"), /^etcdctl version: 3\.\d+\.\d+\nAPI version: 3\.\d+\n$/),
  },
  {
    command: "migrate",
    holds: "speaks to no server: it turns a data directory of etcd 2 into one of etcd 3, before any of it is imported",
    check: async (stage) => {
      assert.match((await stage.run(["migrate", "--help"])).stdout, /Migrates keys in a v2 store to a mvcc store/);
    },
  },
];
