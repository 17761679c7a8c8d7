import assert from "node:assert/strict";
import { test } from "node:test";
import { formatRunFile, parseRunFile, recordSeed, RunFileError } from "../../src/index.ts";
import type { RunFile } from "../../src/index.ts";
import { failing } from "./failing.ts";

const bug = "votes are given without a look at the log";

function failedRun(): RunFile {
  const recorded = recordSeed({ world: "core", seed: 2, bug: failing(bug), safetyOnly: true }, { version: "0.0.0" });
  assert.equal(recorded.outcome, "failed");
  return recorded.file;
}

test("a run that is written and read is the same run", () => {
  const file = failedRun();
  assert.deepEqual(parseRunFile(formatRunFile(file)), file);
  const unbounded = {
    ...file,
    swarm: { ...file.swarm, limits: { ...file.swarm.limits, maxPendingReads: Number.POSITIVE_INFINITY } },
  };
  assert.deepEqual(parseRunFile(formatRunFile(unbounded)), unbounded, "infinity is kept");
});

test("each event is on a line of its own, with an id that no other has", () => {
  const file = failedRun();
  const lines = formatRunFile(file).split("\n");
  for (const { id } of file.events) assert.equal(lines.filter((line) => line.includes(`"id":"${id}"`)).length, 1, id);
});

test("a run may tell of members that join later, and of nobody else", () => {
  const file = failedRun();
  const withSpares = (calls: readonly object[]): string => {
    const swarm = { ...file.swarm, members: 3, clockRates: [1, 1, 1], operators: { spareClockRates: [1, 1] } };
    return formatRunFile({ ...file, swarm, events: calls as RunFile["events"] });
  };
  const known = [call("submit", [5, 1, [26]]), call("crash", [4])];
  assert.deepEqual(parseRunFile(withSpares(known)).events, known);
  assert.throws(() => parseRunFile(withSpares([call("crash", [6])])), /Event 0/);
});

test("what is no run is refused with what is wrong", () => {
  const good = formatRunFile(failedRun());
  const changed = (change: (value: Record<string, unknown>) => void): string => {
    const value = JSON.parse(good) as Record<string, unknown>;
    change(value);
    return JSON.stringify(value);
  };
  const refusals: readonly [string, RegExp][] = [
    ["", /not JSON/],
    ["[]", /not a run/],
    ["null", /not a run/],
    ['{"format":"something"}', /not a run/],
    [changed((file) => Object.assign(file, { formatVersion: 99 })), /version 99/],
    [changed((file) => Object.assign(file, { world: "moon" })), /"world"/],
    [changed((file) => Object.assign(file, { seed: -1 })), /"seed"/],
    [changed((file) => Object.assign(file, { swarm: {} })), /"swarm"/],
    [changed((file) => Object.assign(file["swarm"] as object, { operators: { spareClockRates: 3 } })), /"swarm"/],
    [changed((file) => Object.assign(file, { violation: undefined })), /"violation"/],
    [changed((file) => Object.assign(file, { events: {} })), /"events"/],
    [changed((file) => Object.assign(file, { events: [{ id: "x", atMicros: -1, calls: [] }] })), /Event 0/],
    [changed((file) => Object.assign(file, { events: [call("explode", [1])] })), /Event 0/],
    [changed((file) => Object.assign(file, { events: [call("crash", [9])] })), /Event 0/],
    [changed((file) => Object.assign(file, { events: [call("constructor", [1])] })), /Event 0/],
    [changed((file) => Object.assign(file, { events: [call("submit", [1, 1, [1e9]])] })), /Event 0/],
  ];
  for (const [text, problem] of refusals) {
    assert.throws(
      () => parseRunFile(text),
      (error) => error instanceof RunFileError && problem.test(error.message),
      text.slice(0, 60),
    );
  }
});

function call(name: string, args: readonly unknown[]): object {
  return { id: "x", atMicros: 1, calls: [{ do: name, with: args }] };
}
