import assert from "node:assert/strict";
import { test } from "node:test";
import { WatchStream, type WatchAnswer, type WatchPermit } from "@quorate/store";
import { everything, keyRange, put, remove, txn } from "./operation-makers.ts";
import { memoryEngine, StoreDriver } from "./store-driver.ts";
import { compact, memoryHome, transfer } from "./transfer-driver.ts";
import { settled, WatchDriver } from "./watch-driver.ts";

test("watchers of a member that is sent a state are told of everything between the two", async () => {
  for (const isIncrement of [true, false]) {
    const [sender, receiver] = [await StoreDriver.openHome(memoryHome()), await StoreDriver.openHome(memoryHome())];
    const early = Array.from({ length: 100 }, (_, at) => put(`early ${at}`, "1"));
    await sender.apply(...early);
    if (isIncrement) await receiver.apply(...early);
    await receiver.checkpoint();
    const [now, past, future] = [
      new WatchDriver(receiver.store),
      new WatchDriver(receiver.store),
      new WatchDriver(receiver.store),
    ];
    now.watch();
    past.watch({ startRevision: 2, wantsPrevious: true });
    future.watch({ startRevision: 104 });
    await sender.apply(put("a", "2"), remove("a"), put("c", "1"), put("c", "2"));
    await sender.checkpoint();
    assert.equal((await transfer(sender, receiver)).isIncrement, isIncrement);
    await settled();
    const from = (first: number, last: number): number[] =>
      Array.from({ length: last + 1 - first }, (_, at) => first + at);
    assert.deepEqual(now.revisions, from(isIncrement ? 102 : 2, 105));
    assert.deepEqual(past.revisions, from(2, 105));
    assert.deepEqual(future.revisions, [104, 105]);
    await receiver.apply(put("d", "1"));
    await settled();
    assert.deepEqual([now.revisions.at(-1), past.revisions.at(-1), future.revisions.at(-1)], [106, 106, 106]);
    await receiver.close();
    await sender.close();
  }
});

test("watchers of a member that is sent a state end where what they lack was compacted", async () => {
  const [sender, receiver] = [await StoreDriver.openHome(memoryHome()), await StoreDriver.openHome(memoryHome())];
  const driver = new WatchDriver(receiver.store);
  driver.watch();
  await sender.apply(put("a", "1"), put("a", "2"), put("a", "3"));
  await compact(sender, 3);
  await transfer(sender, receiver);
  await settled();
  assert.equal(driver.compactedAt, 3);
  assert.deepEqual(driver.told, []);
  await receiver.close();
});

test("who begins at the compacted revision is told of its deletions while the journal knows them, and else ends", async () => {
  for (const [maxJournalBytes, expected] of [
    [1_000_000, { revisions: [3, 4], compactedAt: undefined }],
    [1, { revisions: [], compactedAt: 4 }],
  ] as const) {
    const member = await StoreDriver.open(memoryEngine(), { maxJournalBytes });
    await member.apply(put("a", "1"), remove("a"), put("b", "1"));
    await compact(member, 3);
    await member.checkpoint();
    const driver = new WatchDriver(member.store);
    driver.watch({ startRevision: 3 });
    await settled();
    assert.deepEqual({ revisions: driver.revisions, compactedAt: driver.compactedAt }, expected);
    await member.close();
  }
});

test("a revision with more than anybody may keep comes whole all the same", async () => {
  const member = await StoreDriver.open(memoryEngine(), {}, undefined, { maxWatcherEvents: 10 });
  const drivers = [new WatchDriver(member.store), new WatchDriver(member.store)];
  const [all, some] = drivers;
  all?.watch({ wantsPrevious: true });
  some?.watch({ range: keyRange("1", "2") });
  const keys = Array.from({ length: 3000 }, (_, at) => String(at));
  await member.apply(
    txn(
      [],
      keys.map((key) => put(key, "x")),
    ),
  );
  await member.apply({ ...remove("0", "a"), range: everything });
  await settled();
  await settled();
  assert.equal(all?.revisions.filter((revision) => revision === 2).length, 3000);
  assert.equal(all?.revisions.filter((revision) => revision === 3).length, 3000);
  assert.ok(all?.told.at(-1)?.includes(" was "));
  assert.equal(some?.revisions.length, 2 * keys.filter((key) => key.startsWith("1")).length);
  await member.close();
});

test("progress waits for everybody in the group, and is not told to one that takes nothing", async () => {
  const member = await StoreDriver.open(memoryEngine());
  await member.apply(put("a", "1"), put("a", "2"));
  const driver = new WatchDriver(member.store);
  driver.isSlow = true;
  driver.watch({ startRevision: 1 });
  driver.group.requestProgress();
  await settled();
  assert.deepEqual([driver.revisions, driver.progresses], [[2, 3], []]);
  driver.resume();
  await settled();
  assert.deepEqual(driver.progresses, [3]);
  driver.watch({ startRevision: 6 });
  driver.group.requestProgress();
  await settled();
  assert.deepEqual(driver.progresses, [3], "not before the future has come");
  await member.apply(put("b", "1"), put("b", "2"));
  await settled();
  driver.resume();
  await settled();
  driver.resume();
  await settled();
  assert.equal(driver.progresses.at(-1), 5);
  await member.close();
});

test("watches end when the store is closed", async () => {
  const member = await StoreDriver.open(memoryEngine());
  const driver = new WatchDriver(member.store);
  driver.watch();
  await member.apply(put("a", "1"));
  await member.close();
  await settled();
  assert.match(driver.closedWith?.message ?? "", /closed/);
  assert.deepEqual(member.store.watches.counts.watchers, 0);
});

test("those who take nothing keep no more than they may, and miss nothing", async () => {
  const watchLimits = { maxWatcherEvents: 100, maxPendingBytes: 200_000 };
  const member = await StoreDriver.open(memoryEngine(), {}, undefined, watchLimits);
  const drivers = Array.from({ length: 20 }, () => new WatchDriver(member.store));
  for (const driver of drivers) {
    driver.isReady = false;
    driver.watch();
  }
  for (let round = 0; round < 40; round++) {
    await member.apply(...Array.from({ length: 20 }, (_, at) => put(`k${at}`, `${round}`)));
    await settled();
    assert.ok(member.store.watches.counts.pendingBytes <= 200_000 + 300);
  }
  await member.checkpoint();
  for (const driver of drivers) driver.resume();
  await settled();
  for (const driver of drivers) {
    assert.deepEqual(
      driver.revisions,
      Array.from({ length: 800 }, (_, at) => at + 2),
    );
  }
  await member.close();
});

const wish = {
  key: Uint8Array.of(0x61),
  rangeEnd: new Uint8Array(0),
  startRevision: 0,
  wantsProgress: false,
  noPut: false,
  noDelete: false,
  previous: false,
  watchId: 0n,
  fragment: false,
};

test("a stream refuses watches beyond the bound, and takes others when some have ended", async () => {
  const member = await StoreDriver.open(memoryEngine(), {}, undefined, { maxWatchers: 2 });
  const answers: WatchAnswer[] = [];
  const stream = new WatchStream(member.store.watches, {
    isReady: true,
    send: (answer) => answers.push(answer),
    closed: () => {},
  });
  for (let count = 0; count < 3; count++) stream.create(wish);
  stream.cancel(0n);
  stream.create(wish);
  assert.deepEqual(
    answers.map(({ watchId, created, cancelReason }) => [watchId, created, cancelReason]),
    [
      [0n, true, ""],
      [1n, true, ""],
      [-1n, true, "etcdserver: too many requests"],
      [0n, false, ""],
      [2n, true, ""],
    ],
  );
  await member.close();
});

test("a watch ends with the first event after its client may no longer see it, before that is shown", async () => {
  const member = await StoreDriver.open(memoryEngine());
  const answers: WatchAnswer[] = [];
  const sink = { isReady: true, send: (answer: WatchAnswer) => void answers.push(answer), closed: () => {} };
  const stream = new WatchStream(member.store.watches, sink);
  const now: { version: number; reason?: string } = { version: 1 };
  let asked = 0;
  const permit: WatchPermit = {
    get version() {
      return now.version;
    },
    refusal: () => {
      asked++;
      return now.reason;
    },
  };
  stream.create(wish, permit);
  await member.apply(put("a", "1"));
  await settled();
  now.version = 2;
  await member.apply(put("a", "2"));
  await settled();
  now.version = 3;
  now.reason = "no longer";
  await member.apply(put("a", "3"));
  await settled();
  assert.deepEqual(
    answers.map(({ canceled, cancelReason, events }) => [canceled, cancelReason, events.length]),
    [
      [false, "", 0],
      [false, "", 1],
      [false, "", 1],
      [true, "no longer", 0],
    ],
  );
  assert.equal(asked, 3, "only when something has changed");
  assert.equal(member.store.watches.counts.watchers, 0);
  await member.close();
});
