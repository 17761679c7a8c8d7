import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { KeyRange, StoreCommand } from "@quorate/store";
import { keyRange } from "./operation-makers.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";

/** Keys of up to two bytes out of three, which is every key that these ranges can tell apart. */
const letters = [0, 1, 0xff];
const keys = [
  ...letters.map((one) => Uint8Array.of(one)),
  ...letters.flatMap((one) => letters.map((two) => Uint8Array.of(one, two))),
].toSorted((a, b) => Buffer.compare(a, b));
const key = fc.constantFrom(...keys);
const end = fc.oneof(key, fc.constant(undefined), fc.constant(Uint8Array.of(0)));
const anyRange = fc.record({ key, end });

/** Whether a key is in a range, with nothing merged. */
function holds({ key: from, end: to }: KeyRange, one: Uint8Array): boolean {
  if (to === undefined) return Buffer.compare(from, one) === 0;
  if (Buffer.compare(one, from) < 0) return false;
  return (to.length === 1 && to[0] === 0) || Buffer.compare(one, to) < 0;
}

const isGrantable = ({ key: from, end: to }: KeyRange): boolean =>
  to === undefined || (to.length === 1 && to[0] === 0) || Buffer.compare(from, to) < 0;

/** Between any two of the keys lie others, but only one byte longer: "k" and "k\0" are neighbours in no range drawn here. */
const between = keys.flatMap((one) => [one, Uint8Array.of(...one, 0, 7)]);

async function withPermissions(ranges: readonly KeyRange[]): Promise<StoreDriver> {
  const driver = await StoreDriver.open(memoryEngine());
  const roles = ranges.map((_, index) => `r${index}`);
  const commands: StoreCommand[] = [
    { type: "user-add", name: "root", passwordHash: "", hasNoPassword: true },
    { type: "user-grant-role", name: "root", role: "root" },
    { type: "user-add", name: "u", passwordHash: "", hasNoPassword: true },
    ...roles.flatMap((name, index): StoreCommand[] => [
      { type: "role-add", name },
      { type: "role-grant-permission", name, permission: { kind: "read", range: ranges[index] as KeyRange } },
      { type: "user-grant-role", name: "u", role: name },
    ]),
    { type: "auth-enable", tokenSecret: Uint8Array.of(1) },
  ];
  for (const outcome of await driver.apply(...commands)) assert.ok(outcome.ok);
  return driver;
}

test("a range may be read exactly when each of its keys may, whatever the ranges that were granted", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyRange.filter(isGrantable), { maxLength: 4 }),
      fc.array(anyRange.filter(isGrantable), { minLength: 1, maxLength: 6 }),
      async (granted, asked) => {
        const { store } = await withPermissions(granted);
        const caller = { user: "u", authRevision: store.auth.revision };
        for (const wanted of asked) {
          const isAllowed = store.auth.refusalOfKeys(caller, "read", wanted) === undefined;
          const all = [...between, Uint8Array.of(0xff, 0xff, 0xff, 0xff)].filter((one) => holds(wanted, one));
          const expected = all.every((one) => granted.some((range) => holds(range, one)));
          assert.equal(isAllowed, expected, JSON.stringify(wanted));
        }
      },
    ),
    { numRuns: 150 },
  );
});

test("ranges that touch are one, and those with one key between them are not", async () => {
  const touching = await withPermissions([keyRange("b", "c"), keyRange("a", "b")]);
  const apart = await withPermissions([keyRange("a", "b"), keyRange("b\0", "c")]);
  const refusal = ({ store }: StoreDriver): unknown =>
    store.auth.refusalOfKeys({ user: "u", authRevision: store.auth.revision }, "read", keyRange("a", "c"));
  assert.equal(refusal(touching), undefined);
  assert.equal(refusal(apart), "permission-denied");
});
