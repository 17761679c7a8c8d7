import assert from "node:assert/strict";
import { test } from "node:test";
import { stories } from "../src/stories/library.ts";
import { runsOf } from "../src/stories/run-story.ts";
import { differingAt } from "../src/ui/differing-entries.ts";
import { LabWorld } from "../src/world/lab-world.ts";
import { eventAt, viewAt, type MemberView } from "../src/world/tape.ts";

/** Both sides of a comparison, so many election timeouts after it began. */
function sides(name: string, at: number): (readonly MemberView[])[] {
  const story = stories.find((one) => one.name === name);
  assert.ok(story !== undefined);
  return runsOf(story).map((run) => {
    const { tape, beganAt, electionTimeoutMs } = new LabWorld(run);
    const event = eventAt(tape, beganAt + at * electionTimeoutMs * 1000);
    return tape.members.map((id) => viewAt(tape, id, event));
  });
}

/** The indexes at which members hold different entries of one term. */
function split(views: readonly MemberView[]): number[] {
  const last = Math.max(...views.map(({ base, terms }) => base + terms.length));
  return Array.from({ length: last }, (_, at) => at + 1).filter((index) => differingAt(views, index).size > 0);
}

test("two leaders of one term write different entries at the same places: each is told with who holds it", () => {
  const [shipped, broken] = sides("joint-consensus", 6);
  assert.ok(shipped !== undefined && broken !== undefined);
  assert.deepEqual(split(shipped), []);
  const places = split(broken);
  assert.ok(places.length > 50, `${places.length}`);
  const last = Math.min(...broken.map(({ base, terms }) => base + terms.length));
  assert.deepEqual(
    [...differingAt(broken, last)],
    [
      [
        2,
        [
          [1, 2],
          [3, 4, 5],
        ],
      ],
    ],
  );
});

test("entries of different terms at one place differ by their terms: nothing more is said of them", () => {
  const [shipped, broken] = sides("figure-8", 1.3);
  assert.ok(shipped !== undefined && broken !== undefined);
  assert.notEqual(new Set(shipped.map(({ terms }) => terms[1])).size, 1);
  assert.deepEqual([split(shipped), split(broken)], [[], []]);
});
