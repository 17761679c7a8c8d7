import assert from "node:assert/strict";
import { test } from "node:test";
import { examine, idsOf } from "./examine.ts";

/** The log of MISSION row 22. */
const sample = `15:42:08 INFO raft: AppendEntries -> D failure (mismatch at idx=400100 term=12 vs follower idx=400100 term=11)
15:42:09 INFO raft: AppendEntries -> D retry prevIdx=400050 (decremented)
15:42:09 INFO raft: AppendEntries -> D failure (mismatch at idx=400050 term=12 vs follower idx=400050 term=10)
15:42:10 INFO raft: AppendEntries -> D retry prevIdx=399000 (decremented)
15:42:10 INFO raft: AppendEntries -> D failure (mismatch at idx=399000 term=12 vs follower idx=399000 term=8)
15:42:11 WARN raft: D has diverged extensively; consider InstallSnapshot
`;

test("the sample of row 22 is a follower that has long diverged, and a snapshot is what helps", () => {
  const report = examine({ "leader.log": sample });
  assert.equal(report.findings.length, 1);
  const [finding] = report.findings;
  assert.ok(finding);
  assert.equal(finding.id, "extensive-divergence");
  assert.equal(finding.severity, "serious");
  assert.deepEqual(finding.members, ["D"]);
  assert.ok(finding.confidence > 0.95);
  assert.match(finding.summary, /from index 400100 back to 399000 and its term fell twice/);
  assert.match(finding.action, /snapshot/);
  assert.deepEqual(
    finding.evidence.map(({ file, line }) => `${file}:${line}`),
    ["leader.log:1", "leader.log:3", "leader.log:5", "leader.log:6"],
  );
});

function probes(...terms: readonly (readonly [index: number, term: number])[]): string {
  return terms
    .map(
      ([index, term], at) =>
        `15:42:${String(at + 10)} INFO raft: AppendEntries -> D failure (mismatch at idx=${index} term=12 vs follower idx=${index} term=${term})\n`,
    )
    .join("");
}

test("two mismatches are enough, if index and term both fall; the leader's own warning is not needed", () => {
  assert.deepEqual(idsOf(examine({ log: probes([400, 11], [399, 10]) }), "serious"), ["extensive-divergence"]);
});

test("a single mismatch, or two in which no term falls, is how a follower catches up", () => {
  assert.deepEqual(idsOf(examine({ log: probes([400, 11]) })), []);
  assert.deepEqual(idsOf(examine({ log: probes([400, 11], [399, 11]) })), []);
});

test("mismatches of two followers are not taken for those of one", () => {
  const two = probes([400, 11]) + probes([399, 10]).replaceAll("-> D", "-> E");
  assert.deepEqual(idsOf(examine({ log: two })), []);
});

test("a walk back step by step is told of where the terms do not fall, and is less sure", () => {
  const [finding] = examine({ log: probes([400, 11], [399, 11], [398, 11], [397, 11], [396, 11], [395, 11]) }).findings;
  assert.equal(finding?.id, "extensive-divergence");
  assert.equal(finding?.severity, "warning");
});
