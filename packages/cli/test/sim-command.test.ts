import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { parseRunFile } from "@quorate/simulator";
import { quorateCommand, runProgram } from "../../../test/harness/quorate-command.ts";
import { traceFilter } from "../src/sim/trace-filter.ts";

const [program, ...first] = quorateCommand();
const bug = "votes are given without a look at the log";
let folder = "";
before(() => {
  folder = mkdtempSync(join(tmpdir(), "quorate-sim-"));
});
after(() => rmSync(folder, { recursive: true }));

function sim(...args: string[]): ReturnType<typeof runProgram> {
  return runProgram(program, [...first, "sim", ...args]);
}

test("seeds that are clean end with 0 and one line that says how many and how fast", async () => {
  const { code, stdout } = await sim("--seeds", "4", "--from", "7", "--workers", "2", "--world", "core");
  assert.equal(code, 0);
  assert.match(stdout, /^4 seeds from 7 \(4 runs\): \d+ events, .* every property held\n$/);
});

test("a failing seed ends with 1, says what fell and how to run it again, and is kept in a file", async () => {
  const args = ["--seeds", "40", "--world", "core", "--workers", "1", "--bug", bug, "--out", folder];
  const { code, stdout, stderr } = await sim(...args, "--json");
  assert.equal(code, 1);
  const { failures } = JSON.parse(stdout) as { failures: { seed: number; file: string; property: string }[] };
  const [failure] = failures;
  assert.ok(failure);
  assert.match(stderr, new RegExp(`core seed ${failure.seed}: ${failure.property}`));
  assert.match(stderr, new RegExp(`again: quorate sim --world core --seed ${failure.seed} --bug "${bug}" --trace`));
  const file = parseRunFile(readFileSync(failure.file, "utf8"));
  assert.equal(file.violation.property, failure.property);

  const replayed = await sim("--replay", failure.file, "--json");
  assert.equal(replayed.code, 1);
  assert.equal((JSON.parse(replayed.stdout) as { verdict: string }).verdict, "same");

  const shrunk = await sim("--replay", failure.file, "--shrink", "--shrink-seconds", "10");
  assert.equal(shrunk.code, 1);
  assert.match(shrunk.stdout, /^ {3}1\. \d+\.\d{3} ms: /m);
  const [, few, path] = /became (\d+) in [^]*kept in (\S+)/.exec(shrunk.stdout) ?? [];
  assert.ok(Number(few) < file.events.length);
  assert.equal(parseRunFile(readFileSync(path as string, "utf8")).events.length, Number(few));
});

test("a trace has the lines of the members and kinds that are asked for, and no others", async () => {
  const all = await sim("--seed", "2", "--trace");
  assert.equal(all.code, 0);
  assert.match(all.stdout, /leader of term/);
  const some = await sim("--seed", "2", "--trace", "--member", "2", "--kind", "message");
  const lines = some.stdout.trim().split("\n").slice(0, -1);
  assert.ok(lines.length > 10);
  for (const line of lines) assert.match(line, /^ *[\d.]+ (?:2>\d|\d>2) /);
});

test("one seed with a bug of whole members runs in their world", async () => {
  const planted = "a proposal is answered with the result of the one before it";
  const { code, stdout } = await sim("--seed", "1", "--bug", planted, "--out", folder, "--json");
  assert.equal(code, 1);
  const { file, violation } = JSON.parse(stdout) as { file: string; violation: { property: string } };
  assert.match(file, /quorate-sim-replica-1\.json$/);
  assert.equal(violation.property, "clients");
});

test("what cannot be run ends with 2 and says why", async () => {
  const wrong: readonly (readonly [RegExp, ...string[]])[] = [
    [/needs one of/],
    [/needs one of/, "--seeds", "3", "--seed", "3"],
    [/whole number/, "--seeds", "none"],
    [/for one run/, "--seeds", "3", "--trace"],
    [/another run in each world/, "--seed", "3", "--world", "both"],
    [/no planted bug/, "--seed", "3", "--bug", "nothing of the kind"],
    [/no-such-file/, "--replay", join(folder, "no-such-file")],
    [/not JSON/, "--replay", process.execPath],
    [/one of message/, "--seed", "3", "--trace", "--kind", "nothing"],
  ];
  const ends = await Promise.all(wrong.map(([, ...args]) => sim(...args)));
  for (const [at, [problem]] of wrong.entries()) {
    assert.equal(ends[at]?.code, 2, `${problem}`);
    assert.match(ends[at]?.stderr ?? "", problem);
  }
});

test("lines of a trace are told apart by what they say and whom they are about", () => {
  const kinds = {
    message: "     12.345 1>2      append t1 after 0@0",
    role: "     12.345 3.2      leader of term 4: has a majority",
    process: "     12.345 1.1      crashes",
    network: "     12.345 network  is clogged from 1 to 2",
    client: "     12.345 client   a client asks member 1 for read 3",
    timer: "     12.345 1.1      (timer)",
  } as const;
  for (const [kind, line] of Object.entries(kinds)) {
    for (const other of Object.keys(kinds) as (keyof typeof kinds)[]) {
      assert.equal(traceFilter(undefined, [other])(line), other === kind, `${line} among ${other}`);
    }
  }
  assert.ok(!traceFilter(undefined, undefined)(kinds.timer), "quiet kinds are shown only when asked for");
  assert.ok(traceFilter([2], undefined)(kinds.message));
  assert.ok(!traceFilter([3], undefined)(kinds.message));
  assert.ok(traceFilter([3], undefined)(kinds.role));
  assert.ok(traceFilter([1], undefined)(kinds.client));
});
