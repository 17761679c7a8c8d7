import assert from "node:assert/strict";
import { test } from "node:test";
import {
  datagramMarkNames,
  markNames,
  membershipMarkNames,
  replicaMarkNames,
  runSeeds,
  simulateCore,
  simulateReplicas,
} from "../src/index.ts";
import type { MarkName, SeedsReport } from "../src/index.ts";
import { regressionSeeds } from "./regression-seeds.ts";

/**
 * The fixed budget of every test run. `QUORATE_SEEDS` multiplies it, and `QUORATE_FIRST_SEED` moves it, for a longer
 * look: QUORATE_SEEDS=20 QUORATE_FIRST_SEED=100000 npm test.
 */
const scale = Number(process.env["QUORATE_SEEDS"] ?? 1);
const from = Number(process.env["QUORATE_FIRST_SEED"] ?? 1);
const coreSeeds = Math.ceil(2000 * scale);
const replicaSeeds = Math.ceil(200 * scale);

const again = (kind: string): string =>
  `node --conditions=@quorate/source packages/simulator/test/run-seed.ts ${kind} SEED`;

function assertClean(report: SeedsReport): void {
  assert.deepEqual(
    report.failures.map(({ line }) => line),
    [],
  );
}

function sayResult(name: string, report: SeedsReport, startedAt: number): string {
  const seconds = (performance.now() - startedAt) / 1000;
  const at = (share: number): string =>
    (report.convergedIn[Math.floor(report.convergedIn.length * share)] ?? 0).toFixed(1);
  return (
    `${name}: ${report.seeds} seeds, ${report.events} events (${Math.round(report.events / seconds)}/s), ` +
    `${(report.virtualMs / 1000).toFixed(0)} s of virtual time in ${seconds.toFixed(1)} s, ${report.elections} elections, ` +
    `converged in ${at(0.5)} T (median), ${at(0.99)} T (99 %)`
  );
}

test("seeds that once failed pass", () => {
  for (const { seed } of regressionSeeds.core) {
    assertClean(runSeeds({ from: seed, count: 1, simulate: (s) => simulateCore({ seed: s }), command: again("core") }));
  }
  for (const { seed } of regressionSeeds.replica) {
    const simulate = (s: number) => simulateReplicas({ seed: s });
    assertClean(runSeeds({ from: seed, count: 1, simulate, command: again("replica") }));
  }
});

test(`the core keeps every safety property in ${coreSeeds} worlds, and converges when they are healed`, (context) => {
  const startedAt = performance.now();
  const simulate = (seed: number) => simulateCore({ seed });
  const report = runSeeds({ from, count: coreSeeds, simulate, command: again("core"), stopAtFirst: true });
  assertClean(report);
  context.diagnostic(sayResult("core", report, startedAt));
  const names = [...markNames, ...membershipMarkNames];
  assert.deepEqual(report.marks.missing(names), [], "states that a run of this size must reach");
});

test(`production members keep every safety property in ${replicaSeeds} worlds, and lose nothing acknowledged`, (context) => {
  const startedAt = performance.now();
  const simulate = (seed: number) => simulateReplicas({ seed });
  const report = runSeeds({ from, count: replicaSeeds, simulate, command: again("replica"), stopAtFirst: true });
  assertClean(report);
  context.diagnostic(sayResult("production members", report, startedAt));
  // Members of production never see what only datagrams do; most of the rest of these need more worlds than there are here.
  const rare = new Set<MarkName>([
    ...datagramMarkNames,
    "split vote",
    "leader stepped down without a quorum",
    "proposal refused as busy",
    "member stranded in a later term taken back",
    "two leaders at once",
    // Whole members do not tell how they made sure of a read.
    "read answered by the clock",
  ]);
  const names = [...markNames, ...membershipMarkNames, ...replicaMarkNames].filter((name) => !rare.has(name));
  assert.deepEqual(report.marks.missing(names), [], "states that a run of this size must reach");
});

test("the same seed gives the same history, and a traced run is the same run", () => {
  for (let seed = 5000; seed < 5010; seed++) {
    const first = simulateCore({ seed });
    const lines: string[] = [];
    assert.equal(simulateCore({ seed, trace: (line) => lines.push(line) }).hash, first.hash, `core seed ${seed}`);
    assert.ok(lines.length > 0);
  }
  for (let seed = 5000; seed < 5003; seed++) {
    assert.equal(simulateReplicas({ seed }).hash, simulateReplicas({ seed }).hash, `replica seed ${seed}`);
  }
  assert.notEqual(simulateCore({ seed: 1 }).hash, simulateCore({ seed: 2 }).hash);
});
