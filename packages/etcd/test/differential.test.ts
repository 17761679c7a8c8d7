import assert from "node:assert/strict";
import { test } from "node:test";
import { compareWithEtcd } from "./differential/compare.ts";
import { etcdIsInstalled } from "./support/real-etcd.ts";

const skip = (await etcdIsInstalled()) ? false : "etcd is not installed";
if (skip !== false && process.env["CI"] === "true") throw new Error(`${skip}: nothing to compare with`);

test("drawn sequences with compactions, leases and alarms are answered as etcd answers them, over gRPC and JSON", {
  skip,
}, async (context) => {
  // QUORATE_SEED draws others; `npm run differential` draws thousands.
  const { asked, refused } = await compareWithEtcd(context, {
    runs: 25 * Number(process.env["QUORATE_SEEDS"] ?? 1),
    seed: Number(process.env["QUORATE_SEED"] ?? 3),
  });
  assert.ok(asked > 400, `${asked} requests`);
  assert.ok(refused > 30, `only ${refused} of ${asked} requests were refused: too tame`);
});
