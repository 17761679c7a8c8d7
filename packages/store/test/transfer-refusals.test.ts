import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { HostError } from "@quorate/host";
import { isDamage, type EngineWrite, type StoreCommand } from "@quorate/store";
import { prefixes, prefixSpan } from "../src/key-space.ts";
import { everything, put, range, remove } from "./operation-makers.ts";
import { memoryEngine, promised, StoreDriver } from "./store-driver.ts";
import {
  abort,
  assertSame,
  install,
  memoryHome,
  nextChunk,
  openSink,
  openSource,
  scrub,
  seek,
  send,
  transfer,
  transferOf,
  writeChunk,
} from "./transfer-driver.ts";

const numbered = (count: number, value = "value", from = 0): StoreCommand[] =>
  Array.from({ length: count }, (_, at) => put(`key ${String(from + at).padStart(5, "0")}`, `${value} ${at}`));

async function applied(commands: readonly StoreCommand[], maxJournalBytes = 1e9): Promise<StoreDriver> {
  const driver = await StoreDriver.openHome(memoryHome(), { minBlockKeys: 16, maxJournalBytes });
  await driver.apply(...commands);
  await driver.checkpoint();
  return driver;
}

async function chunksOf(sender: StoreDriver, since?: Uint8Array): Promise<Uint8Array[]> {
  const source = await openSource(sender, since);
  const chunks: Uint8Array[] = [];
  for (let chunk = await nextChunk(source); chunk !== undefined; chunk = await nextChunk(source)) chunks.push(chunk);
  source.close();
  return chunks;
}

const isInvalid = (error: HostError): boolean => error.code === "invalid" && !isDamage(error);

test("a chunk with any byte changed, cut off or added is refused, and the state that is in use stays as it is", async () => {
  const sender = await applied(numbered(3));
  const [chunk] = await chunksOf(sender);
  assert.ok(chunk !== undefined);
  const broken = [...chunk.keys()].map((at) =>
    chunk.map((byte, place) => (place === at ? byte ^ (1 << (at % 8)) : byte)),
  );
  broken.push(chunk.slice(0, -1), chunk.slice(0, 8), chunk.slice(0, 0), Uint8Array.of(...chunk, 0));
  for (const bytes of broken) {
    const receiver = await applied([put("mine", "1")]);
    const sink = await openSink(receiver, await openSource(sender, undefined));
    await assert.rejects(writeChunk(sink, bytes), isInvalid);
    await assert.rejects(writeChunk(sink, chunk), isInvalid, "nothing is taken after that");
    await assert.rejects(install(receiver, sink), isInvalid);
    await abort(sink, true);
    assert.equal((await receiver.found(range("mine"))).count, 1);
  }
});

test("chunks that are left out, repeated or exchanged are refused", async () => {
  const sender = await applied(numbered(1500, "x".repeat(400)));
  const chunks = await chunksOf(sender);
  assert.ok(chunks.length > 2);
  const [first, second, third] = chunks as [Uint8Array, Uint8Array, Uint8Array];
  for (const order of [[second], [first, third], [first, first], [first, second, first]]) {
    const receiver = await applied([]);
    const sink = await openSink(receiver, await openSource(sender, undefined));
    for (const chunk of order.slice(0, -1)) await writeChunk(sink, chunk);
    await assert.rejects(writeChunk(sink, order.at(-1) as Uint8Array), isInvalid);
    await abort(sink, false);
  }
});

test("a state of which the end is missing is not installed", async () => {
  const sender = await applied(numbered(1500, "x".repeat(400)));
  for (const since of [undefined, transferOf(await applied(numbered(1000, "x".repeat(400)))).point()]) {
    const chunks = await chunksOf(sender, since);
    for (let count = 0; count < chunks.length; count++) {
      const receiver = await applied(since === undefined ? [] : numbered(1000, "x".repeat(400)));
      const sink = await openSink(receiver, await openSource(sender, since));
      for (const chunk of chunks.slice(0, count)) await writeChunk(sink, chunk);
      await assert.rejects(install(receiver, sink), isInvalid);
    }
  }
});

test("garbage in place of points, headers and tokens is refused or taken for nothing", async () => {
  const driver = await applied(numbered(10));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 40 }), async (bytes) => {
      const source = await openSource(driver, bytes);
      await assert.rejects(
        promised<void>((done) => source.seek(bytes, (error) => done(error, undefined))),
        isInvalid,
      );
      source.close();
      await assert.rejects(
        promised((done) => transferOf(driver).receive(bytes, done)),
        isInvalid,
      );
    }),
  );
});

test("a state that is not newer than the present one is not installed", async () => {
  const sender = await applied(numbered(5));
  const receiver = await applied([...numbered(5), put("more", "1")]);
  const before = await receiver.hash();
  for (const since of [undefined, transferOf(sender).point()]) {
    const source = await openSource(sender, since);
    const sink = await openSink(receiver, source);
    await send(source, sink);
    await assert.rejects(install(receiver, sink), isInvalid);
    await abort(sink, false);
  }
  assert.deepEqual(await receiver.hash(), before);
});

test("an increment that begins after what the receiver holds is refused at once", async () => {
  const sender = await applied(numbered(30));
  const ahead = await applied(numbered(25));
  const behind = await applied(numbered(20));
  const source = await openSource(sender, transferOf(ahead).point());
  assert.ok(source.isIncrement);
  await assert.rejects(openSink(behind, source), isInvalid);
  await transfer(sender, behind);
  await assertSame(sender, behind);
});

test("a state of another cluster is refused, and what was received of one is not gone on with", async () => {
  const sender = await applied(numbered(3000, "x".repeat(300)));
  const home = memoryHome();
  const receiver = await StoreDriver.openHome(home);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await send(source, sink, 2);
  await abort(sink, true);
  const renamed = await StoreDriver.openHome(memoryHome(home.durableCopy()), {}, 7);
  await assert.rejects(openSink(renamed, source), isInvalid);
  const other = await StoreDriver.openHome(memoryHome(), {}, 7);
  await other.apply(...numbered(3100));
  await other.checkpoint();
  const anew = await openSink(renamed, await openSource(other, undefined));
  assert.equal(anew.resumeToken.length, 0);
  await abort(anew, false);
  await transfer(other, renamed);
  await assertSame(other, renamed);
});

test("one state is received at a time", async () => {
  const sender = await applied(numbered(5));
  const receiver = await applied([]);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await assert.rejects(openSink(receiver, source), isInvalid);
  await abort(sink, false);
  await transfer(sender, receiver);
  await assertSame(sender, receiver);
});

test("nothing is installed while commands are applied; what has arrived stays", async () => {
  const sender = await applied(numbered(500));
  const receiver = await applied(numbered(200));
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await send(source, sink);
  const applying = receiver.apply(remove("key 00000", "key 00150"));
  await assert.rejects(install(receiver, sink), isInvalid);
  await applying;
  await abort(sink, true);
  const again = await openSink(receiver, source);
  assert.ok(again.resumeToken.length > 0);
});

test("the journal keeps within its bound, and below its floor everything is sent", async () => {
  const sender = await applied(numbered(400));
  const away = await applied(numbered(400));
  const small = await StoreDriver.openHome(memoryHome(), { minBlockKeys: 16, maxJournalBytes: 9000 });
  await transfer(sender, small, undefined);
  const kinds: boolean[] = [];
  for (let round = 0; round < 30; round++) {
    const commands = numbered(40, `${round}`, round * 3);
    for (const driver of [sender, small]) {
      await driver.apply(...commands);
      await driver.checkpoint();
    }
    const point = transferOf(away).point();
    const source = await openSource(small, point);
    kinds.push(source.isIncrement);
    source.close();
    assert.equal((await scrub(small)).damage, undefined);
  }
  const firstWhole = kinds.indexOf(false);
  assert.ok(firstWhole > 0, "at first the journal reaches back far enough");
  assert.ok(!kinds.slice(firstWhole).includes(true), "and once it does not, it never does again");
  await assertSame(sender, small);
  await transfer(small, away);
  await assertSame(sender, away);
  assert.equal((await scrub(away)).damage, undefined);
});

test("a journal that is cut within one revision begins with the next one", async () => {
  const driver = await applied(numbered(2000), 12_000);
  await driver.apply(remove("key 00000", "key 01900"));
  await driver.checkpoint();
  for (let round = 0; round < 12; round++) {
    await driver.apply(...numbered(150, `${round}`));
    await driver.checkpoint();
    const { damage } = await scrub(driver);
    assert.equal(damage, undefined, `round ${round}: ${String(damage)}`);
  }
  const receiver = await applied([]);
  await transfer(driver, receiver);
  await assertSame(driver, receiver);
});

test("a large value goes through several chunks", async () => {
  const sender = await applied([put("large", "x".repeat(1_500_000)), ...numbered(20)]);
  const receiver = await applied([]);
  await transfer(sender, receiver);
  await assertSame(sender, receiver);
  const other = await applied(numbered(2));
  const more = [put("large", "y".repeat(900_000)), put("larger", "z".repeat(2_000_000))];
  await sender.apply(...more);
  await sender.checkpoint();
  await transfer(sender, receiver);
  await transfer(sender, other, undefined);
  await assertSame(sender, receiver);
  await assertSame(sender, other);
});

test("a record that is damaged at the sender is found there, and not sent", async () => {
  for (const prefix of [prefixes.history, prefixes.block, prefixes.member]) {
    const engine = memoryEngine();
    const driver = await StoreDriver.open(engine);
    await driver.apply(...numbered(50), { type: "publish-member", member: 1, name: "n", clientUrls: [] });
    await driver.checkpoint();
    const iterator = engine.snapshot().iterate(prefixSpan(prefix));
    const [record] = await promised<readonly EngineWrite[]>((done) => iterator.next(1, done));
    const value = record?.value?.map((byte, at) => (at === 0 ? byte ^ 1 : byte));
    await promised<void>((done) =>
      engine.write([{ key: record?.key as Uint8Array, value }], (error) => done(error, undefined)),
    );
    let damage: HostError | undefined;
    driver.store.onDamage((error) => {
      damage = error;
    });
    const sent = promised<Parameters<typeof nextChunk>[0]>((done) => driver.store.openSource(undefined, done)).then(
      nextChunk,
    );
    await assert.rejects(sent, isDamage);
    assert.ok(damage !== undefined, "the store tells of it");
  }
});

test("reads during an installation wait for it, and those under way begin anew on the new state", async () => {
  const sender = await applied(numbered(3000, "new"));
  const receiver = await applied(numbered(2500, "old"));
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await seek(source, sink);
  await send(source, sink);
  source.close();
  const sending = await openSource(receiver, undefined);
  const before = receiver.found(range(everything));
  const installing = { isOver: false };
  const counts: number[] = [];
  const reading = (async (): Promise<void> => {
    while (!installing.isOver) counts.push((await receiver.found(range("key 02999"))).count);
  })();
  await install(receiver, sink);
  installing.isOver = true;
  await reading;
  assert.equal((await before).count, 3000);
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => a - b),
    "first the old state is read, then the new one",
  );
  assert.deepEqual(await receiver.hash(), await sender.hash());
  await assert.rejects(nextChunk(sending), { code: "closed" });
  sending.close();
  await receiver.close();
});

test("a session that ends in the middle of a chunk takes no more of it, and what is verified is kept", async () => {
  const sender = await applied(numbered(3000, "x".repeat(300)));
  const chunks = await chunksOf(sender);
  const home = memoryHome();
  const receiver = await StoreDriver.openHome(home);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await writeChunk(sink, chunks[0] as Uint8Array);
  const writing = assert.rejects(writeChunk(sink, chunks[1] as Uint8Array), isInvalid);
  await abort(sink, true);
  await writing;
  const again = await openSink(receiver, source);
  assert.ok(again.resumeToken.length > 0);
  await seek(source, again);
  await send(source, again);
  await install(receiver, again);
  await abort(again, false);
  await assertSame(sender, receiver);
});

test("a store that is closed ends what it sends, and keeps what it has received", async () => {
  const sender = await applied(numbered(3000, "x".repeat(300)));
  const home = memoryHome();
  const receiver = await StoreDriver.openHome(home);
  const source = await openSource(sender, undefined);
  const sink = await openSink(receiver, source);
  await send(source, sink, 2);
  await receiver.close();
  const reading = nextChunk(source);
  await sender.close();
  await Promise.allSettled([reading]);
  await assert.rejects(nextChunk(source), { code: "closed" });
  const again = await StoreDriver.openHome(memoryHome(home.durableCopy()));
  const other = await applied(numbered(3000, "x".repeat(300)));
  const resumed = await openSink(again, await openSource(other, undefined));
  assert.ok(resumed.resumeToken.length > 0);
});
