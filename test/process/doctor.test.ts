import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { root, runQuorate } from "../harness/quorate-command.ts";

const fixtures = join(root, "packages", "doctor", "test", "fixtures", "etcd-3.4");
let folder: string;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-doctor-"));
});

after(() => rmSync(folder, { recursive: true, force: true }));

test("a folder of logs: what ails the cluster, who led when, and a code that says it is serious", async () => {
  const picture = join(folder, "timeline.svg");
  const { code, stdout } = await runQuorate(["doctor", join(fixtures, "rejoining-member"), "--svg", picture]);
  assert.equal(code, 3);
  assert.match(stdout, /SERIOUS {2}A rejoining member inflates the term {2}\(term-inflation, 95 % sure\)/);
  assert.match(stdout, /m1\.log:\d+ {2}.*higher term/);
  assert.match(stdout, /Meaning: /);
  assert.match(stdout, /m1 leads term 2, until/);
  assert.match(readFileSync(picture, "utf8"), /^<svg .*role="img"/);
});

test("healthy logs end with 0, also from standard input, and as JSON", async () => {
  const log = readFileSync(join(fixtures, "healthy", "m1.log"), "utf8");
  const { code, stdout } = await runQuorate(["doctor", "--json"], { input: log });
  assert.equal(code, 0);
  const report = JSON.parse(stdout) as { findings: unknown[]; leaderships: { leader: string }[] };
  assert.deepEqual(report.findings, []);
  assert.equal(report.leaderships[0]?.leader, "m1");
});

test("packed logs are unpacked; one that ends too early is read as far as it goes, and that is said", async () => {
  const packed = gzipSync(readFileSync(join(fixtures, "lost-quorum", "m1.log")));
  writeFileSync(join(folder, "whole.log.gz"), packed);
  writeFileSync(join(folder, "cut.log.gz"), packed.subarray(0, packed.length - 200));
  const whole = await runQuorate(["doctor", join(folder, "whole.log.gz"), "--brief"]);
  assert.equal(whole.code, 3);
  assert.match(whole.stdout, /A majority was out of reach/);
  const cut = await runQuorate(["doctor", join(folder, "cut.log.gz"), "--brief"]);
  assert.ok(cut.code === 0 || cut.code === 3);
  assert.match(cut.stdout, /cut\.log\.gz: \d+ lines.*could not be read on: unexpected end of file/);
});

test("what is no log, or is not there, is a failure that says so", async () => {
  writeFileSync(join(folder, "noise"), Buffer.from(Array.from({ length: 100_000 }, (_, at) => (at * 7919) % 256)));
  const noise = await runQuorate(["doctor", join(folder, "noise")]);
  assert.equal(noise.code, 1);
  assert.match(noise.stdout, /no line is of a format that is known/);
  const missing = await runQuorate(["doctor", join(folder, "missing.log")]);
  assert.equal(missing.code, 1);
  assert.match(missing.stderr, /missing\.log cannot be read/);
});

test("a bundle holds findings and logs, and none of the secrets in them", async () => {
  const log = join(folder, "secret.log");
  const lines = readFileSync(join(fixtures, "lost-quorum", "m1.log"), "utf8");
  writeFileSync(log, `${lines}\n2026-11-21 20:23:02.590516 I | etcdmain: --password hunter2\n{"token":"hunter2"}\n`);
  const file = join(folder, "bundle.tar.gz");
  const { code } = await runQuorate(["doctor", log, "--brief", "--bundle", file]);
  assert.equal(code, 3);
  const bytes = gunzipSync(readFileSync(file));
  assert.ok(bytes.includes("quorate-doctor/findings.json"));
  assert.ok(bytes.includes("became leader at term"));
  assert.ok(!bytes.includes("hunter2"));
  const names = await new Promise<string>((resolve) => {
    let text = "";
    const tar = spawn("tar", ["-tzf", file]);
    tar.stdout.on("data", (piece: Buffer) => (text += piece.toString()));
    tar.on("close", () => resolve(text));
  });
  assert.match(names, /quorate-doctor\/logs\/1-secret\.log/);
});
