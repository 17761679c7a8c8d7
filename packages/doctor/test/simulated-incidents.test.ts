import assert from "node:assert/strict";
import { test } from "node:test";
import { harmless, incidents, peace } from "../../../test/labs/doctor/incidents.ts";
import { measure } from "../../../test/labs/doctor/measurement.ts";

test("each kind of simulated incident is found, and nothing serious in healthy clusters", () => {
  const measured = measure({ incidents: incidents.length + harmless.length, healthy: peace.length }, () => {});
  assert.deepEqual(measured.falseAlarms, []);
  assert.deepEqual(measured.errors, []);
  assert.ok([...measured.byFinding.values()].filter(({ found }) => found > 0).length >= 10);
  assert.ok(measured.clocks.estimated > 0);
  assert.equal(measured.clocks.right, measured.clocks.estimated);
});
