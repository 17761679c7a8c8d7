import assert from "node:assert/strict";
import { test } from "node:test";
import { startCommandDriver } from "../harness/command-driver.ts";
import { root, runProgram } from "../harness/quorate-command.ts";

test("a shell learns from the command itself what may follow", async (context) => {
  const run = startCommandDriver(context);
  const suggested = async (...typed: string[]) =>
    (await run("complete", "--", ...typed)).stdout
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith(":"))
      .map((line) => line.split("\t")[0]);
  assert.ok((await suggested("lea")).includes("lease"));
  assert.deepEqual(await suggested("lease", "keep"), ["keep-alive"]);
  assert.ok((await suggested("get", "--pre")).includes("--prefix"));
  assert.ok((await suggested("get", "--order", "")).includes("descend"));
});

for (const shell of ["bash", "zsh", "fish"]) {
  test(`the script for ${shell} is one that a shell reads`, async (context) => {
    const { code, stdout } = await startCommandDriver(context)("completion", shell);
    assert.equal(code, 0);
    assert.match(stdout, /quorate/);
    assert.ok(!stdout.includes(root), "no path of this machine");
    if (shell === "bash") {
      const read = await runProgram("bash", ["-n"], { input: stdout });
      assert.equal(read.code, 0, read.stderr);
    }
  });
}
