import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseRunFile, replay } from "@quorate/simulator";
import { runQuorate } from "../../../test/harness/quorate-command.ts";
import { readSeedLink, seedLink } from "../src/runs/opened-run.ts";
import { reportOf, runOfFile } from "../src/runs/run-report.ts";
import { LabActionError } from "../src/world/lab-action.ts";
import { longestRunFile, readLabRun, type LabRun } from "../src/world/lab-run.ts";
import { mostEvents, SimulatedWorld } from "../src/world/simulated-world.ts";
import { loadSimulatedWorlds, makeWorld } from "../src/world/watched-world.ts";
import { eventAt, viewAt } from "../src/world/tape.ts";

const kept = fileURLToPath(new URL("../../../packages/simulator/test/regressions/", import.meta.url));
const noLogCheck = "votes are given without a look at the log";

function ofSeed(world: "core" | "replica", seed: number, bug?: string, leftAt?: number): LabRun {
  return { seed, setup: { kind: "simulated", world, bug, file: undefined, leftAt }, actions: [] };
}

for (const name of readdirSync(kept)) {
  test(`${name} plays here as it does on the command line, to the same event and the same hash`, () => {
    const text = readFileSync(join(kept, name), "utf8");
    const answer = replay(parseRunFile(text));
    assert.ok("result" in answer);
    const world = new SimulatedWorld(runOfFile(text));
    const { tape } = world;
    assert.equal(tape.hash, answer.result.hash);
    assert.equal(tape.events.length, answer.result.events);
    assert.equal(tape.endMicros, Math.round(answer.result.virtualMs * 1000));
    assert.equal(reportOf(world).verdict.kind, answer.verdict);
    const { violation } = answer.result;
    const told = tape.violations.map(({ property, message }) => `${property}: ${message}`);
    assert.deepEqual(told, violation === undefined ? [] : [violation.message]);
    if (violation !== undefined)
      assert.equal(tape.violations[0]?.event, tape.events.length - 1, "it is the last event");
  });
}

for (const { world, bug, seed } of [
  { world: "core", bug: noLogCheck, seed: 2 },
  { world: "replica", bug: "the log is written and never synced", seed: 2 },
] as const) {
  test(`what the command line prints of a failing seed in a world of kind ${world} is what is seen here`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "quorate-lab-"));
    try {
      const args = ["sim", "--seed", String(seed), "--world", world, "--bug", bug, "--out", folder, "--json"];
      const { stdout, code } = await runQuorate(args, { timeoutMs: 120_000 });
      assert.equal(code, 1);
      const printed = JSON.parse(stdout) as {
        hash: string;
        events: number;
        file: string;
        violation: { message: string };
      };
      const seen = new SimulatedWorld(ofSeed(world, seed, bug));
      assert.deepEqual([seen.tape.hash, seen.tape.events.length], [printed.hash, printed.events]);
      assert.equal(seen.end, printed.violation.message);
      const again = await runQuorate(["sim", "--replay", printed.file, "--json"], { timeoutMs: 120_000 });
      const ofFile = new SimulatedWorld(runOfFile(await readFile(printed.file, "utf8")));
      assert.equal(ofFile.tape.hash, (JSON.parse(again.stdout) as { hash: string }).hash);
      assert.equal(reportOf(ofFile).verdict.kind, "same");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test("of whole members, messages are seen from core to core, whatever carries them, and rules give their reasons", () => {
  const { tape } = new SimulatedWorld(ofSeed("replica", 5));
  const votes = tape.packets.filter(({ type }) => type === "vote-response");
  assert.ok(votes.some(({ takenIn }) => takenIn.length > 0));
  for (const { sentIn, takenIn, sentAt, arrivesAt } of tape.packets) {
    assert.ok(takenIn.every((event) => event >= sentIn));
    assert.ok(arrivesAt === undefined || arrivesAt >= sentAt);
  }
  assert.ok(tape.events.some(({ decisions }) => decisions.some(({ rule }) => rule === "mayGrantVote")));
  const last = tape.events.length - 1;
  assert.ok(tape.members.some((id) => viewAt(tape, id, last).terms.length > 0));
});

test("whole members cannot be touched, and say why", () => {
  const world = new SimulatedWorld(ofSeed("replica", 1));
  assert.match(world.untouchable ?? "", /belong to cores/);
});

for (const { what, run } of [
  { what: "a kept run", run: runOfFile(readFileSync(join(kept, "append-without-consistency-check.json"), "utf8")) },
  { what: "a seed's run", run: ofSeed("core", 2, noLogCheck) },
]) {
  test(`a reader takes over in the middle of ${what}: until then it is the same, then nobody else does anything`, () => {
    const whole = new SimulatedWorld(run);
    const at = (whole.tape.events[300] as { at: number }).at;
    const action = { at, action: { do: "heal" } } as const;
    const left = new SimulatedWorld({
      ...run,
      setup: { ...run.setup, leftAt: at } as LabRun["setup"],
      actions: [action],
    });
    const shared = eventAt(left.tape, at) + 1;
    assert.ok(shared > 300 && shared < whole.tape.events.length);
    assert.deepEqual(left.tape.events.slice(0, 300), whole.tape.events.slice(0, 300));
    assert.equal(left.end, undefined);
    left.advance(at + 5_000_000);
    const after = left.tape.events.slice(shared);
    assert.ok(after.length > 100);
    assert.ok(after.some(({ notes }) => notes.includes("You mend every link")));
    const theirs = after.flatMap(({ notes }) => notes).filter((note) => /^(client|network): /.test(note));
    assert.deepEqual(theirs, []);
  });
}

test("a run that goes on and on is shown up to a bound, and says so", () => {
  const file = parseRunFile(readFileSync(join(kept, "vote-without-log-check.json"), "utf8"));
  const { bug: _, ...sound } = file;
  const text = JSON.stringify({
    format: "quorate-run",
    formatVersion: 1,
    ...sound,
    events: [],
    swarm: { ...file.swarm, durationMs: 1e9 },
  });
  const world = new SimulatedWorld(runOfFile(text));
  assert.equal(world.tape.events.length, mostEvents);
  assert.match(world.end ?? "", /100,000 events/);
  assert.equal(reportOf(world).verdict.kind, "too long");
});

const good = readFileSync(join(kept, "vote-without-log-check.json"), "utf8");
const wrong: readonly { what: string; text: string; says: RegExp }[] = [
  { what: "no JSON", text: "hello", says: /not JSON.*quorate sim/s },
  { what: "a file cut short", text: good.slice(0, -100), says: /not JSON/ },
  { what: "other JSON", text: "{}", says: /not a run of the simulator.*The lab opens/s },
  {
    what: "a newer form",
    text: good.replace('"formatVersion": 1', '"formatVersion": 2'),
    says: /version 2.*reads version 1/,
  },
  {
    what: "a member that is not there",
    text: good.replace(/"do":"crash","with":\[\d/, '"do":"crash","with":[9'),
    says: /Event \d+ is none/,
  },
  {
    what: "no world",
    text: good.replace('"world": "core"', '"world": "moon"'),
    says: /"world" must be one of core, replica/,
  },
];

for (const { what, text, says } of wrong) {
  test(`a file with ${what} is refused, with what it should be`, () => {
    assert.notEqual(text, good);
    assert.throws(
      () => runOfFile(text),
      (error) => error instanceof LabActionError && says.test(error.message),
    );
  });
}

test("a bug that this version does not know, and a run of somebody's own state machine, are said to be that", () => {
  const unknown = good.replace(/"bug": "[^"]*"/, '"bug": "no such"');
  assert.throws(() => new SimulatedWorld(runOfFile(unknown)), /no planted bug "no such" in this version/);
  const own = good.replace(/"bug": "[^"]*"/, '"service": "bank"');
  assert.throws(() => new SimulatedWorld(runOfFile(own)), /state machine "bank": only its own simulation can play it/);
});

test("the link to a seed says the same as what it is made of, and a wrong one is refused", () => {
  const link = seedLink("replica", 353, noLogCheck);
  const run = readSeedLink(link.slice("#/run/".length));
  assert.deepEqual(run, ofSeed("replica", 353, noLogCheck));
  assert.deepEqual(readSeedLink("seed=0"), ofSeed("core", 0));
  for (const bad of ["seed=-1", "seed=1.5", "seed=", "world=moon&seed=1", "seed=99999999999999999"]) {
    assert.throws(() => readSeedLink(bad), LabActionError, bad);
  }
});

test("a link carries a kept run, and one that is too long is refused", async () => {
  const run = runOfFile(good);
  assert.deepEqual(readLabRun(JSON.parse(JSON.stringify(run))), run);
  const long = { ...run, setup: { ...run.setup, file: " ".repeat(longestRunFile + 1) } };
  assert.throws(() => readLabRun(long), LabActionError);
  await loadSimulatedWorlds();
  assert.equal(makeWorld(run).tape.hash, new SimulatedWorld(run).tape.hash);
});
