import assert from "node:assert/strict";
import { test } from "node:test";
import { coreScenarios } from "@quorate/simulator";
import { readChosen, tunedBy, writeChosen } from "../src/stories/chosen-link.ts";
import { stories } from "../src/stories/library.ts";
import { endOf, runsOf } from "../src/stories/run-story.ts";
import type { Story, StoryEnd } from "../src/stories/story.ts";
import { predictLease } from "../src/tuning/clocks.ts";
import { tuneScenario, tuningsOf } from "../src/tuning/library.ts";
import type { Tuned } from "../src/tuning/tuning.ts";
import { LabActionError } from "../src/world/lab-action.ts";
import { readLabRun } from "../src/world/lab-run.ts";
import { LabWorld } from "../src/world/lab-world.ts";

/** The long form of the lab's tests (`npm run verify`). */
const isLongForm = process.env["QUORATE_LAB"] === "all";

function storyNamed(name: string): Story {
  const found = stories.find((story) => story.name === name);
  assert.ok(found, name);
  return found;
}

function endsOf(story: Story, tuned: Tuned, seed = 1): readonly [StoryEnd, StoryEnd] {
  const [shipped, broken] = runsOf(story, seed, tuned).map((run) => endOf(new LabWorld(run)));
  return [shipped, broken] as [StoryEnd, StoryEnd];
}

test("each comparison has something to set otherwise, and a scenario as it is told is the scenario", () => {
  for (const story of stories) {
    assert.ok(tunedBy(story).length > 0, story.name);
    for (const { name, values, told } of tunedBy(story)) {
      assert.ok(values.includes(told), `${story.name}: the slider "${name}" can stand where the story is told`);
      assert.deepEqual(
        values,
        values.toSorted((one, other) => one - other),
      );
      const scenario = coreScenarios.find((one) => one.name === story.scenario);
      assert.ok(scenario !== undefined);
      assert.equal(tuneScenario(scenario, { [name]: told }), scenario);
    }
  }
});

for (const story of stories.filter(({ name }) => name !== "chained-five")) {
  for (const { name, values, label } of tunedBy(story)) {
    test(`"${story.title}": at the far ends of “${label}” the real rules keep what they promise`, () => {
      for (const value of isLongForm ? [values[0] ?? 0, values.at(-1) ?? 0] : [values.at(-1) ?? 0]) {
        const world = new LabWorld(runsOf(story, 2, { [name]: value })[0]);
        const { fallen, staleReads } = endOf(world);
        assert.equal(world.end, undefined, `${value}`);
        // A lease rests on the bound, which is what these two can break.
        if (name === "drift" || name === "bound") continue;
        assert.deepEqual([fallen, staleReads], [[], 0], `${value}`);
      }
    });
  }
}

test("the longer a member is cut off without Pre-Vote, the later the term that it brings; with it, none", () => {
  const story = storyNamed("term-bomb");
  const [short, long] = [endsOf(story, { "cut-for": 5 }), endsOf(story, { "cut-for": 30 })];
  assert.deepEqual([short[0].term, long[0].term], [1, 1]);
  assert.ok(long[1].term > short[1].term + 8, `${short[1].term} and ${long[1].term}`);
});

test("one link of three cut: a fall costs a few round trips and one entry more, and where messages take long, service", () => {
  const story = storyNamed("cloudflare-2020");
  const [shipped, broken] = endsOf(story, {});
  assert.deepEqual([shipped.unavailableMs, broken.unavailableMs], [0, 0]);
  assert.equal(broken.committed, shipped.committed + broken.elections, "each term begins with an entry");
  for (let seed = 1; seed <= 3; seed++) {
    const [near, far] = endsOf(story, { "one-way": 10 }, seed);
    assert.equal(near.elections, 0);
    // In ms, of 4 s.
    assert.ok(near.unavailableMs < 50 && far.unavailableMs > 650, `${near.unavailableMs} and ${far.unavailableMs}`);
    assert.ok(far.committed < near.committed);
  }
});

test("a leader that hears nobody costs two to four election timeouts, whatever the timers", () => {
  const story = storyNamed("deaf-leader");
  for (let seed = 1; seed <= (isLongForm ? 12 : 3); seed++) {
    const ends = endsOf(story, {}, seed);
    assert.ok(story.holds(...ends), `seed ${seed}: ${ends.map(({ longestPauseMs }) => longestPauseMs).join(" and ")}`);
  }
});

test("a lease is never stale while the bound covers the clocks, and is where it does not", () => {
  const story = storyNamed("lease-and-clocks");
  for (const bound of [5, 10, 20]) {
    const { mostDrift } = predictLease(0, bound);
    const within = Math.floor(2 * mostDrift) / 2;
    assert.ok(predictLease(within, bound).shipped <= predictLease(within, bound).promise);
    for (let seed = 1; seed <= (isLongForm ? 3 : 1); seed++) {
      assert.equal(endsOf(story, { drift: within, bound }, seed)[0].staleReads, 0, `${within} % of ${bound} %`);
      assert.equal(endsOf(story, { drift: 15, bound }, seed)[0].staleReads, 1, `15 % of ${bound} %`);
    }
  }
});

test("who stands still for its state is missed from an election timeout on; in the background no size is noticed", () => {
  for (const story of [storyNamed("blocking-checkpoint"), storyNamed("blocking-transfer")]) {
    for (const { size, elections } of [
      { size: 20, elections: [0, 0] },
      { size: 80, elections: [0, 0] },
      { size: 400, elections: [0, 1] },
      { size: 5000, elections: [0, 1] },
    ]) {
      const [shipped, broken] = endsOf(story, { size });
      assert.deepEqual([shipped.elections, broken.elections], elections, `${story.name}, ${size} MB`);
      assert.ok(shipped.longestSilenceMs < 300, `${story.name}, ${size} MB: ${shipped.longestSilenceMs} ms of silence`);
    }
  }
});

test("what is sent is the whole state or the hundredth of it that changed", () => {
  for (const size of [400, 1000]) {
    const [shipped, broken] = endsOf(storyNamed("blocking-transfer"), { size });
    assert.equal(Math.floor(broken.bytes / 1_000_000), size);
    assert.equal(Math.floor(shipped.bytes / 1_000_000), size / 100);
  }
});

test("walking back costs a round trip for each entry, whatever their number; hints one for each term", () => {
  const [shipped, broken] = endsOf(storyNamed("conflict-hints"), { diverged: 50 });
  assert.deepEqual([shipped.rejections, broken.rejections], [5, 250]);
});

test("who diverged long ago is sent the state where it is cheaper than the entries, and these where it is not", () => {
  const story = storyNamed("state-instead-of-a-walk");
  for (const { state, refusals, isSent } of [
    { state: 2, refusals: 2, isSent: true },
    { state: 10, refusals: 2, isSent: true },
    { state: 100, refusals: 5, isSent: false },
    { state: 1000, refusals: 5, isSent: false },
  ]) {
    const [left, right] = runsOf(story, 1, { state }).map((run) => new LabWorld(run)) as [LabWorld, LabWorld];
    const told = `a state of ${state} kB`;
    assert.deepEqual([endOf(left).rejections, endOf(right).rejections], [refusals, 1000], told);
    const pieces = ({ tape }: LabWorld) =>
      tape.packets.filter(({ text }) => /^piece \d of 4 of a state/.test(text)).length;
    assert.deepEqual([pieces(left), pieces(right)], [isSent ? 4 : 0, 0], told);
    // Both ways lead to the same logs.
    for (const { tape, end } of [left, right]) {
      assert.equal(end, undefined);
      assert.equal(new Set(tape.views.map((changes) => changes.at(-1)?.view.commit)).size, 1, told);
    }
  }
});

test("an entry of an older term is safe once one of the leader's own is there too, however it was counted", () => {
  const story = storyNamed("figure-8");
  assert.ok(endsOf(story, {})[1].fallen.length > 0);
  assert.deepEqual(endsOf(story, { "lives-on": 0.2 })[1].fallen, []);
});

test("a follower that has missed nothing may lead", () => {
  const [shipped, broken] = endsOf(storyNamed("stale-candidate"), { missed: 0 });
  assert.deepEqual([shipped.fallen, broken.fallen], [[], []]);
});

test("a link carries what was set otherwise, and nothing that is not there", () => {
  const story = storyNamed("lease-and-clocks");
  const chosen = { seed: 3, tuned: { drift: 6.5, bound: 20 } };
  assert.deepEqual(readChosen(story, writeChosen(chosen)), chosen);
  assert.deepEqual(readChosen(story, "drift=5"), { seed: 1, tuned: {} });
  for (const text of [
    "drift=99",
    "drift=",
    "drift=x",
    "speed=3",
    "seed=0",
    "seed=1.5",
    "drift-right=3",
    "toString=1",
  ]) {
    assert.throws(() => readChosen(story, text), LabActionError, text);
  }
  const run = runsOf(story, 3, chosen.tuned)[0];
  assert.deepEqual(readLabRun(JSON.parse(JSON.stringify(run))), run);
  for (const tuned of [{ drift: 99 }, { speed: 1 }]) {
    assert.throws(() => new LabWorld(runsOf(story, 1, tuned as unknown as Tuned)[0]), LabActionError);
  }
  assert.throws(() => readLabRun({ ...run, setup: { ...run.setup, tuned: { drift: "5" } } }), LabActionError);
  assert.deepEqual(tuningsOf("constructor"), []);
});
