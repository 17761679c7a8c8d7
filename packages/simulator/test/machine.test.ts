import assert from "node:assert/strict";
import { test } from "node:test";
import { idealClock, Marks, World } from "../src/index.ts";
import { Machine } from "../src/machine.ts";
import { SimulatedClock } from "../src/simulated-clock.ts";

function bench() {
  const world = new World(1);
  const machine = new Machine(world, new Marks(), idealClock);
  const scope = world.scope("process");
  machine.begin(scope);
  return { world, machine, scope, clock: new SimulatedClock(world, scope, machine.clock) };
}

test("a slow process takes its events one after the other, in order, each in its time", () => {
  const { world, machine, scope } = bench();
  const seen: string[] = [];
  const note = (name: string): void => {
    seen.push(`${name} at ${world.nowMs}`);
  };
  machine.slow(10);
  for (const [name, at] of [
    ["a", 1],
    ["b", 2],
    ["c", 2],
    ["d", 50],
  ] as const) {
    world.schedule(at, "step", scope, note, name);
  }
  const cancelled = world.schedule(2, "step", scope, note, "cancelled");
  world.cancel(cancelled);
  world.run(100);
  assert.deepEqual(seen, ["a at 1", "b at 11", "c at 21", "d at 50"]);
});

test("a slow process that is paused, resumed, and made fast again loses nothing and keeps the order", () => {
  const { world, machine, scope } = bench();
  const seen: number[] = [];
  machine.slow(5);
  for (let number = 0; number < 20; number++) {
    world.schedule(number / 2, "step", scope, (it: number) => seen.push(it), number);
  }
  world.run(7);
  machine.pause();
  world.run(20);
  const before = seen.length;
  world.run(20);
  assert.equal(seen.length, before, "it stands still");
  machine.resume();
  world.run(12);
  assert.ok(seen.length > before && seen.length < 20, "it is slow");
  machine.slow(0);
  world.run(1);
  machine.slow(5);
  world.schedule(0, "step", scope, (it: number) => seen.push(it), 20);
  world.run(30);
  assert.deepEqual(
    seen,
    Array.from({ length: 21 }, (_, at) => at),
  );
});

test("while a machine sleeps its monotonic clock stands still, the boot clock goes on, and timers wait", () => {
  const { world, machine, clock } = bench();
  const fired: number[] = [];
  clock.after(100, () => fired.push(clock.monotonicMs()));
  world.run(40);
  machine.suspend();
  world.run(500);
  machine.resume();
  world.run(1);
  assert.equal(clock.monotonicMs(), 41);
  assert.equal(clock.bootMs(), 541);
  assert.deepEqual(fired, [], "its time has not come on its own clock");
  world.run(60);
  assert.equal(fired.length, 1);
  assert.ok(clock.monotonicMs() >= 100 && clock.monotonicMs() < 102);
});

test("a pause is no sleep; a crash ends a sleep, and the next process finds a clock that never went back", () => {
  const { world, machine, clock } = bench();
  world.run(10);
  machine.pause();
  world.run(10);
  machine.resume();
  assert.equal(clock.monotonicMs(), 20);
  machine.suspend();
  world.run(10);
  machine.end();
  const next = world.scope("next process");
  machine.begin(next);
  const later = new SimulatedClock(world, next, { ...machine.clock, monotonicOriginMs: 30 });
  machine.resume();
  assert.equal(later.monotonicMs(), 30);
});

test("jumps: the monotonic clock forward only, the wall clock either way", () => {
  const { world, machine, clock } = bench();
  world.run(10);
  machine.jumpClock(5, -1000);
  assert.equal(clock.monotonicMs(), 15);
  assert.equal(clock.wallMs(), 15 - 1000);
  machine.jumpClock(-50, 0);
  assert.equal(clock.monotonicMs(), 15);
});
