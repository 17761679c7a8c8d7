import assert from "node:assert/strict";
import { test } from "node:test";
import { describeRun, recordSeed, replay, runPlan, shrink } from "../../src/index.ts";
import type { RunFile } from "../../src/index.ts";
import { failing } from "./failing.ts";

const bug = failing("votes are given without a look at the log");

function failedRun(seed: number): RunFile {
  const recorded = recordSeed({ world: "core", seed, bug, safetyOnly: true }, { version: "0.0.0" });
  assert.equal(recorded.outcome, "failed");
  return recorded.file;
}

test("a long run shrinks to a short one that fails in the same way", (context) => {
  const file = failedRun(20);
  const { file: small, isMinimal, runs } = shrink(file, { keepGoing: () => true });
  context.diagnostic(`${file.events.length} events became ${small.events.length} in ${runs} runs`);
  for (const line of describeRun(small)) context.diagnostic(line);
  assert.ok(isMinimal);
  assert.ok(small.events.length <= 12, `${small.events.length} events`);
  assert.equal(small.violation.property, file.violation.property);
  assert.equal(replay(small).verdict, "same");
  const ids = new Set(file.events.map(({ id }) => id));
  assert.ok(
    small.events.every(({ id }) => ids.has(id)),
    "events keep their ids",
  );
});

test("nothing of a shrunk schedule can be taken away", () => {
  const { file: small } = shrink(failedRun(20), { keepGoing: () => true });
  for (const { id } of small.events) {
    const fewer = { ...small, events: small.events.filter((event) => event.id !== id) };
    assert.notEqual(runPlan(fewer, bug).violation?.property, small.violation.property, `without "${id}" it falls too`);
  }
});

test("it stops in time with the smallest that it has found, which fails too", () => {
  const file = failedRun(20);
  let runs = 0;
  const seen: number[] = [];
  const { file: smaller, isMinimal } = shrink(file, {
    keepGoing: () => runs++ < 15,
    progress: ({ events }) => seen.push(events),
  });
  assert.equal(isMinimal, false);
  assert.ok(smaller.events.length < file.events.length);
  assert.equal(seen.at(-1), smaller.events.length);
  assert.equal(replay(smaller).verdict, "same");
});

test("what does not fall any more is not shrunk", () => {
  const { bug: _, ...fixed } = failedRun(20);
  assert.throws(() => shrink(fixed, { keepGoing: () => true }), /does not fall/);
});
