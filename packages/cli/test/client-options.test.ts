import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { readAccess } from "../src/client/access.ts";
import { withOptionsLast } from "../src/client/leading-options.ts";
import { parseLeaseId } from "../src/client/lease-id.ts";
import { FailureError, UsageError } from "../src/errors.ts";

test("who calls comes from the flags, then from our variables, then from etcdctl's", async () => {
  const environment = { QUORATE_USER: "q:1", ETCDCTL_USER: "e:2" };
  assert.deepEqual((await readAccess({ user: "f:a:b" }, environment)).user, { name: "f", password: "a:b" });
  assert.deepEqual((await readAccess({}, environment)).user, { name: "q", password: "1" });
  assert.deepEqual((await readAccess({}, { ETCDCTL_USER: "e:2" })).user, { name: "e", password: "2" });
  assert.deepEqual((await readAccess({ user: "a:b", password: "c" }, {})).user, { name: "a:b", password: "c" });
  assert.deepEqual(await readAccess({}, {}), { tls: undefined, user: undefined });
});

test("a certificate needs its key, and files that are there", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-access-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "pem");
  writeFileSync(path, "PEM");
  await assert.rejects(readAccess({ cert: path }, {}), UsageError);
  await assert.rejects(readAccess({ cacert: join(folder, "absent") }, {}), FailureError);
  const { tls } = await readAccess({ cacert: path, cert: path, key: path }, {});
  assert.deepEqual([tls?.ca?.toString(), tls?.key?.toString(), tls?.trustAnyServer], ["PEM", "PEM", false]);
});

test("options before the command go where ours are, and never into a command to be run", () => {
  assert.deepEqual(withOptionsLast(["--endpoints=a:1", "--user", "u", "get", "k"]), [
    "get",
    "k",
    "--endpoints=a:1",
    "--user",
    "u",
  ]);
  assert.deepEqual(withOptionsLast(["-w", "json", "lock", "l", "--", "ls", "-l"]), [
    "lock",
    "l",
    "-w",
    "json",
    "--",
    "ls",
    "-l",
  ]);
  for (const args of [[], ["--version"], ["get", "k", "--json"]]) assert.deepEqual(withOptionsLast(args), args);
});

test("a lease is named by up to 16 hexadecimal digits", () => {
  assert.equal(parseLeaseId("694d7c0e1d4ec502"), 0x694d7c0e1d4ec502n);
  assert.equal(parseLeaseId("ffffffffffffffff"), -1n);
  for (const bad of ["", "0x1", "g", "12345678901234567"]) assert.throws(() => parseLeaseId(bad), UsageError, bad);
});
