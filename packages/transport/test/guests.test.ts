import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryWorld } from "./memory-world.ts";
import { pair, TestMember } from "./members.ts";

test("a member that is admitted and not declared is spoken to while it stays, and never dialed", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  one.admitted.add(2);
  const two = new TestMember(world, 2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1));
  one.send(2, "control", "welcome");
  two.send(1, "bulk", "entries");
  world.runUntil(() => one.texts().includes("entries") && two.texts().includes("welcome"));
  two.close();
  world.run(5000);
  assert.equal(one.up.size, 0);
  assert.equal(one.send(2, "control", "gone"), false);
  assert.ok(world.streams.every(({ isDialer, port }) => !(isDialer && port === 2002)));
  const again = new TestMember(world, 2, { incarnation: 2 });
  again.know(1);
  world.runUntil(() => one.isUp(2));
});

test("a peer that is declared no longer stays connected as a guest if it may, and is dialed again once declared", () => {
  const world = new MemoryWorld();
  const [one, two] = pair(world);
  one.admitted.add(2);
  one.know();
  two.know();
  world.run(2000);
  assert.deepEqual([one.isUp(2), two.isUp(1)], [false, false], "the other did not admit it");
  one.know(2);
  two.know(1);
  world.runUntil(() => one.isUp(2) && two.isUp(1));
  const reports = one.reports.length;
  one.know();
  world.run(2000);
  assert.ok(one.isUp(2));
  assert.equal(one.reports.length, reports);
  one.know(2);
  assert.ok(one.isUp(2));
  assert.equal(one.reports.length, reports, "the connection is the same");
});

test("a member that was removed while it was away is told so when it comes, and by nobody else's word", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const two = new TestMember(world, 2);
  one.know();
  two.know(1);
  world.run(2000);
  assert.deepEqual([two.isUp(1), two.toldOfRemovalBy], [false, []], "a stranger is not taken for one that left");
  one.left.add(2);
  world.runUntil(() => two.toldOfRemovalBy.length > 0, 20_000);
  assert.equal(two.toldOfRemovalBy[0], 1);
  assert.equal(one.isUp(2), false);
});

test("so many guests and no more; those that have gone make room", () => {
  const world = new MemoryWorld();
  const one = new TestMember(world, 1);
  const guests = Array.from({ length: 65 }, (_, at) => {
    one.admitted.add(at + 2);
    const guest = new TestMember(world, at + 2);
    guest.know(1);
    world.runUntil(() => guest.isUp(1) || guest.refusals.length > 0);
    return guest;
  });
  const last = guests.at(-1) as TestMember;
  assert.equal(guests.filter((guest) => guest.isUp(1)).length, 64);
  assert.match(last.refusals.join(), /is not a peer of member 1/);
  guests[0]?.close();
  world.runUntil(() => last.isUp(1), 10_000);
});
