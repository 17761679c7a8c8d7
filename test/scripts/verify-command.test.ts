import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { root, runProgram } from "../harness/quorate-command.ts";

const script = join(root, "scripts", "verify.mjs");

test("npm run verify -- --help names its parts; unknown parts, flags and numbers are refused before anything runs", async () => {
  const help = await runProgram(process.execPath, [script, "--help"]);
  assert.equal(help.code, 0);
  for (const part of ["tests", "doctor", "power-cut", "crash", "members", "handover", "differential", "fuzz"])
    assert.match(help.stdout, new RegExp(`^ {2}${part} `, "m"));
  for (const args of [["--only", "nonsense"], ["--nonsense"], ["--cuts", "-1"], ["--crash", "soon"]]) {
    const refused = await runProgram(process.execPath, [script, ...args]);
    assert.equal(refused.code, 2, args.join(" "));
    assert.match(refused.stderr, /Usage/);
  }
});
