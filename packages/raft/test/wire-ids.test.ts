import assert from "node:assert/strict";
import { test } from "node:test";
import { firstWireId } from "../src/wire-ids.ts";

test("two starts, one after the other, number their questions apart, and within what a message can carry", () => {
  for (const incarnation of [1, 2 ** 20 - 1, 2 ** 20, 2 ** 40 + 12_345, 2 ** 52 + 99]) {
    for (const step of [1, 7, 2 ** 20 - 1, 2 ** 30 + 1]) {
      const [before, after] = [firstWireId(incarnation), firstWireId(incarnation + step)];
      assert.ok(before >= 1 && Number.isSafeInteger(before + 2 ** 32));
      assert.ok(Math.abs(before - after) >= 2 ** 32 - 1, `${incarnation} and ${step} more`);
    }
  }
});
