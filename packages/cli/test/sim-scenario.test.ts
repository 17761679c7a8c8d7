import assert from "node:assert/strict";
import { test } from "node:test";
import { quorateCommand, runProgram } from "../../../test/harness/quorate-command.ts";

const [program, ...first] = quorateCommand();

function sim(...args: string[]): ReturnType<typeof runProgram> {
  return runProgram(program, [...first, "sim", ...args]);
}

test("the scenarios are named with what they are and with their broken rules", async () => {
  const { code, stdout } = await sim("--scenarios", "--json");
  assert.equal(code, 0);
  const scenarios = JSON.parse(stdout) as { name: string; broken: string[] }[];
  const figure8 = scenarios.find(({ name }) => name === "figure-8");
  assert.deepEqual(figure8?.broken, ["entries of older terms are committed by counting"]);
});

test("a scenario ends with 0 when it comes to what is stated, with the real rules and with a broken one", async () => {
  const real = await sim("--scenario", "figure-8");
  assert.equal(real.code, 0);
  assert.match(real.stdout, /^with the real rules$[^]*^outcome: {2}3 elections won[^]*^as expected$/m);
  const broken = await sim("--scenario", "figure-8", "--broken", "1", "--seed", "4", "--trace");
  assert.equal(broken.code, 0);
  assert.match(
    broken.stdout,
    /^expected: leader completeness falls$\n^outcome: {2}leader completeness: member \d leads/m,
  );
  assert.match(broken.stdout, /^ +[\d.]+ scenario \{"at":0.2,"once":\{"commits":"leader","more":1\},"do":"crash"/m);
});

test("a scenario of whole members is run by its name as well", async () => {
  const { code, stdout } = await sim("--scenario", "follower-process-paused", "--json");
  assert.equal(code, 0);
  const { outcome } = JSON.parse(stdout) as { outcome: { acknowledged: number } };
  assert.ok(outcome.acknowledged > 0);
});

test("what each seed draws anew begins with the seed that is asked for", async () => {
  const { code, stdout } = await sim("--scenario", "phantom-leader", "--seeds", "2", "--from", "500001");
  assert.equal(code, 0);
  assert.match(stdout, /^2 seeds from 500001,/m);
});

test("a planted bug that shows in a scenario ends it with 1, and says what is not as stated", async () => {
  const args = ["--scenario", "stale-log-candidate", "--bug", "votes are given without a look at the log"];
  const { code, stdout } = await sim(...args, "--json");
  assert.equal(code, 1);
  const { deviations } = JSON.parse(stdout) as { deviations: string[] };
  assert.ok(
    deviations.some((deviation) => deviation.startsWith("leader completeness:")),
    deviations.join("; "),
  );
});

test("a scenario that cannot be run ends with 2 and says why", async () => {
  const wrong: readonly (readonly [RegExp, ...string[]])[] = [
    [/no scenario "nope"/, "--scenario", "nope"],
    [/no --broken 2/, "--scenario", "figure-8", "--broken", "2"],
    [/either --broken or --bug/, "--scenario", "figure-8", "--broken", "1", "--bug", "no pre-vote is ever granted"],
    [/no planted bug/, "--scenario", "figure-8", "--bug", "nothing of the kind"],
    [/--from is not for a scenario/, "--scenario", "figure-8", "--from", "3"],
    [/--seeds is not for a scenario/, "--scenario", "figure-8", "--seeds", "3"],
    [/has whole members/, "--scenario", "follower-process-paused", "--bug", "no pre-vote is ever granted"],
    [/use it with --scenario/, "--seed", "3", "--broken", "1"],
  ];
  for (const [message, ...args] of wrong) {
    const { code, stderr } = await sim(...args);
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, message);
  }
});
