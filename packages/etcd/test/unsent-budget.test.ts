import assert from "node:assert/strict";
import { test } from "node:test";
import { UnsentBudget } from "../src/watch/unsent-budget.ts";

test("streams wait while all together have too much on its way, and are told when there is room", () => {
  const budget = new UnsentBudget(100);
  const told: string[] = [];
  const stream = (name: string) => ({ roomMade: () => void told.push(name) });
  const [one, two, gone] = [stream("one"), stream("two"), stream("gone")];
  assert.equal(budget.hasRoomFor(one), true);
  budget.change(101);
  for (const waiting of [one, two, one, gone]) assert.equal(budget.hasRoomFor(waiting), false);
  budget.forget(gone);
  budget.change(50);
  budget.change(-40);
  assert.deepEqual(told, [], "there is no room yet");
  budget.change(-20);
  assert.deepEqual(told, ["one", "two"], "each once");
  assert.equal(budget.bytes, 91);
  budget.change(-91);
  assert.deepEqual(told, ["one", "two"], "nobody waits any more");
});
