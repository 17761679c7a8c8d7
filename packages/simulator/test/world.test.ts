import assert from "node:assert/strict";
import { test } from "node:test";
import { World } from "../src/index.ts";
import { minusLog } from "../src/random-streams.ts";
import { idealClock, SimulatedClock } from "../src/simulated-clock.ts";

test("events happen in the order of their time, and at one time in the order in which they were scheduled", () => {
  const world = new World(1);
  const order: string[] = [];
  const add = (name: string, delayMs: number): void => {
    world.schedule(delayMs, "step", world.outside, (subject: string) => order.push(subject), name);
  };
  add("late", 5);
  add("first of one", 1);
  add("second of one", 1);
  add("now", 0);
  world.run(10);
  assert.deepEqual(order, ["now", "first of one", "second of one", "late"]);
  assert.equal(world.nowMs, 10);
});

test("a thousand events with random times come out sorted", () => {
  const world = new World(2);
  const random = world.streams.stream("test");
  const seen: number[] = [];
  for (let i = 0; i < 1000; i++) {
    world.schedule(random.between(0, 50), "step", world.outside, () => seen.push(world.nowMicros), undefined);
  }
  world.run(100);
  assert.equal(seen.length, 1000);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
});

test("the end of a turn comes before the next event, even one of the same time", () => {
  const world = new World(1);
  const order: string[] = [];
  world.schedule(
    1,
    "step",
    world.outside,
    () => {
      world.endOfTurn(world.outside, () => {
        order.push("end");
        world.endOfTurn(world.outside, () => order.push("end of the end"));
      });
      order.push("event");
    },
    undefined,
  );
  world.schedule(1, "step", world.outside, () => order.push("next"), undefined);
  world.run(2);
  assert.deepEqual(order, ["event", "end", "end of the end", "next"]);
});

test("what belongs to an ended scope never happens, and what belongs to a paused one waits in order", () => {
  const world = new World(1);
  const gone = world.scope("gone");
  const slow = world.scope("slow");
  const order: string[] = [];
  world.schedule(1, "step", gone, () => order.push("gone"), undefined);
  world.schedule(1, "step", slow, () => order.push("slow 1"), undefined);
  world.schedule(2, "step", slow, () => order.push("slow 2"), undefined);
  const cancelled = world.schedule(2, "step", slow, () => order.push("cancelled"), undefined);
  world.schedule(3, "step", world.outside, () => order.push("outside"), undefined);
  world.end(gone);
  world.pause(slow);
  world.run(5);
  assert.deepEqual(order, ["outside"]);
  world.cancel(cancelled);
  world.resume(slow);
  world.run(1);
  assert.deepEqual(order, ["outside", "slow 1", "slow 2"]);
});

test("streams of one seed are independent of each other and of the order in which they are made", () => {
  const first = new World(77);
  const second = new World(77);
  const a = first.streams.stream("a");
  for (let i = 0; i < 100; i++) a.next();
  assert.equal(first.streams.stream("b").next(), second.streams.stream("b").next());
  assert.notEqual(new World(78).streams.stream("b").next(), second.streams.stream("b").next());
  assert.notEqual(new World(77 + 2 ** 32).streams.stream("b").next(), second.streams.stream("b").next());
});

test("the logarithm in plain arithmetic is the logarithm", () => {
  for (const x of [1, 0.999999, 0.75, 0.5, 0.3, 1e-3, 2 ** -32]) {
    assert.ok(Math.abs(minusLog(x) + Math.log(x)) < 1e-12, `at ${x}`);
  }
});

test("the same seed gives the same history hash, and another event another one", () => {
  const digest = (seed: number, extra: boolean): string => {
    const world = new World(seed);
    const random = world.streams.stream("x");
    for (let i = 0; i < 50; i++) world.schedule(random.between(0, 9), "step", world.outside, () => {}, undefined);
    if (extra) world.schedule(3, "step", world.outside, () => {}, undefined);
    world.run(20);
    return world.hash.digest();
  };
  assert.equal(digest(5, false), digest(5, false));
  assert.notEqual(digest(5, false), digest(6, false));
  assert.notEqual(digest(5, false), digest(5, true));
});

test("a timer never fires before its time on its own drifting clock", () => {
  for (const rate of [1, 0.9, 1.1, 0.999_999, 1.000_3]) {
    const world = new World(1);
    const clock = new SimulatedClock(world, world.outside, { ...idealClock, rate, monotonicOriginMs: 12_345.678 });
    const random = world.streams.stream("delays");
    let fired = 0;
    for (let i = 0; i < 200; i++) {
      const delay = random.between(0, 100);
      const due = clock.monotonicMs() + delay;
      clock.after(delay, () => {
        fired++;
        assert.ok(clock.monotonicMs() >= due);
        assert.ok(clock.monotonicMs() < due + 0.01);
      });
    }
    world.run(200);
    assert.equal(fired, 200);
  }
});
