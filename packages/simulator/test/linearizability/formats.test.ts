import assert from "node:assert/strict";
import { test } from "node:test";
import {
  checkLinearizable,
  formatHistory,
  HistoryError,
  parseHistory,
  parseJepsenLog,
  parseStringKeyValueLog,
  registerModel,
} from "../../src/linearizability/index.ts";

const history = [
  { process: 0, call: 1, return: 4, input: { kind: "put", key: "a", value: "1" }, output: undefined },
  { process: "b", call: 2, return: 3, input: { kind: "get", key: "a" }, output: { value: null } },
  { process: 2, call: 2.5, return: undefined, input: { kind: "delete", key: "a" }, output: undefined },
  { process: 3, call: 5, return: 6, input: { kind: "cas", key: "a", from: "1", to: null }, output: { swapped: true } },
];

test("a history that was written is read again as it was", () => {
  const text = formatHistory("key-value", history);
  assert.equal(text.split("\n")[0], '{"quorate":"history","version":1,"model":"key-value"}');
  assert.deepEqual(parseHistory(text.split("\n")), { model: "key-value", history });
});

test("a history without a header needs the name of its model", () => {
  const lines = formatHistory("key-value", history).split("\n").slice(1);
  assert.deepEqual(parseHistory(lines, "key-value").history, history);
  assert.throws(() => parseHistory(lines), HistoryError);
});

test("a header of another version or model is refused", () => {
  assert.throws(() => parseHistory(['{"quorate":"history","version":2,"model":"register"}']), /Line 1: only/);
  assert.throws(
    () => parseHistory(['{"quorate":"history","version":1,"model":"queue"}']),
    /"queue"; known are register/,
  );
  assert.throws(() => parseHistory([""]), /empty/);
});

const broken = [
  ["{", "Line 2 is no JSON"],
  ["7", "Line 2: an object"],
  ['{"quorate":"history","version":1,"model":"register"}', "Line 2: a header comes once"],
  ['{"process":0,"call":"1","input":{"kind":"read"}}', 'Line 2: "call"'],
  ['{"call":1,"input":{"kind":"read"}}', 'Line 2: "process"'],
  ['{"process":0,"call":1,"return":"x","input":{"kind":"read"}}', 'Line 2: "return"'],
  ['{"process":0,"call":1,"return":2,"input":{"kind":"write"}}', 'Line 2: "input"'],
  ['{"process":0,"call":1,"return":2,"input":{"kind":"read"},"output":{"value":[]}}', 'Line 2: "output"'],
  ['{"process":0,"call":1,"return":2,"input":{"kind":"write","value":1},"output":{}}', 'Line 2: "output"'],
  ['{"process":0,"call":1,"return":2,"input":{"kind":"read"},"outptu":{"value":2}}', 'Line 2: "outptu" is no field'],
] as const;

for (const [line, says] of broken) {
  test(`a file with the line ${line} is refused with a reason`, () => {
    const lines = ['{"quorate":"history","version":1,"model":"register"}', line];
    assert.throws(
      () => parseHistory(lines),
      (error) => error instanceof HistoryError && error.message.startsWith(says),
    );
  });
}

test("times that make no sense are refused with the operation's number", () => {
  const read = { process: 0, input: { kind: "read" as const }, output: undefined };
  const check = (call: number, end: number) =>
    checkLinearizable(registerModel(), [
      { ...read, call: 0, return: 1 },
      { ...read, call, return: end },
    ]);
  assert.throws(() => check(5, 4), /Operation 1 .* 5 .* 4/);
  assert.throws(() => check(Number.NaN, 4), /Operation 1 /);
  assert.throws(() => check(0, Infinity), /Operation 1 /);
});

test("a log of a register: failed writes never were, a timed-out read says nothing, info leaves it open", () => {
  const line = (process: number, rest: string) => `INFO  jepsen.util - ${process}\t${rest}`;
  const log = [
    line(0, ":invoke\t:write\t1"),
    line(1, ":invoke\t:write\t2"),
    line(0, ":fail\t:write\t1"),
    line(1, ":info\t:write\t:timed-out"),
    line(2, ":invoke\t:read\tnil"),
    line(2, ":fail\t:read\t:timed-out"),
    line(3, ":invoke\t:cas\t[2 3]"),
    "something else",
    line(3, ":fail\t:cas\t[2 3]"),
  ];
  assert.deepEqual(parseJepsenLog(log.join("\n")), [
    { process: 1, call: 2, return: undefined, input: { kind: "write", value: 2 }, output: undefined },
    { process: 2, call: 5, return: 6, input: { kind: "read" }, output: undefined },
    { process: 3, call: 7, return: 9, input: { kind: "cas", from: 2, to: 3 }, output: { swapped: false } },
  ]);
  assert.throws(() => parseJepsenLog(line(0, ":ok\t:read\t1")), /Line 1: process 0 returns without a call/);
  assert.throws(() => parseJepsenLog(line(0, ":invoke\t:write\tx")), /Line 1: x is neither/);
});

test("a line of a client that says nothing known is refused, and not left out: its operation would count as open", () => {
  const log = (rest: string) => `INFO  jepsen.util - :nemesis\t:info\t:start\tnil\nINFO  jepsen.util - 0\t${rest}`;
  assert.deepEqual(parseJepsenLog(log(":info\t:read\t:timed-out")), []);
  for (const rest of [":okay\t:read\t1", ":invoke\t:txn\t[1 2]", ":o"]) {
    assert.throws(() => parseJepsenLog(log(rest)), /Line 2 is no event of a register/, rest);
  }
});

test("a log of appended strings: what a line that is no event says is shown", () => {
  const log = `{:process 0, :type :invoke, :f :append, :key "k", :value "a \\"b\\""}\n`;
  assert.deepEqual(parseStringKeyValueLog(log), [
    {
      process: 0,
      call: 1,
      return: undefined,
      input: { kind: "append", key: "k", value: 'a "b"' },
      output: undefined,
    },
  ]);
  assert.throws(() => parseStringKeyValueLog("{:process 0}"), /Line 1 is no event/);
});
