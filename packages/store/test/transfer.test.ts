import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { MemoryHome, StoreCommand } from "@quorate/store";
import { command } from "./arbitraries.ts";
import { put, remove } from "./operation-makers.ts";
import { StoreDriver } from "./store-driver.ts";
import {
  abort,
  assertSame,
  compact,
  install,
  memoryHome,
  openSink,
  openSource,
  seek,
  send,
  transfer,
  transferOf,
} from "./transfer-driver.ts";

const limits = { minBlockKeys: 3, receiveBatchBytes: 100_000 };

async function applied(commands: readonly StoreCommand[], home = memoryHome()): Promise<StoreDriver> {
  const driver = await StoreDriver.openHome(home, limits);
  await driver.apply(...commands);
  await driver.checkpoint();
  return driver;
}

const numbered = (count: number, value = "value"): StoreCommand[] =>
  Array.from({ length: count }, (_, at) => put(`key ${String(at).padStart(5, "0")}`, `${value} ${at}`));

test("a whole state arrives as it was sent, and goes on as it does", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 1, maxLength: 40 }),
      fc.array(command, { maxLength: 10 }),
      async (commands, more) => {
        const sender = await applied(commands);
        const receiver = await applied([]);
        const outcome = await transfer(sender, receiver, undefined);
        assert.equal(outcome.isIncrement, false);
        await assertSame(sender, receiver);
        assert.deepEqual(await receiver.apply(...more), await sender.apply(...more));
        await receiver.checkpoint();
        await assertSame(sender, receiver);
      },
    ),
    { numRuns: 100 },
  );
});

test("an increment gives what the whole gives, with deletions and below a compaction", async () => {
  let increments = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { minLength: 15, maxLength: 30 }),
      fc.array(command, { minLength: 1, maxLength: 12 }),
      fc.array(command, { maxLength: 3 }),
      fc.nat(),
      async (common, more, unsaved, compaction) => {
        const receiver = await applied(common);
        const sender = await applied([...common, ...more]);
        // What the receiver has applied since it was asked is in the increment too, whether a checkpoint has taken it or not.
        const point = transferOf(receiver).point();
        await receiver.apply(...more.slice(0, unsaved.length));
        if (compaction % 3 === 0) await receiver.checkpoint();
        if (compaction % 2 === 1) await compact(sender, compaction % (sender.store.revision + 1), compaction % 4 === 1);
        const fresh = await applied([]);
        await transfer(sender, fresh, undefined);
        const before = receiver.store.revision;
        if (sender.index === receiver.index || sender.store.revision < before) return;
        const { isIncrement } = await transfer(sender, receiver, point);
        if (isIncrement) increments++;
        await assertSame(sender, receiver);
        await assertSame(sender, fresh);
      },
    ),
    { numRuns: 150 },
  );
  assert.ok(increments > 40, `${increments} increments`);
});

test("a transfer that breaks off anywhere goes on with any later state, after a restart of both", async () => {
  let resumed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ more: fc.array(command, { maxLength: 8 }), chunks: fc.integer({ min: 1, max: 3 }) }), {
        minLength: 2,
        maxLength: 4,
      }),
      fc.boolean(),
      fc.boolean(),
      async (rounds, isIncrement, restarts) => {
        const base = numbered(2500, "x".repeat(400));
        let home = memoryHome();
        let receiver = await applied(isIncrement ? base.slice(0, 1500) : [], home);
        const sender = await applied(isIncrement ? [...base, ...numbered(900)] : base);
        for (const { more, chunks } of rounds) {
          await sender.apply(...more);
          await sender.checkpoint();
          const source = await openSource(sender, transferOf(receiver).point());
          const sink = await openSink(receiver, source);
          if (sink.resumeToken.length > 0) resumed++;
          await seek(source, sink);
          await send(source, sink, chunks);
          source.close();
          if (restarts) {
            home = memoryHome(home.durableCopy());
            receiver = await StoreDriver.openHome(home, limits);
          } else {
            await abort(sink, true);
          }
        }
        await sender.apply(remove("key 00100", "key 00200"), put("last", "one"));
        await sender.checkpoint();
        await transfer(sender, receiver);
        await assertSame(sender, receiver);
      },
    ),
    { numRuns: 15 },
  );
  assert.ok(resumed > 8, `${resumed} went on`);
});

test("a key that was half received and then deleted and compacted away does not stay", async () => {
  const sizes = { ...limits, receiveBatchBytes: 50_000 };
  const commands = [
    ...numbered(50),
    ...Array.from({ length: 60 }, (_, at) => put("many", `${at}`.padStart(20_000, "x"))),
  ];
  const sender = await applied(commands);
  const receiver = await StoreDriver.openHome(memoryHome(), sizes);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await send(source, sink, 3);
  await abort(sink, true);
  source.close();
  await sender.apply(remove("many"), put("other", "1"));
  await sender.checkpoint();
  await compact(sender, sender.store.revision);
  const again = await openSource(sender, transferOf(receiver).point());
  const resumed = await openSink(receiver, again);
  assert.ok(resumed.resumeToken.length > 0);
  await seek(again, resumed);
  await send(again, resumed);
  await install(receiver, resumed);
  await assertSame(sender, receiver);
});

test("a transfer that broke off in the journal goes on with a state whose journal begins later", async () => {
  const sizes = { ...limits, receiveBatchBytes: 2000, maxJournalBytes: 40_000 };
  const sender = await StoreDriver.openHome(memoryHome(), sizes);
  await sender.apply(...numbered(2500));
  await sender.checkpoint();
  const receiver = await StoreDriver.openHome(memoryHome(), sizes);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  const { isAll } = await send(source, sink);
  assert.ok(isAll);
  await abort(sink, true);
  for (let round = 0; round < 3; round++) {
    await sender.apply(...numbered(600, `round ${round}`));
    await sender.checkpoint();
  }
  const again = await openSource(sender, undefined);
  const resumed = await openSink(receiver, again);
  await seek(again, resumed);
  await send(again, resumed);
  await install(receiver, resumed);
  await assertSame(sender, receiver);
});

test("what was received is not gone on with by a source that is older, nor by one whose journal begins later", async () => {
  const sizes = { ...limits, receiveBatchBytes: 50_000, maxJournalBytes: 6000 };
  const older = await applied(numbered(1900, "x".repeat(300)));
  const sender = await StoreDriver.openHome(memoryHome(), sizes);
  await sender.apply(...numbered(2000, "x".repeat(300)));
  await sender.checkpoint();
  const homes = await Promise.all([staged(sender, sizes), staged(sender, sizes)]);
  const behind = await StoreDriver.openHome(homes[0] as MemoryHome, sizes);
  await transfer(older, behind);
  await assertSame(older, behind);
  for (let round = 0; round < 4; round++) {
    await sender.apply(...numbered(500, `round ${round}`));
    await sender.checkpoint();
  }
  const away = await StoreDriver.openHome(homes[1] as MemoryHome, sizes);
  await transfer(sender, away);
  await assertSame(sender, away);
});

/** A home in which a transfer from `sender` has broken off. */
async function staged(sender: StoreDriver, sizes: typeof limits): Promise<MemoryHome> {
  const home = memoryHome();
  const receiver = await StoreDriver.openHome(home, sizes);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await send(source, sink, 2);
  await abort(sink, true);
  source.close();
  await receiver.close();
  return memoryHome(home.durableCopy());
}
