import assert from "node:assert/strict";
import { test } from "node:test";
import { withResults } from "./document.ts";
import { connectionsFor, shareOf } from "./load.ts";
import { generatorFor, parseOptions, WrongUse } from "./options.ts";
import type { CpuProfile } from "./profile/inspector.ts";
import { threadTimes } from "./profile/self-time.ts";
import { median, percentile } from "./statistics.ts";

test("the bench measures everything by default, with a generator that can do it", () => {
  const options = parseOptions([]);
  assert.ok(options !== undefined);
  assert.deepEqual(
    options.operations.map((operation) => [operation.id, generatorFor(options, operation)]),
    [
      ["put", "h2load"],
      ["put-many-keys", "frames"],
      ["read", "h2load"],
      ["serializable-read", "h2load"],
      ["transaction", "h2load"],
    ],
  );
  assert.deepEqual(options.inFlight, [1, 1000]);
});

test("a wrong option is refused with what would be right", () => {
  const wrong: readonly (readonly [readonly string[], RegExp])[] = [
    [["--only", "delete"], /no operation "delete": --only takes put, /],
    [["--in-flight", "0"], /--in-flight must be a whole number from 1 to 10000/],
    [["--to", "nobody"], /--to must be one of leader, follower, all/],
    [["--generator", "h2load"], /h2load sends the same key/],
    [["--profile", "write", "--in-flight", "1,10"], /one operation with one number in flight/],
    [["--unheard-of"], /unheard-of/],
  ];
  for (const [args, message] of wrong) {
    assert.throws(
      () => parseOptions(args),
      (error: unknown) => error instanceof WrongUse && message.test(error.message),
    );
  }
});

test("connections and their streams make up what is in flight, divided among the members", () => {
  for (const inFlight of [1, 7, 100, 1000]) {
    const { connections, streams } = connectionsFor(inFlight);
    assert.equal(connections * streams, inFlight);
  }
  assert.deepEqual(
    [0, 1, 2].map((index) => shareOf(100, index, 3)),
    [34, 33, 33],
  );
});

test("medians and percentiles are of the values themselves", () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 2, 3]), 2.5);
  const hundred = Float64Array.from({ length: 100 }, (_, index) => index);
  assert.deepEqual(
    [0.5, 0.9, 0.99, 0.999].map((share) => percentile(hundred, share)),
    [50, 90, 99, 99],
  );
  assert.ok(Number.isNaN(percentile([], 0.5)));
});

test("results replace those before, between the markers of the document", () => {
  const before = "# Title\n<!-- npm run bench -- --update-docs writes from here -->\nold\n<!-- to here -->\nkept\n";
  const once = withResults(before, "\nnew\n");
  assert.equal(
    once,
    "# Title\n<!-- npm run bench -- --update-docs writes from here -->\n\nnew\n\n<!-- to here -->\nkept\n",
  );
  assert.equal(withResults(once, "\nnew\n"), once);
  assert.throws(() => withResults("# Title\n", "new"), /must contain/);
});

test("a profile's time is given to functions, files and packages, once where one calls itself", () => {
  const { wall, idle, functions, modules } = threadTimes("main", profile);
  assert.equal(wall, 100);
  assert.equal(idle, 40);
  assert.deepEqual(functions, [
    { what: "outer  node:one:1", self: 35, total: 60 },
    { what: "inner  node:two:6", self: 25, total: 30 },
  ]);
  assert.deepEqual(modules, [
    { what: "node:one", self: 35, total: 60 },
    { what: "node:two", self: 25, total: 30 },
  ]);
});

/** outer calls inner, which calls outer. */
const profile: CpuProfile = {
  nodes: [
    node(1, "(root)", "", -1, [2, 3]),
    node(2, "(idle)", "", -1, []),
    node(3, "outer", "node:one", 0, [4]),
    node(4, "inner", "node:two", 5, [5]),
    node(5, "outer", "node:one", 0, []),
  ],
  samples: [2, 3, 4, 5],
  timeDeltas: [40, 30, 25, 5],
  startTime: 0,
  endTime: 100,
};

function node(id: number, functionName: string, url: string, lineNumber: number, children: readonly number[]) {
  return { id, children, callFrame: { functionName, url, lineNumber, columnNumber: 0 } };
}
