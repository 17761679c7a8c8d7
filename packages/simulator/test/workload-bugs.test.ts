import assert from "node:assert/strict";
import { test } from "node:test";
import { killWorkloadBug, recordWorkloadSeed, simulateWorkload, workloadBugs } from "../src/index.ts";

/** Bugs that hide longer are for `npm run mutants`, which knows them all. */
const mostSeeds = 20;

for (const bug of workloadBugs.filter(({ seeds }) => seeds <= mostSeeds)) {
  test(`a bug of ${bug.workload} is caught within ${bug.seeds} seeds: ${bug.name}`, (context) => {
    const kill = killWorkloadBug(bug, { from: 1, count: bug.seeds });
    assert.ok(kill, `nothing noticed in ${bug.seeds} seeds`);
    context.diagnostic(`seed ${kill.seed}, ${kill.events} events in all: ${kill.message}`);
    assert.ok(
      bug.caughtBy.includes(kill.property),
      `caught by "${kill.property}", which nobody expected: ${kill.message}`,
    );
  });
}

test("the faults that a bug is given more of do no harm to the real code", () => {
  const given = new Map(workloadBugs.flatMap((bug) => (bug.adjust === undefined ? [] : [[bug.adjust, bug] as const])));
  assert.ok(given.size > 0);
  for (const { name, workload, adjust } of given.values()) {
    const { violation } = simulateWorkload(workload, { seed: 1, adjust });
    assert.equal(violation, undefined, `${name}: ${violation?.message}`);
  }
});

test("a bug falls again when what was recorded of it is played", () => {
  for (const name of new Set(workloadBugs.map(({ workload }) => workload))) {
    const bug = workloadBugs.find(({ workload, seeds }) => workload === name && seeds <= 5);
    assert.ok(bug);
    const kill = killWorkloadBug(bug, { from: 1, count: bug.seeds });
    const recorded = recordWorkloadSeed(bug, kill?.seed ?? 0);
    assert.equal(recorded.outcome, "failed", bug.name);
    assert.ok(recorded.file.events.length > 0);
  }
});
