import assert from "node:assert/strict";
import { test } from "node:test";
import { coreScenarios, directedVariants, runDirected } from "@quorate/simulator";
import { LabActionError } from "../src/world/lab-action.ts";
import { readLabRun, type LabRun } from "../src/world/lab-run.ts";
import { breakableRules, LabWorld } from "../src/world/lab-world.ts";
import { eventAt, viewAt, type Tape } from "../src/world/tape.ts";

const free: LabRun = {
  seed: 7,
  setup: { kind: "free", members: 5, spares: 1, electionTimeoutMs: 1000, delayMs: 10, broken: [] },
  actions: [],
};

function ofScenario(name: string, broken: number, leftAt?: number): LabRun {
  return { seed: 1, setup: { kind: "scenario", name, broken, leftAt }, actions: [] };
}

function leaders(tape: Tape): number[] {
  const last = tape.events.length - 1;
  return tape.members.filter((id) => viewAt(tape, id, last).isUp && viewAt(tape, id, last).role === "leader");
}

test("a free world elects a leader, takes what the reader does, and nothing falls", () => {
  const world = new LabWorld({
    ...free,
    actions: [
      { at: 4_000_000, action: { do: "write", to: 2, count: 3 } },
      { at: 5_000_000, action: { do: "read", from: 3 } },
      { at: 6_000_000, action: { do: "crash", who: 2 } },
      { at: 9_000_000, action: { do: "start", who: 2 } },
    ],
  });
  world.advance(15_000_000);
  const { tape } = world;
  assert.equal(world.end, undefined);
  assert.deepEqual(tape.violations, []);
  assert.equal(leaders(tape).length, 1);
  const read = tape.requests.find(({ kind }) => kind === "read");
  assert.ok(read?.index !== undefined && read.index >= read.needed);
  const before = viewAt(tape, 2, eventAt(tape, 5_999_999));
  assert.deepEqual([before.isUp, before.role], [true, "leader"]);
  assert.equal(viewAt(tape, 2, eventAt(tape, 6_000_001)).isUp, false);
  const words = tape.events.flatMap(({ notes }) => notes).join("\n");
  assert.match(words, /You kill member 2/);
  assert.match(words, /leader of term 1: won the election of term 1/);
});

test("a world that is advanced in pieces is the one that is advanced at once", () => {
  const whole = new LabWorld(free);
  whole.advance(5_000_000);
  const pieces = new LabWorld(free);
  for (let at = 0; at <= 5_000_000; at += 17_000) pieces.advance(at);
  pieces.advance(5_000_000);
  assert.equal(pieces.tape.hash, whole.tape.hash);
  assert.equal(pieces.tape.events.length, whole.tape.events.length);
});

test("a vote that is refused says by which rule, and what that rule was asked", () => {
  const world = new LabWorld({
    ...free,
    actions: [
      { at: 3_000_000, action: { do: "block", from: 2, to: 1 } },
      { at: 3_000_000, action: { do: "block", from: 1, to: 2 } },
    ],
  });
  world.advance(12_000_000);
  const refusals = world.tape.events
    .flatMap(({ decisions }) => decisions)
    .filter(({ rule, answer }) => rule === "mayGrantPreVote" && answer === false);
  assert.ok(refusals.length > 0);
  assert.ok(refusals.some(({ asked }) => (asked[0] as { contact: { heardLeader: boolean } }).contact.heardLeader));
});

for (const { name, broken } of [
  { name: "term-bombing", broken: 0 },
  { name: "figure-8", broken: 1 },
  { name: "deposed-leader-returns", broken: 1 },
  { name: "stale-log-candidate", broken: 1 },
]) {
  test(`"${name}"${broken > 0 ? `, broken ${broken},` : ""} comes to what the simulator's own run comes to`, () => {
    const world = new LabWorld(ofScenario(name, broken));
    const scenario = coreScenarios.find((one) => one.name === name);
    assert.ok(scenario !== undefined);
    const { outcome } = runDirected(scenario, { seed: 1, broken: directedVariants(scenario)[broken - 1] });
    assert.equal(world.tape.violations.length > 0, outcome.violation !== undefined);
    const [first] = world.tape.violations;
    if (first !== undefined) assert.ok(outcome.violation?.startsWith(first.property), `${outcome.violation}`);
    assert.deepEqual(
      new LabWorld(ofScenario(name, broken)).tape.hash,
      world.tape.hash,
      "and to the same history each time",
    );
  });
}

test("a reader takes over in the middle of a scenario, and goes on from exactly there", () => {
  const whole = new LabWorld(ofScenario("term-bombing", 0));
  const at = (whole.tape.events[5000] as { at: number }).at;
  const left = new LabWorld(ofScenario("term-bombing", 0, at));
  const shared = left.tape.events.length;
  assert.ok(shared >= 5000 && shared < whole.tape.events.length);
  assert.deepEqual(left.tape.events.slice(0, shared), whole.tape.events.slice(0, shared));
  left.advance(at + 3_000_000);
  assert.ok(left.tape.events.length > shared);
  assert.equal(left.end, undefined);
});

test("a rule that the reader breaks shows: without a check of the log, logs differ", () => {
  assert.ok(breakableRules.size >= 15, `${breakableRules.size}`);
  const broken = [...breakableRules].find(([, rules]) => "isUpToDate" in rules)?.[0];
  assert.ok(broken !== undefined);
  const world = new LabWorld({ ...free, setup: { ...free.setup, broken: [broken] } as LabRun["setup"] });
  world.advance(3_000_000);
  assert.equal(leaders(world.tape).length, 1);
});

const bad: readonly { what: string; value: unknown }[] = [
  { what: "nothing", value: undefined },
  { what: "a seed that is none", value: { ...free, seed: 1.5 } },
  { what: "an unknown setup", value: { ...free, setup: { kind: "dream" } } },
  { what: "too many members", value: { ...free, setup: { ...free.setup, members: 10 } } },
  { what: "half a member", value: { ...free, setup: { ...free.setup, members: 2.5 } } },
  { what: "an action that does not exist", value: { ...free, actions: [{ at: 1, action: { do: "fly", who: 1 } }] } },
  { what: "a member that does not exist", value: { ...free, actions: [{ at: 1, action: { do: "crash", who: 0 } }] } },
  {
    what: "actions out of order",
    value: { ...free, actions: [2, 1].map((at) => ({ at, action: { do: "heal" } })) },
  },
  { what: "a time that is none", value: { ...free, actions: [{ at: "now", action: { do: "heal" } }] } },
];

for (const { what, value } of bad) {
  test(`a link with ${what} is refused in words`, () => {
    assert.throws(() => readLabRun(value), LabActionError);
  });
}

test("a run that is read is the run that was written", () => {
  const run: LabRun = { ...free, actions: [{ at: 5, action: { do: "partition", groups: [[1, 2]] } }] };
  assert.deepEqual(readLabRun(JSON.parse(JSON.stringify(run))), run);
});

test("scenarios and variants that do not exist are refused", () => {
  assert.throws(() => new LabWorld(ofScenario("no-such", 0)), LabActionError);
  assert.throws(() => new LabWorld(ofScenario("figure-8", 9)), LabActionError);
});
