import assert from "node:assert/strict";
import { test } from "node:test";
import { settle } from "../../src/kit/settled-history.ts";
import type { Application } from "../../src/kit/settled-history.ts";
import type { Operation } from "../../src/index.ts";

type Asked = Operation<unknown, unknown>;

const asked = (process: string, call: number, input: string, end?: number, output?: number): Asked => {
  return { process, call, return: end, input, output };
};

/** Operations whose names begin with "read" have no command; others are their own. */
function settled(history: readonly Asked[], applied: Readonly<Record<string, readonly Application[]>>) {
  return settle(history, {
    commandOf: (operation) => (String(operation).startsWith("read") ? undefined : String(operation)),
    applications: (command) => applied[command] ?? [],
  });
}

test("what was answered stays as it was", () => {
  const history = [asked("a", 1, "x", 5, 10), asked("b", 2, "read", 3, 0)];
  assert.deepEqual(settled(history, { x: [{ at: 4, answer: 10 }] }), { history, isExact: true });
});

test("a read without an answer and a command that nobody applied did not happen", () => {
  const history = [asked("a", 1, "read"), asked("b", 2, "x"), asked("c", 3, "y", 4, 1)];
  assert.deepEqual(settled(history, { y: [{ at: 3.5, answer: 1 }] }).history, [history[2]]);
});

test("a command that was applied had been answered then, had its client waited", () => {
  const { history, isExact } = settled([asked("a", 1, "x")], { x: [{ at: 7, answer: 42 }] });
  assert.deepEqual(history, [asked("a", 1, "x", 7, 42)]);
  assert.ok(isExact);
});

test("of operations with one command the first that were called have what the answered ones have not had", () => {
  const history = [asked("a", 1, "x"), asked("b", 2, "x"), asked("c", 3, "x", 9, 2), asked("d", 4, "x")];
  const applied = [1, 2, 3].map((answer) => ({ at: 5 + answer, answer }));
  const { history: now, isExact } = settled(history, { x: applied });
  assert.deepEqual(now, [asked("a", 1, "x", 6, 1), asked("b", 2, "x", 8, 3), asked("c", 3, "x", 9, 2)]);
  assert.ok(isExact);
});

test("it is said when another choice would have left other answers", () => {
  const history = [asked("a", 1, "x"), asked("b", 2, "x"), asked("c", 3, "x", 9, 5)];
  const same = [5, 5, 5].map((answer, at) => ({ at: 6 + at, answer }));
  assert.ok(settled(history, { x: same }).isExact, "all answers are alike");
  const mixed = [5, 7, 5].map((answer, at) => ({ at: 6 + at, answer }));
  assert.ok(!settled(history, { x: mixed }).isExact);
});
