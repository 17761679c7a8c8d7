import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "@quorate/host";
import type { LogPosition } from "@quorate/raft";
import { Pruning } from "../src/pruning.ts";

const at = (index: number): LogPosition => ({ index, term: 1 });

/** A log of 1,000 entries of one byte, each in a file of its own. */
function setUp() {
  const log = { base: 0, last: 1000, neededFrom: Number.POSITIVE_INFINITY };
  const pruning = new Pruning({
    behind: (bytes) => (log.last - bytes > log.base ? at(log.last - bytes) : undefined),
    base: () => at(log.base),
    keepBytes: 100,
    neededFrom: () => log.neededFrom,
    logger: silentLogger,
    prune: ({ index }) => {
      log.base = index;
    },
  });
  return { log, pruning };
}

test("everything behind a checkpoint goes but a tail", () => {
  const { log, pruning } = setUp();
  pruning.covered(at(990));
  assert.equal(log.base, 900);
});

test("nothing goes that no checkpoint covers", () => {
  const { log, pruning } = setUp();
  pruning.covered(at(500));
  assert.equal(log.base, 500);
});

test("a log that is shorter than its tail stays as it is", () => {
  const { log, pruning } = setUp();
  log.last = 90;
  pruning.covered(at(90));
  assert.equal(log.base, 0);
});

test("what somebody who catches up needs stays, until it is eight times as much", () => {
  const { log, pruning } = setUp();
  log.neededFrom = 700;
  pruning.covered(at(990));
  assert.equal(log.base, 200, "the bound holds");
  log.neededFrom = 901;
  pruning.covered(at(995));
  assert.equal(log.base, 900, "nobody needs that");
  log.last = 1100;
  pruning.covered(at(1100));
  assert.equal(log.base, 900);
  log.neededFrom = Number.POSITIVE_INFINITY;
  pruning.covered(at(1100));
  assert.equal(log.base, 1000);
});

test("where more than the bound was written since the checkpoint, all that it covers goes, needed or not", () => {
  const { log, pruning } = setUp();
  log.neededFrom = 50;
  pruning.covered(at(150));
  assert.equal(log.base, 150);
});
