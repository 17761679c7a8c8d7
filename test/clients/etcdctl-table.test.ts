import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { missingClient } from "../harness/client-target.ts";
import { root, runProgram } from "../harness/quorate-command.ts";
import { documentTable, rows, rowsOfMembers } from "./etcdctl/table.ts";

const skip = await missingClient("etcdctl", ["version"], "etcd-client");

test("the table has every subcommand of etcdctl, each once", { skip }, async () => {
  const { stdout } = await runProgram("etcdctl", ["help"], { env: { ETCDCTL_API: "3" } });
  const listed = /\nCOMMANDS:\n([\s\S]*?)\n\nOPTIONS:/.exec(stdout)?.[1] ?? "";
  const commands = listed.split("\n").map((line) => line.trim().split("\t", 1)[0] ?? "");
  const known = [...rows, ...rowsOfMembers].map(({ command }) => command);
  assert.deepEqual(known.toSorted(), commands.toSorted());
});

test("the rows about members are in the test of members", () => {
  const source = readFileSync(new URL("etcdctl-members.test.ts", import.meta.url), "utf8");
  for (const { command } of rowsOfMembers) {
    const written = command
      .split(" ")
      .map((word) => `"${word}"`)
      .join(", ");
    assert.ok(source.includes(written), `${command} is in etcdctl-members.test.ts`);
  }
});

test("docs/etcd-compatibility.md has the table of the tests", () => {
  const document = readFileSync(join(root, "docs", "etcd-compatibility.md"), "utf8");
  assert.ok(document.includes(documentTable()), `it should have:\n${documentTable()}`);
});
