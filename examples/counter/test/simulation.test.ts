import assert from "node:assert/strict";
import { test } from "node:test";
import { simulate } from "@quorate/simulator";
import { Counter, toBytes } from "../counter-state.ts";
import { service } from "../simulation.ts";

/** A bug that reviews overlook: what clients were answered is not in the snapshot, and so is forgotten in a restart. */
class Forgetful extends Counter {
  override snapshot(): Uint8Array {
    return toBytes({ value: this.value, answered: [] });
  }
}

test("the counter holds in 60 failing worlds", (context) => {
  const report = simulate({ ...service, seeds: 60 });
  context.diagnostic(report.text);
  assert.equal(report.failure, undefined, report.text);
  assert.deepEqual(report.neverReached, []);
  assert.equal(report.undecided, 0);
});

test("a counter whose snapshots forget what clients were answered is found within 200 seeds, and is told what it lacks", (context) => {
  // What is found from here on is small by itself, and made smaller in a moment.
  const { failure } = simulate({ ...service, machine: () => new Forgetful(), from: 30, seeds: 200 });
  assert.ok(failure !== undefined);
  context.diagnostic(failure.line);
  assert.equal(failure.property, "checkpoint");
  assert.match(failure.message, /started from its checkpoint at entry \d+/);
  assert.match(failure.message, /the snapshot does not hold everything/);

  const small = failure.shrink();
  assert.ok(small !== undefined && failure.file !== undefined);
  context.diagnostic(`${failure.file.events.length} events became ${small.file.events.length}`);
  assert.ok(small.file.events.length <= 12, `${small.file.events.length} events`);
});
