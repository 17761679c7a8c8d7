import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** Waits until it is so; fails the test, in these words, when it is not within ten seconds. */
export async function until(what: string, isSo: () => boolean): Promise<void> {
  for (let waited = 0; !isSo(); waited += 10) {
    assert.ok(waited < 10_000, `not within ten seconds: ${what}`);
    await delay(10);
  }
}
