import assert from "node:assert/strict";
import { test } from "node:test";
import { stories } from "../src/stories/library.ts";
import { endOf, runsOf } from "../src/stories/run-story.ts";
import { LabWorld } from "../src/world/lab-world.ts";
import { firstDivergence } from "../src/world/numbers.ts";

for (const story of stories) {
  test(`"${story.title}": ${story.outcome.shipped} Against: ${story.outcome.broken}`, () => {
    const [shipped, broken] = runsOf(story).map((run) => new LabWorld(run)) as [LabWorld, LabWorld];
    const ends = [endOf(shipped), endOf(broken)] as const;
    assert.ok(story.holds(...ends), JSON.stringify(ends));
    assert.ok(!story.holds(ends[1], ends[0]), "the two sides can be told apart");
    assert.deepEqual([shipped.end, ends[0].fallen], [undefined, []], "with the rules that ship, everything holds");
    const parted = firstDivergence(shipped.tape, broken.tape);
    assert.ok(parted !== undefined, "they part");
    const last = story.steps.at(-1)?.at ?? 0;
    const length = (shipped.tape.endMicros - shipped.beganAt) / 1000 / shipped.electionTimeoutMs;
    assert.ok(last <= length, "the last step of the story comes before its end");
  });
}

test("the names of the comparisons are different from each other", () => {
  assert.equal(new Set(stories.map(({ name }) => name)).size, stories.length);
  assert.ok(stories.length >= 20, `${stories.length}`);
});
