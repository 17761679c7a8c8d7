import assert from "node:assert/strict";
import { test } from "node:test";
import { stories } from "../src/stories/library.ts";
import { runsOf } from "../src/stories/run-story.ts";
import type { Story } from "../src/stories/story.ts";
import { lanesOf, mostBars } from "../src/ui/client-bars.ts";
import { operationSentence, operationText, verdictText } from "../src/ui/client-words.ts";
import { mostChecked, verdictOf } from "../src/world/client-verdict.ts";
import { LabWorld } from "../src/world/lab-world.ts";
import type { LabRun } from "../src/world/lab-run.ts";
import type { ClientOperation } from "../src/world/tape.ts";

function storyOf(name: string): Story {
  return stories.find((story) => story.name === name) as Story;
}

function tapeOf(name: string, side: 0 | 1) {
  const world = new LabWorld(runsOf(storyOf(name))[side]);
  return { tape: world.tape, beganAt: world.beganAt };
}

function operation(of: Partial<ClientOperation>): ClientOperation {
  return {
    kind: "write",
    member: 1,
    askedAt: 0,
    askedIn: 0,
    endedAt: undefined,
    endedIn: undefined,
    outcome: undefined,
    index: undefined,
    term: undefined,
    needed: 0,
    value: undefined,
    ...of,
  };
}

test("the phantom leader's read is named, with the write that it misses; with the shipped rules it is refused", () => {
  const broken = tapeOf("phantom-leader", 1);
  const { fall } = verdictOf(broken.tape.operations);
  assert.deepEqual([fall?.operation.kind, fall?.operation.value], ["read", 0]);
  assert.deepEqual([fall?.against?.kind, fall?.against?.value, fall?.against?.outcome], ["write", 3, "answered"]);
  assert.equal(fall?.event, broken.tape.requests.find(({ index = Infinity, needed }) => index < needed)?.answeredIn);
  const verdict = verdictOf(broken.tape.operations);
  assert.equal(verdictText(verdict, (fall?.event ?? 0) - 1, 0), "linearizable so far");
  assert.match(
    verdictText(verdict, fall?.event ?? 0, broken.beganAt),
    /^not linearizable: the read of member 3 at .* found nothing and is stale: write 3 \(entry 5\) had been answered at /,
  );
  const { tape } = tapeOf("phantom-leader", 0);
  assert.equal(verdictOf(tape.operations).fall, undefined);
  const refused = tape.operations.filter(({ outcome }) => outcome === "refused");
  assert.equal(refused.length, 1);
  assert.equal(operationText(refused[0] as ClientOperation, tape.events.length), "read, refused");
  assert.equal(operationText(refused[0] as ClientOperation, refused[0]?.askedIn ?? 0), "read, no answer");
});

test("in every comparison of reads clients of the shipped rules are answered as one register could, and stale reads fall", () => {
  for (const { name } of stories.filter(({ part }) => part === "Reads")) {
    const shipped = tapeOf(name, 0);
    assert.equal(verdictOf(shipped.tape.operations).fall, undefined, name);
    const broken = tapeOf(name, 1);
    const isStale = broken.tape.requests.some(({ index = Infinity, needed }) => index < needed);
    assert.ok(isStale, name);
    assert.notEqual(verdictOf(broken.tape.operations).fall?.against, undefined, name);
  }
});

test("writes that a cut-off leader took fail when it drops them, and one that died leaves no answer", () => {
  const run: LabRun = {
    seed: 7,
    setup: { kind: "free", members: 5, spares: 0, electionTimeoutMs: 1000, delayMs: 10, broken: [] },
    actions: [
      { at: 4_000_000, action: { do: "write", to: 2, count: 2 } },
      { at: 5_000_000, action: { do: "partition", groups: [[2]] } },
      { at: 5_000_000, action: { do: "write", to: 2, count: 1 } },
      { at: 9_000_000, action: { do: "write", to: 1, count: 1 } },
      { at: 9_000_000, action: { do: "write", to: 3, count: 1 } },
      { at: 9_000_000, action: { do: "write", to: 4, count: 1 } },
      { at: 9_000_000, action: { do: "write", to: 5, count: 1 } },
      { at: 10_000_000, action: { do: "heal" } },
      { at: 12_000_000, action: { do: "read", from: 2 } },
    ],
  };
  const world = new LabWorld(run);
  world.advance(14_000_000);
  const { operations } = world.tape;
  assert.deepEqual(
    operations.map(({ kind, value, outcome }) => `${kind} ${value} ${outcome}`),
    ["write 1 answered", "write 2 answered", "write 3 lost", "write 4 answered", "read 4 answered"],
  );
  assert.match(
    operationSentence(operations[2] as ClientOperation, 1e6, 0),
    /^5\.\d+ s: write 3.*: failed after .*dropped/,
  );
  assert.equal(verdictOf(operations).fall, undefined);
  const crashed = new LabWorld({
    ...run,
    actions: [
      { at: 4_000_000, action: { do: "write", to: 2, count: 1 } },
      { at: 4_001_000, action: { do: "crash", who: 2 } },
    ],
  });
  crashed.advance(9_000_000);
  assert.deepEqual(
    crashed.tape.operations.map(({ outcome }) => outcome),
    [undefined],
  );
});

test("too many operations are not checked, and that is said", () => {
  const many = Array.from({ length: mostChecked + 1 }, (_, at) => operation({ value: at + 1, askedIn: at }));
  assert.equal(verdictText(verdictOf(many), 0, 0), "not checked: too many operations");
  assert.equal(verdictText(verdictOf(many.slice(1)), 0, 0), "linearizable so far");
});

test("bars go from call to answer, no two and none of their words cover each other, and their number is bounded", () => {
  const operations = [
    operation({ askedAt: 0, endedAt: 50 }),
    operation({ askedAt: 10, endedAt: 20, kind: "read" }),
    operation({ askedAt: 90 }),
    operation({ askedAt: 40, endedAt: 60, member: 2 }),
    operation({ askedAt: 200 }),
  ];
  const { lanes, leftOut } = lanesOf(operations, { from: 0, until: 100, width: 1000, textWidth: () => 100 });
  assert.equal(leftOut, 0);
  assert.deepEqual(
    lanes.map(({ member, rows, bars }) => [member, rows, bars.map(({ row, x, width }) => [row, x, width])]),
    [
      [
        1,
        2,
        [
          [0, 0, 500],
          [1, 100, 100],
          [0, 900, 100],
        ],
      ],
      [2, 1, [[0, 400, 200]]],
    ],
  );
  const many = Array.from({ length: 200 }, () => operation({ askedAt: 1, endedAt: 2 }));
  const full = lanesOf(many, { from: 0, until: 100, width: 1000, textWidth: () => 10 });
  assert.equal(full.lanes[0]?.bars.length, mostBars);
  assert.equal(full.leftOut, 200 - mostBars);
});
