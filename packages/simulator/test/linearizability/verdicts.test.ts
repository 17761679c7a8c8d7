import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkLinearizable, registerModel, stringKeyValueModel } from "../../src/linearizability/index.ts";
import type { Model, RegisterInput, RegisterOutput, RegisterValue } from "../../src/linearizability/index.ts";
import { hasOrder, isOrder } from "./brute-force.ts";
import { anyRegisterHistories, realHistories, registerAnswer, registerInputs } from "./histories.ts";
import type { RegisterOperation } from "./histories.ts";

type RegisterModel = Model<RegisterValue, RegisterInput, RegisterOutput>;

const full = registerModel();
const plain: RegisterModel = {
  name: full.name,
  init: () => full.init(""),
  step: (state, input, output) => full.step(state, input, output),
};
const searched: RegisterModel = { ...plain, readOnly: (input, output) => full.readOnly?.(input, output) ?? false };
/** The quick way where it can be taken, the search, and the search without the model's hint about what changes nothing. */
const ways: Readonly<Record<string, RegisterModel>> = { quick: full, searched, plain };

const shapes = [
  { operations: 6, values: 2, cas: false },
  { operations: 6, values: 2, cas: true },
  { operations: 6, values: "unique", cas: false },
  { operations: 6, values: "unique", cas: true },
] as const;

for (const shape of shapes) {
  const title = `${shape.values === "unique" ? "unique" : "repeated"} values${shape.cas ? " and compare-and-set" : ""}`;

  test(`histories of a real register are accepted, with ${title}`, () => {
    const inputs = registerInputs({ ...shape, operations: 60 });
    fc.assert(
      fc.property(realHistories(registerModel(), inputs, registerAnswer, 5), (history) => {
        for (const [way, model] of Object.entries(ways)) {
          const { verdict, partitions } = checkLinearizable(model, history, { keepOrders: true });
          assert.equal(verdict, "linearizable", way);
          const order = partitions[0]?.order ?? [];
          assert.ok(isOrder(model, history, order), `${way} gives an order that is none: ${order.join(" ")}`);
          assertNothingForgotten(history, order);
        }
      }),
      { numRuns: 150 },
    );
  });

  test(`the verdict on anything small is that of trying every order, with ${title}`, () => {
    const verdicts = { linearizable: 0, "not-linearizable": 0, unknown: 0 };
    fc.assert(
      fc.property(anyRegisterHistories(shape), (history) => {
        const expected = hasOrder(plain, history) ? "linearizable" : "not-linearizable";
        for (const [way, model] of Object.entries(ways)) {
          assert.equal(checkLinearizable(model, history).verdict, expected, way);
        }
        verdicts[expected]++;
      }),
      { numRuns: 1500 },
    );
    assert.ok(verdicts.linearizable > 100 && verdicts["not-linearizable"] > 100, JSON.stringify(verdicts));
  });

  test(`a counterexample names the first return that is too much, with ${title}`, () => {
    fc.assert(
      fc.property(anyRegisterHistories(shape), (history) => {
        for (const [way, model] of Object.entries(ways)) {
          const why = checkLinearizable(model, history).partitions[0]?.counterexample;
          if (why === undefined) continue;
          const { blocked, prefixes, contradiction } = why;
          const deadline = history[blocked]?.return as number;
          const returnedBy = (index: number) => (history[index]?.return ?? Infinity) <= deadline;
          const calledByThen = history.filter(({ call }) => call <= deadline);
          assert.ok(!hasOrder(plain, calledByThen, (index) => returnsBy(calledByThen, index, deadline)), way);
          for (const prefix of prefixes) {
            assert.ok(isOrder(plain, history, prefix), way);
            assert.ok(!prefix.includes(blocked) || way === "quick", way);
          }
          const before = [...history.keys()].filter(
            (index) => returnedBy(index) && (history[index]?.return as number) < deadline,
          );
          assertNothingForgotten(
            before.map((index) => history[index] as RegisterOperation),
            before.flatMap((index, at) => (prefixes[0]?.includes(index) ? [at] : [])),
          );
          if (contradiction === undefined) continue;
          const alone = contradiction.operations.map((index) => history[index] as RegisterOperation);
          assert.ok(!hasOrder(plain, alone), `${way}: ${contradiction.kind}`);
        }
      }),
      { numRuns: 800 },
    );
  });
}

function returnsBy(history: readonly RegisterOperation[], index: number, deadline: number): boolean {
  return (history[index]?.return ?? Infinity) <= deadline;
}

/** All that returned is in the order, but reads that learned nothing. */
function assertNothingForgotten(history: readonly RegisterOperation[], order: readonly number[]): void {
  history.forEach(({ return: end, input, output }, index) => {
    if (end === undefined || (input.kind !== "write" && output === undefined)) return;
    assert.ok(order.includes(index), `operation ${index} has no place`);
  });
}

test("what a mutation does to a real history is judged as by trying every order", () => {
  const inputs = registerInputs({ operations: 7, values: "unique", cas: false });
  let refused = 0;
  fc.assert(
    fc.property(
      realHistories(registerModel(), inputs, registerAnswer, 3),
      fc.constantFrom("stale read" as const, "lost write" as const, "swapped values" as const),
      fc.nat(),
      (history, mutation, where) => {
        const mutated = mutate(history, mutation, where);
        const expected = hasOrder(plain, mutated) ? "linearizable" : "not-linearizable";
        if (expected === "not-linearizable") refused++;
        for (const [way, model] of Object.entries(ways)) {
          assert.equal(checkLinearizable(model, mutated).verdict, expected, `${way}, ${mutation}`);
        }
      },
    ),
    { numRuns: 1500 },
  );
  assert.ok(refused > 100, `${refused} mutations mattered`);
});

function mutate(
  history: readonly RegisterOperation[],
  mutation: "stale read" | "lost write" | "swapped values",
  where: number,
): RegisterOperation[] {
  const known = (kind: string) => history.filter(({ input, return: end }) => input.kind === kind && end !== undefined);
  const reads = known("read");
  const read = reads[where % Math.max(1, reads.length)];
  const replace = (operation: RegisterOperation | undefined, output: RegisterOutput | undefined) =>
    history.map((each) => (each === operation ? Object.assign({}, each, { output }) : each));
  if (mutation === "lost write") {
    // Acknowledged, and yet everybody sees what was there before: as if its reads had met the initial value.
    const writes = known("write");
    const lost = writes[where % Math.max(1, writes.length)]?.input;
    return history.map((each) =>
      lost?.kind === "write" && each.output !== undefined && "value" in each.output && each.output.value === lost.value
        ? Object.assign({}, each, { output: { value: null } })
        : each,
    );
  }
  const other = reads[(where + 1) % Math.max(1, reads.length)];
  if (mutation === "swapped values") return replace(read, other?.output ?? read?.output);
  const before = history.findLast(({ call, input }) => input.kind === "write" && call < (read?.call ?? 0));
  const earlier = history.find(({ input }) => input.kind === "write" && before !== undefined);
  return replace(read, { value: earlier?.input.kind === "write" ? earlier.input.value : null });
}

test("a store of appended strings is checked key by key", () => {
  const model = stringKeyValueModel();
  const key = fc.constantFrom("a", "b", "c");
  const value = fc.constantFrom("x", "y");
  const inputs = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant("get" as const), key }),
      fc.record({ kind: fc.constantFrom("append" as const, "put" as const), key, value }),
    ),
    { minLength: 1, maxLength: 80 },
  );
  const histories = realHistories(
    model,
    inputs,
    (state, { kind }) => (kind === "get" ? { value: state } : undefined),
    6,
  );
  fc.assert(
    fc.property(histories, (history) => {
      const { verdict, partitions } = checkLinearizable(model, history);
      assert.equal(verdict, "linearizable");
      assert.equal(partitions.length, new Set(history.map(({ input }) => input.key)).size);
    }),
    { numRuns: 150 },
  );
});
