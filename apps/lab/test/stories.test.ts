import assert from "node:assert/strict";
import { test } from "node:test";
import { coreScenarios } from "@quorate/simulator";
import { stories } from "../src/stories/library.ts";
import type { Story } from "../src/stories/story.ts";
import { endOf, runsOf } from "../src/stories/run-story.ts";
import { LabWorld } from "../src/world/lab-world.ts";
import { firstDivergence, NumbersMeter, numbersOf } from "../src/world/numbers.ts";

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
    const times = story.steps.map(({ at }) => at);
    assert.deepEqual(
      times.toSorted((one, other) => one - other),
      times,
    );
    assert.deepEqual(toldBadly(shipped, story), []);
    const fell = firstFall(broken);
    if (fell !== undefined) {
      const isTold = story.steps.some(({ at }) => at >= fell && at < fell + 0.2);
      assert.ok(isTold, `something falls ${fell} T after the beginning, and a step leads to where that is seen`);
    }
  });
}

/** What a reader is told of the scenario's steps, where that is not in words; or that nothing is told at all. */
function toldBadly({ tape }: LabWorld, { scenario }: Story): string[] {
  const told = tape.events.flatMap(({ notes }) => notes).filter((note) => note.startsWith("Scenario: "));
  const steps = coreScenarios.find(({ name }) => name === scenario)?.steps.length ?? 0;
  if (told.length !== steps) return [`${told.length} of ${steps} steps`];
  return told.filter((note) => /[{}"]|undefined/.test(note));
}

/** When a property fell or a stale read was answered first, in election timeouts since the beginning. */
function firstFall({ tape, beganAt, electionTimeoutMs }: LabWorld): number | undefined {
  const falls = tape.violations.map(({ event }) => tape.events[event]?.at ?? tape.endMicros);
  const stale = tape.requests.filter(({ index, needed }) => index !== undefined && index < needed);
  const at = Math.min(...falls, ...stale.map(({ answeredAt }) => answeredAt ?? Infinity));
  return Number.isFinite(at) ? (at - beganAt) / 1000 / electionTimeoutMs : undefined;
}

test("numbers counted along the way, forwards and back, are those that are counted at once", () => {
  const [story] = stories;
  assert.ok(story !== undefined);
  const { tape, beganAt, electionTimeoutMs } = new LabWorld(runsOf(story)[1]);
  const meter = new NumbersMeter(tape, beganAt, electionTimeoutMs);
  for (const share of [0.1, 0.2, 0.55, 0.56, 1, 0.3, 0.9, 0]) {
    const at = beganAt + share * (tape.endMicros - beganAt);
    assert.deepEqual(meter.until(at), numbersOf(tape, beganAt, at, electionTimeoutMs));
  }
  assert.ok(meter.until(tape.endMicros).messages > meter.until(beganAt).messages);
});

test("the names of the comparisons are different from each other", () => {
  assert.equal(new Set(stories.map(({ name }) => name)).size, stories.length);
  assert.ok(stories.length >= 20, `${stories.length}`);
});
