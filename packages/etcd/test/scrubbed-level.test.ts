import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { fill, filesOf } from "./support/flipped-engine.ts";
import { temporaryFolder } from "./support/single-member.ts";

const program = fileURLToPath(new URL("support/flipped-engine.ts", import.meta.url));

/** How many bytes of the engine's files are flipped, one at a time, at even distances. */
const flips = 60;

test(`a bit that flips anywhere in the engine's files is found, ends the process, or changes no record (${flips} places)`, async (context) => {
  const folder = temporaryFolder(context);
  const pristine = join(folder, "pristine");
  await fill(pristine);
  const files = filesOf(pristine).map(({ name }) => name);
  assert.ok(
    files.some((name) => /\.(ldb|sst)$/.test(name)),
    `there is a table: ${files.join(", ")}`,
  );

  const outcomes: string[] = [];
  while (outcomes.length < flips) {
    const range = [outcomes.length, flips, flips].map(String);
    const args = [...process.execArgv, program, pristine, join(folder, "damaged"), ...range];
    const { stdout, stderr, status, signal } = spawnSync(process.execPath, args, {
      encoding: "utf8",
      timeout: 120_000,
    });
    outcomes.push(...stdout.split("\n").filter((line) => line !== ""));
    if (status === 0) continue;
    // LevelDB trusts what it reads, and ends the process where that proves to be nonsense: then nobody is told a wrong thing.
    assert.equal(signal, "SIGABRT", stderr);
    assert.match(stderr, /Assertion/);
    outcomes.push("ended");
  }
  const count = (outcome: string): number => outcomes.filter((one) => one === outcome).length;
  const counts = {
    refused: count("refused"),
    found: count("found"),
    harmless: count("harmless"),
    ended: count("ended"),
  };
  context.diagnostic(JSON.stringify(counts));
  assert.equal(count("unnoticed"), 0, "no damage was found, and records are different");
  assert.equal(outcomes.length, flips);
  assert.ok(counts.found > flips / 4, JSON.stringify(counts));
  assert.ok(counts.ended < flips / 4, JSON.stringify(counts));
});
