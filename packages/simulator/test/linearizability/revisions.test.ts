import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkRevisionOrder } from "../../src/linearizability/index.ts";
import type {
  KeyPair,
  StepAnswer,
  Transaction,
  TransactionOperation,
  TransactionStep,
} from "../../src/linearizability/index.ts";

/** A store that does what etcd does, written for this test alone. */
function runOne(pairs: Map<string, KeyPair>, revision: number, { compares, success, failure }: Transaction) {
  const succeeded = compares.every((compare) => {
    const pair = pairs.get(compare.key);
    return compare.target === "value" ? pair?.value === compare.than : (pair?.[compare.target] ?? 0) === compare.than;
  });
  let wrote = false;
  const steps = (succeeded ? success : failure).map((step): StepAnswer => {
    const within = [...pairs.values()].filter(({ key }) =>
      step.kind !== "put" && step.end !== undefined ? key >= step.key && key < step.end : key === step.key,
    );
    switch (step.kind) {
      case "range":
        return { kind: "range", pairs: within.sort((a, b) => (a.key < b.key ? -1 : 1)) };
      case "delete":
        for (const { key } of within) pairs.delete(key);
        wrote ||= within.length > 0;
        return { kind: "delete", deleted: within.length };
      case "put": {
        const before = pairs.get(step.key);
        const create = before?.create ?? revision + 1;
        pairs.set(step.key, {
          key: step.key,
          value: step.value,
          create,
          mod: revision + 1,
          version: (before?.version ?? 0) + 1,
        });
        wrote = true;
        return { kind: "put" };
      }
    }
  });
  return { revision: wrote ? revision + 1 : revision, succeeded, steps };
}

const key = fc.constantFrom("a", "b", "c", "d");
const step: fc.Arbitrary<TransactionStep> = fc.oneof(
  fc.record({ kind: fc.constant("put" as const), key, value: fc.constant("") }),
  fc.record({ kind: fc.constant("range" as const), key }),
  fc.record({ kind: fc.constant("range" as const), key, end: fc.constant("e") }),
  fc.record({ kind: fc.constant("delete" as const), key }),
);
const request = fc.record({
  compares: fc.array(
    fc.record({
      key,
      target: fc.constantFrom("version" as const, "create" as const),
      is: fc.constant("=" as const),
      than: fc.nat(3),
    }),
    { maxLength: 1 },
  ),
  success: fc.array(step, { minLength: 1, maxLength: 3 }),
  failure: fc.array(step, { maxLength: 2 }),
  lasts: fc.nat(9),
  pause: fc.nat(2),
  fate: fc.constantFrom("answered", "answered", "answered", "done", "lost"),
});

/** What a store answered to overlapping requests, one after the other in effect, each value unique. */
function run(requests: readonly (typeof request extends fc.Arbitrary<infer R> ? R : never)[], lossy: boolean) {
  const pairs = new Map<string, KeyPair>();
  const history: TransactionOperation[] = [];
  let revision = 1;
  let now = 10;
  requests.forEach(({ compares, success, failure, lasts, pause, fate }, process) => {
    now += pause;
    const name = (steps: readonly TransactionStep[], branch: string) =>
      steps.map((step, at) => (step.kind === "put" ? { ...step, value: `${process}${branch}${at}` } : step));
    const input = { compares, success: name(success, "s"), failure: name(failure, "f") };
    const times = { process, call: now - lasts, input };
    const unheard = lossy && fate !== "answered";
    if (unheard && fate === "lost") {
      history.push({ ...times, return: undefined, output: undefined });
      return;
    }
    const answer = runOne(pairs, revision, input);
    revision = answer.revision;
    history.push({ ...times, return: unheard ? undefined : now + lasts, output: unheard ? undefined : answer });
  });
  return history;
}

const requests = fc.array(request, { minLength: 1, maxLength: 40 });

test("what a real store answered is accepted, and all of it is checked", () => {
  fc.assert(
    fc.property(requests, (given) => {
      const result = checkRevisionOrder(run(given, false));
      assert.deepEqual([result.verdict, result.problem, result.gaps], ["linearizable", undefined, 0]);
      assert.equal(result.replayed, given.length);
    }),
    { numRuns: 300 },
  );
});

test("requests without an answer are replayed when a pair shows them, and never make a good history bad", () => {
  const verdicts = { linearizable: 0, unknown: 0, "not-linearizable": 0 };
  fc.assert(
    fc.property(requests, (given) => {
      const { verdict, problem } = checkRevisionOrder(run(given, true));
      assert.equal(problem, undefined);
      verdicts[verdict]++;
    }),
    { numRuns: 500 },
  );
  assert.ok(verdicts.linearizable > 50, JSON.stringify(verdicts));
});

const get = (key: string): Transaction => ({ compares: [], success: [{ kind: "range", key }], failure: [] });
const put = (key: string, value: string): Transaction => ({
  compares: [],
  success: [{ kind: "put", key, value }],
  failure: [],
});
const pair = (value: string, mod: number, version: number): KeyPair => ({ key: "a", value, create: 2, mod, version });

function at(call: number, input: Transaction, revision?: number, steps: readonly StepAnswer[] = [{ kind: "put" }]) {
  const known = revision !== undefined;
  return {
    process: 0,
    call,
    return: known ? call + 1 : undefined,
    input,
    output: known ? { revision, succeeded: true, steps } : undefined,
  } satisfies TransactionOperation;
}

const seen = (...pairs: KeyPair[]): StepAnswer[] => [{ kind: "range", pairs }];
const two = [at(0, put("a", "1"), 2), at(10, put("a", "2"), 3)];

const wrong: readonly (readonly [string, readonly TransactionOperation[], RegExp])[] = [
  [
    "a read that is older than what had returned",
    [...two, at(20, get("a"), 2, seen(pair("1", 2, 1)))],
    /revision 3 was known/,
  ],
  ["a read that misses what its revision holds", [...two, at(20, get("a"), 3, seen())], /a = 2 .* is missing/],
  [
    "a read of an old value at a new revision",
    [...two, at(20, get("a"), 3, seen(pair("1", 2, 1)))],
    /a = 1 .* was seen/,
  ],
  ["a version that counts a put too many", [...two, at(20, get("a"), 3, seen(pair("2", 3, 3)))], /version 3/],
  ["a revision made twice", [...two, at(10, put("b", "3"), 3)], /already made/],
  ["a change that goes back in time", [at(0, put("a", "1"), 3), at(10, put("a", "2"), 2)], /revision 3 was known/],
  ["a value that nobody put", [...two, at(20, get("a"), 4, seen(pair("9", 4, 3)))], /belongs to no request/],
  ["a revision that nobody made", [...two, at(20, put("a", "4"), 5)], /more revisions than requests/],
  [
    "a transaction that took the wrong branch",
    [...two, at(20, { ...put("a", "x"), compares: [{ key: "a", target: "mod", is: "=", than: 2 }] }, 4)],
    /compares do not hold/,
  ],
];

for (const [what, history, says] of wrong) {
  test(`${what} is refused`, () => {
    const { verdict, problem } = checkRevisionOrder(history);
    assert.equal(verdict, "not-linearizable");
    assert.match(problem?.reason ?? "", says);
  });
}

test("a put without an answer counts from the moment that its value is seen", () => {
  const history = [...two, at(15, put("a", "3")), at(20, get("a"), 4, seen(pair("3", 4, 3)))];
  assert.equal(checkRevisionOrder(history).verdict, "linearizable");
  const lost = [...history, at(30, get("a"), 4, seen(pair("2", 3, 2)))];
  assert.equal(checkRevisionOrder(lost).verdict, "not-linearizable");
});

test("a serializable read may be old, and must still be what its revision held", () => {
  const old = { ...get("a"), serializable: true };
  assert.equal(checkRevisionOrder([...two, at(20, old, 2, seen(pair("1", 2, 1)))]).verdict, "linearizable");
  assert.equal(checkRevisionOrder([...two, at(20, old, 2, seen(pair("2", 2, 1)))]).verdict, "not-linearizable");
});

test("a change that nobody saw leaves the answers that rest on it unchecked", () => {
  const remove: Transaction = { compares: [], success: [{ kind: "delete", key: "a" }], failure: [] };
  const history = [...two, at(15, remove), at(20, put("b", "1"), 5), at(30, get("a"), 5, seen())];
  const { verdict, gaps, unchecked } = checkRevisionOrder(history);
  assert.deepEqual([verdict, gaps, unchecked], ["unknown", 1, 1]);
});
