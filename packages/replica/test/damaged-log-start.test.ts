import assert from "node:assert/strict";
import { test } from "node:test";
import type { Recovered } from "@quorate/wal";
import { appliedWithinLog, checkStateAgainstLog } from "../src/starting-log.ts";

/** A log of entries 1 to 9: 1 to 4 of term 1, the others of term 2; 6 of them known to be committed. */
const whole: Recovered = {
  hardState: { term: 5, vote: 1, commit: 6 },
  base: { index: 0, term: 0 },
  baseConfiguration: undefined,
  last: { index: 9, term: 2 },
  termRuns: [
    { firstIndex: 1, term: 1 },
    { firstIndex: 5, term: 2 },
  ],
  configurations: [],
  frameBytes: 1000,
  incarnation: 3,
  starts: { incarnations: [3], isWhole: false },
  tornTail: undefined,
  damage: undefined,
  finishedInstall: undefined,
};
const damaged: Recovered = { ...whole, damage: "a batch is unreadable" };

test("of a whole log everything that the state holds counts as applied, whatever commit index was noted", () => {
  assert.equal(appliedWithinLog({ index: 8, term: 2 }, whole), 8);
});

test("of a damaged log only what was committed counts as applied: the rest may have been replaced beyond the damage", () => {
  assert.equal(appliedWithinLog({ index: 8, term: 3 }, damaged), 6);
  assert.equal(appliedWithinLog({ index: 100, term: 4 }, damaged), 6);
  assert.equal(appliedWithinLog({ index: 3, term: 1 }, damaged), 3);
  assert.equal(appliedWithinLog({ index: 7, term: 2 }, { ...damaged, hardState: undefined }), 0);
  const pruned = { ...damaged, base: { index: 5, term: 2 }, hardState: { term: 5, vote: 1, commit: 0 } };
  assert.equal(appliedWithinLog({ index: 7, term: 2 }, pruned), 5, "what was pruned was committed");
});

test("a state of later entries than those that a damaged log ends in belongs to it; one that contradicts it does not", () => {
  assert.equal(checkStateAgainstLog({ index: 8, term: 3 }, damaged, false), undefined);
  assert.equal(checkStateAgainstLog({ index: 8, term: 3 }, whole, false)?.code, "state-mismatch");
  assert.equal(checkStateAgainstLog({ index: 6, term: 3 }, damaged, false)?.code, "state-mismatch");
  assert.equal(checkStateAgainstLog({ index: 6, term: 2 }, damaged, false), undefined);
  assert.equal(checkStateAgainstLog({ index: 100, term: 4 }, damaged, false), undefined);
  assert.equal(checkStateAgainstLog({ index: 100, term: 4 }, whole, false)?.code, "state-ahead-of-log");
});
