import assert from "node:assert/strict";
import { test } from "node:test";
import { Player } from "../src/ui/player.ts";
import type { LabRun } from "../src/world/lab-run.ts";
import { viewAt } from "../src/world/tape.ts";
import { loadSimulatedWorlds } from "../src/world/watched-world.ts";

const free: LabRun = {
  seed: 5,
  setup: { kind: "free", members: 5, spares: 0, electionTimeoutMs: 100, delayMs: 5, broken: [] },
  actions: [
    { at: 700_000, action: { do: "crash", who: 1 } },
    { at: 800_000, action: { do: "start", who: 1 } },
    { at: 900_000, action: { do: "partition", groups: [[2, 3]] } },
    { at: 1_100_000, action: { do: "heal" } },
  ],
};
const seed: LabRun = {
  seed: 4,
  setup: { kind: "simulated", world: "core", bug: "a conflicting entry is kept", file: undefined, leftAt: undefined },
  actions: [],
};

/** Everything that is shown of the members. */
function picture(player: Player): string {
  return JSON.stringify(player.tape.members.map((id) => viewAt(player.tape, id, player.event)));
}

for (const [what, run] of [
  ["a free world", free],
  ["a run of the simulator, in which several events share a µs", seed],
] as const) {
  test(`steps lead through every event of ${what}, one by one, and back through the very same states`, async () => {
    await loadSimulatedWorlds();
    const player = new Player(run);
    player.show(1_000_000);
    player.showEvent(-1);
    const { events } = player.tape;
    const count = Math.min(events.length, 1500) - 1;
    const shared = new Set(events.slice(0, count).map(({ at }) => at)).size;
    if (run === seed) assert.ok(shared < count, "some share their time");
    const seen = [picture(player)];
    for (let place = 0; place < count; place++) {
      player.step(1);
      assert.deepEqual([player.event, player.now.value], [place, (events[place] as { at: number }).at]);
      seen.push(picture(player));
    }
    for (let place = count - 1; place >= 0; place--) {
      assert.equal(picture(player), seen.pop());
      player.step(-1);
      assert.equal(player.event, place - 1);
    }
    assert.equal(picture(player), seen.pop());
    player.step(-1);
    assert.equal(player.event, -1, "before the first there is nothing");
  });
}

test("what is worth seeing is reached one by one, on and back, and nothing of it is left out", () => {
  const player = new Player(free);
  player.show(1_500_000);
  const notable = player.tape.events.flatMap(({ isNotable, at }, place) =>
    isNotable && at <= 1_400_000 ? [place] : [],
  );
  assert.ok(notable.length > 5);
  player.showEvent(-1);
  for (const place of notable) {
    player.skip(1);
    assert.equal(player.event, place);
  }
  for (const place of notable.toReversed().slice(1)) {
    player.skip(-1);
    assert.equal(player.event, place);
  }
});

test("a run is forked at any moment: what came before is the same, and taking the action back leads to the same history", () => {
  const whole = new Player(free);
  whole.show(2_000_000);
  const { hash } = whole.tape;
  for (let at = 50_000; at < 1_900_000; at += 190_000) {
    const player = new Player(free);
    player.show(2_000_000);
    assert.equal(player.tape.hash, hash);
    const moment = at + 0.7;
    player.show(moment);
    player.act({ do: "pause", who: 3 });
    const before = whole.tape.events.filter((event) => event.at < at);
    assert.deepEqual(player.tape.events.slice(0, before.length), before);
    assert.deepEqual(player.run.actions.at(-1), { at, action: { do: "pause", who: 3 } });
    player.undo();
    player.show(2_000_000);
    assert.equal(player.tape.hash, hash, "with what the reader had done later");
  }
});

test("what was taken over from a run of the simulator is given back whole", async () => {
  await loadSimulatedWorlds();
  const player = new Player(seed);
  const { hash } = player.tape;
  player.show(100_000);
  player.act({ do: "heal" });
  player.act({ do: "pause", who: 1 });
  player.undo();
  player.undo();
  assert.deepEqual(player.run, seed);
  assert.equal(player.tape.hash, hash);
});
