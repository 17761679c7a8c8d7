import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root, runProgram } from "../harness/quorate-command.ts";

const script = join(root, "scripts", "test.mjs");

test("npm test -- --help lists the stages; an unknown stage or flag is refused", async () => {
  const help = await runProgram(process.execPath, [script, "--help"]);
  assert.equal(help.code, 0);
  for (const stage of ["format", "lint", "types", "unit", "simulation", "power-cut", "process", "clients", "smoke"]) {
    assert.match(help.stdout, new RegExp(`^ {2}${stage} `, "m"));
  }
  for (const args of [["--only", "nonsense"], ["--nonsense"]]) {
    const refused = await runProgram(process.execPath, [script, ...args]);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /nonsense/);
  }
});

test("the reporter counts what passed, failed and was skipped, and shows failures and reasons", async () => {
  const folder = mkdtempSync(join(tmpdir(), "quorate-reporter-"));
  try {
    const file = join(folder, "sample.test.mjs");
    const counts = join(folder, "counts.json");
    writeFileSync(
      file,
      `import { test } from "node:test";
test("passes", (t) => t.diagnostic("a measured figure"));
test("fails", () => { throw new Error("the reason of the failure"); });
test("skipped", { skip: "no such client" }, () => {});
test("outer", async (t) => { await t.test("inner", () => { throw new Error("the inner reason"); }); });
`,
    );
    const reporter = `--test-reporter=${join(root, "scripts", "test-reporter.mjs")}`;
    const ended = await runProgram(process.execPath, ["--test", reporter, "--test-reporter-destination=stdout", file], {
      env: { QUORATE_TEST_COUNTS: counts, NODE_TEST_CONTEXT: undefined },
    });
    assert.equal(ended.code, 1);
    for (const expected of ["a measured figure", "the reason of the failure", "the inner reason"]) {
      assert.ok(ended.stdout.includes(expected), expected);
    }
    const { passed, failed, skipped, failures, skips } = JSON.parse(readFileSync(counts, "utf8")) as Record<
      string,
      unknown
    >;
    assert.deepEqual(
      { passed, failed, skipped, skips },
      { passed: 1, failed: 3, skipped: 1, skips: ["skipped (no such client)"] },
    );
    assert.deepEqual(
      (failures as string[]).map((text) => text.split("  ").at(-1)),
      ["fails", "inner"],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});
