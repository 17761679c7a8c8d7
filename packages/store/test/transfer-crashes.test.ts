import assert from "node:assert/strict";
import { test } from "node:test";
import { MemoryHome, type MemoryHomeContents, type StoreCommand } from "@quorate/store";
import { put, remove, txn } from "./operation-makers.ts";
import { StoreDriver } from "./store-driver.ts";
import { assertSame, memoryHome, transfer } from "./transfer-driver.ts";

const limits = { minBlockKeys: 16, receiveBatchBytes: 100_000 };
const numbered = (count: number, value: string): StoreCommand[] =>
  Array.from({ length: count }, (_, at) => put(`key ${String(at).padStart(4, "0")}`, value));

/** A home that notes what a crash would leave, before and after everything that becomes durable. */
function watchedHome(moments: MemoryHomeContents[], contents?: MemoryHomeContents): MemoryHome {
  const schedule = (callback: () => void): void => queueMicrotask(callback);
  const home = new MemoryHome(
    {
      schedule,
      scheduleWrite: (callback) =>
        queueMicrotask(() => {
          moments.push(home.durableCopy());
          callback();
          moments.push(home.durableCopy());
        }),
    },
    contents,
  );
  return home;
}

/** What a store holds, as far as anybody can see. */
async function seen(driver: StoreDriver): Promise<unknown> {
  const { restored, revision, keyCount, members } = driver.store;
  return { restored, revision, keyCount, members: [...members], hash: await driver.hash() };
}

async function seenIn(contents: MemoryHomeContents): Promise<unknown> {
  return seen(await StoreDriver.openHome(memoryHome(contents), limits));
}

const common = [...numbered(300, "old"), remove("key 0100", "key 0150")];
const later = [
  ...numbered(120, "new ".repeat(2000)),
  { type: "publish-member", member: 7, name: "seven", clientUrls: ["http://h:7"] } as const,
  remove("key 0000", "key 0020"),
  txn([], [put("twice", "1"), remove("twice"), put("twice", "2")]),
  put("last", "one"),
];

for (const [what, held] of [
  ["a whole state", 0],
  ["an increment", common.length],
] as const) {
  test(`a crash at any moment of a transfer of ${what} leaves the old state or the new one`, async () => {
    const sender = await StoreDriver.openHome(memoryHome(), limits);
    await sender.apply(...common, ...later);
    await sender.checkpoint();
    const moments: MemoryHomeContents[] = [];
    const home = watchedHome(moments);
    const receiver = await StoreDriver.openHome(home, limits);
    await receiver.apply(...common.slice(0, held), { type: "publish-member", member: 9, name: "nine", clientUrls: [] });
    // The last command is the receiver's alone, so that old and new can be told apart by what has no revisions.
    receiver.standAt(held);
    await receiver.checkpoint();
    const before = await seenIn(home.durableCopy());
    moments.length = 0;
    const { isIncrement } = await transfer(sender, receiver);
    assert.equal(isIncrement, held > 0);
    assert.deepEqual([...receiver.store.members.keys()], [7], "what has no revisions is replaced");
    const after = await seenIn(home.durableCopy());
    const outcomes = { old: 0, new: 0 };
    let isDecided = false;
    for (const [number, contents] of moments.entries()) {
      const found = await seenIn(contents);
      const isNew = assertOneOf(found, before, after, `moment ${number} of ${moments.length}`);
      outcomes[isNew ? "new" : "old"]++;
      assert.ok(isNew || !isDecided, `moment ${number}: what was decided stays so`);
      isDecided = isNew;
    }
    assert.ok(outcomes.old > 4 && outcomes.new > 0, JSON.stringify(outcomes));
  });

  test(`after a crash at any moment of a transfer of ${what} another one ends it`, async () => {
    const sender = await StoreDriver.openHome(memoryHome(), limits);
    await sender.apply(...common, ...later);
    await sender.checkpoint();
    const moments: MemoryHomeContents[] = [];
    const receiver = await StoreDriver.openHome(watchedHome(moments), limits);
    await receiver.apply(...common.slice(0, held));
    await receiver.checkpoint();
    moments.length = 0;
    await transfer(sender, receiver);
    await sender.apply(remove("key 0020", "key 0030"), put("later", "still"));
    await sender.checkpoint();
    const each = Math.max(1, Math.floor(moments.length / 12));
    for (let at = 0; at < moments.length; at += each) {
      const again = await StoreDriver.openHome(memoryHome(moments[at]), limits);
      await transfer(sender, again);
      await assertSame(sender, again);
    }
  });
}

test("an installation that a crash has broken off is itself broken off by crashes, and still ends", async () => {
  const sender = await StoreDriver.openHome(memoryHome(), limits);
  await sender.apply(...common, ...later);
  await sender.checkpoint();
  const first: MemoryHomeContents[] = [];
  const receiver = await StoreDriver.openHome(watchedHome(first), limits);
  await receiver.apply(...common);
  await receiver.checkpoint();
  first.length = 0;
  await transfer(sender, receiver);
  const after = await seen(await StoreDriver.openHome(memoryHome(first.at(-1)), limits));
  let repeated = 0;
  for (const contents of first.filter((_moment, at) => at % 3 === 0)) {
    const second: MemoryHomeContents[] = [];
    await StoreDriver.openHome(watchedHome(second, contents), limits);
    if (second.length === 0) continue;
    const middle = second[Math.floor(second.length / 2)];
    assert.deepEqual(await seenIn(middle as MemoryHomeContents), after);
    repeated++;
  }
  assert.ok(repeated > 0, "some moments lie within the installation");
});

function assertOneOf(found: unknown, before: unknown, after: unknown, when: string): boolean {
  const text = (value: unknown): string => JSON.stringify(value);
  if (text(found) === text(after)) return true;
  assert.equal(text(found), text(before), when);
  return false;
}
