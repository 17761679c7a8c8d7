import assert from "node:assert/strict";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { runQuorate, type Ended } from "../../../test/harness/quorate-command.ts";
import { quietLog } from "../../wal/test/damage/specimen.ts";

type Files = Map<string, Uint8Array>;
const nth = (segment: number): string => `/log/000000000000000${segment}.wal`;

/** A member's data directory with a small log of six segments, changed as the test wishes. */
function dataDirectory(context: TestContext, change: (files: Files) => void = () => {}): string {
  const folder = mkdtempSync(join(tmpdir(), "quorate-wal-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = new Map([...quietLog().files].map(([path, bytes]) => [path, bytes.slice()]));
  change(files);
  mkdirSync(join(folder, "log"));
  for (const [path, bytes] of files) writeFileSync(join(folder, path), bytes);
  return folder;
}

function flip(files: Files, path: string, at: number): void {
  const bytes = files.get(path) as Uint8Array;
  bytes[at] = (bytes[at] as number) ^ 1;
}

async function verify(context: TestContext, change?: (files: Files) => void): Promise<Ended> {
  const folder = dataDirectory(context, change);
  const before = stateOf(folder);
  const ended = await runQuorate(["wal", "verify", folder]);
  assert.deepEqual(stateOf(folder), before, "nothing is written");
  return ended;
}

function stateOf(folder: string): unknown {
  const log = join(folder, "log");
  return readdirSync(log).map((name) => [
    name,
    statSync(join(log, name)).mtimeMs,
    readFileSync(join(log, name)).toString("base64"),
  ]);
}

test("verify: a sound log is 0, segment by segment, and says where it ends", async (context) => {
  const { code, stdout } = await verify(context);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /^0000000000000001\.wal {2}sound {2}1\.\.14 /m);
  assert.match(
    stdout,
    /^log {5}after 0@0 up to 62@7\nstate {3}term 7, vote 9, commit 61, incarnation 1\nresult {2}sound/m,
  );
});

test("verify: a torn tail is 1, with the bytes that a start will cut", async (context) => {
  const { code, stdout } = await verify(context, (files) => flip(files, nth(6), 8000));
  assert.equal(code, 1);
  assert.match(stdout, /^0000000000000006\.wal {2}torn .*offsets 4240 to 8001: no batch starts here/m);
  assert.match(stdout, /A start cuts the torn tail/);
});

test("verify: damage is 1, with file, offset and reason, and what a start will do", async (context) => {
  const { code, stdout } = await verify(context, (files) => flip(files, nth(3), 4400));
  assert.equal(code, 1);
  assert.match(stdout, /0000000000000003\.wal {2}damaged .*offset 4096: the batch's checksum does not match/);
  assert.match(stdout, /0000000000000004\.wal {2}cut off /);
  assert.match(stdout, /keeps term and vote.*no\nvoice until the leader/s);
});

test("verify: a missing segment is named", async (context) => {
  const { code, stdout } = await verify(context, (files) => files.delete(nth(2)));
  assert.equal(code, 1);
  assert.match(stdout, /0000000000000002\.wal {2}damaged .*the segment is missing/);
});

test("verify: what a start will refuse is 1, and says why", async (context) => {
  const { code, stderr } = await verify(context, (files) => files.set("/log/old.wal", new Uint8Array(9)));
  assert.equal(code, 1);
  assert.match(stderr, /A start will be refused: .*old\.wal looks like a part of a log under another name/);
});

test("verify: where nothing can be read, or there is no log, it is 2", async (context) => {
  const { code, stderr } = await verify(context, (files) => {
    for (const bytes of files.values()) bytes.fill(0x5a);
  });
  assert.equal(code, 2, stderr);
  assert.match(stderr, /no header and no mark can be read/);
  assert.match(stderr, /is refused otherwise/);
  const none = await runQuorate(["wal", "verify", tmpdir()]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /holds no log/);
});

test("verify: without a log it says what a start will do: begin a new one, or refuse beside a state", async (context) => {
  const folder = dataDirectory(context, (files) => files.clear());
  const log = join(folder, "log");
  for (const path of [folder, log]) {
    const { code, stderr } = await runQuorate(["wal", "verify", path]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /there is no log, and no state beside it\. A start will take the member for new/);
  }
  mkdirSync(join(folder, "state"));
  const beside = await runQuorate(["wal", "verify", folder]);
  assert.equal(beside.code, 1, beside.stderr);
  assert.match(beside.stderr, /there is a state beside it\. A start will be refused/);
  rmSync(log, { recursive: true });
  const gone = await runQuorate(["wal", "verify", folder]);
  assert.equal(gone.code, 1, gone.stderr);
  assert.match(gone.stderr, /A start will be refused/);
});

test("verify: a log of which only set-aside segments are left will be refused, and a directory named like a segment", async (context) => {
  const folder = dataDirectory(context, (files) => files.clear());
  writeFileSync(join(folder, `${nth(1)}.damaged`), "");
  const aside = await runQuorate(["wal", "verify", folder]);
  assert.equal(aside.code, 1, aside.stderr);
  assert.match(aside.stderr, /A start will be refused: .*only segments that were set aside/);
  mkdirSync(join(folder, nth(2)));
  const strange = await runQuorate(["wal", "verify", folder]);
  assert.equal(strange.code, 1, strange.stderr);
  assert.match(strange.stderr, /0000000000000002\.wal looks like a part of a log under another name/);
});

test("dump: a directory named like a segment is not read as one, and named", async (context) => {
  const folder = dataDirectory(context);
  mkdirSync(join(folder, nth(7)));
  const { code, stdout, stderr } = await runQuorate(["wal", "dump", folder]);
  assert.equal(code, 1, stderr);
  assert.match(stdout, /^0000000000000007\.wal {2}STRANGE: /m);
  assert.match(stdout, /mark {12}number 15/, "the rest is shown");
});

test("what cannot be read is 2, with the reason and no stack", async (context) => {
  const folder = dataDirectory(context);
  renameSync(join(folder, nth(3)), join(folder, "elsewhere"));
  symlinkSync("0000000000000003.wal", join(folder, nth(3)));
  const loop = join(folder, "loop");
  symlinkSync("loop", loop);
  for (const args of [
    ["dump", folder],
    ["verify", folder],
    ["dump", loop],
    ["verify", loop],
  ]) {
    const { code, stderr } = await runQuorate(["wal", ...args]);
    assert.equal(code, 2, stderr);
    assert.match(stderr, /The log cannot be read: ELOOP/);
    assert.doesNotMatch(stderr, /^\s+at /m);
  }
});

test("what one may not read is 2, with what to do", {
  skip: process.getuid?.() === 0 && "root reads all",
}, async (context) => {
  const folder = dataDirectory(context);
  chmodSync(join(folder, nth(3)), 0);
  const file = await runQuorate(["wal", "dump", folder]);
  chmodSync(join(folder, "log"), 0);
  const ended = [file];
  for (const name of ["dump", "verify"]) ended.push(await runQuorate(["wal", name, folder]));
  chmodSync(join(folder, "log"), 0o700);
  for (const { code, stderr } of ended) {
    assert.equal(code, 2, stderr);
    assert.match(stderr, /The log cannot be read: EACCES.* Run this as the user that the member runs as\./);
  }
});

test("dump: batches, entries, truncations, marks and damage, for people and as lines of JSON", async (context) => {
  const folder = dataDirectory(context, (files) => flip(files, nth(3), 4400));
  const { code, stdout } = await runQuorate(["wal", "dump", folder]);
  assert.equal(code, 1, "it is damaged");
  assert.match(
    stdout,
    /^ {6}4096 {9}5 {6}1288 {2}term 3, vote 7, commit 9.*CUTS the log before 12; repeats 15 bytes of configurations$/m,
  );
  assert.match(stdout, /^ {18}12 {7}3 {2}command {14}200$/m);
  assert.match(stdout, /^ {6}4096 {4}DAMAGE {6}3176 {2}up to 7272: the batch's checksum/m);
  assert.match(stdout, /mark {12}number 15: durable up to batch 15 \(segment 6, 4240\)/);
  const json = await runQuorate(["wal", "dump", folder, "--json", "--from", "18", "--to", "19"]);
  const rows = json.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; entries?: unknown });
  const batches = rows.filter(({ type }) => type === "batch");
  assert.deepEqual(
    batches.map(({ entries }) => entries),
    [[18, 19].map((index) => ({ index, term: 3, kind: "command", bytes: 40 }))],
  );
});

test("dump: one segment alone, a limit, and wrong calls", async (context) => {
  const folder = dataDirectory(context);
  const segment = await runQuorate(["wal", "dump", join(folder, nth(6))]);
  assert.equal(segment.code, 0);
  assert.doesNotMatch(segment.stdout, /0000000000000001\.wal/);
  const few = await runQuorate(["wal", "dump", folder, "--limit", "2", "--json"]);
  assert.equal(few.stdout.split("\n").filter((line) => line.includes('"type":"batch"')).length, 2);
  for (const args of [["dump"], ["dump", "/no/such/place"], ["dump", folder, "--from", "9", "--to", "3"], ["mend"]]) {
    const wrong = await runQuorate(["wal", ...args]);
    assert.equal(wrong.code, 2, wrong.stderr);
    assert.doesNotMatch(wrong.stderr, /^\s+at /m);
  }
});
