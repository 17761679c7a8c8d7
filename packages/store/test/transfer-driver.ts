import assert from "node:assert/strict";
import {
  MemoryHome,
  type Engine,
  type EngineRecord,
  type MemoryHomeContents,
  type ScrubReport,
  type StateSink,
  type StateSource,
  type StateTransfer,
} from "@quorate/store";
import { leasesIn, promised, StoreDriver } from "./store-driver.ts";

const later = (callback: () => void): void => queueMicrotask(callback);

export function memoryHome(contents?: MemoryHomeContents): MemoryHome {
  return new MemoryHome({ schedule: later }, contents);
}

export function transferOf({ store }: StoreDriver): StateTransfer {
  assert.ok(store.transfer !== undefined);
  return store.transfer;
}

export function openSource(sender: StoreDriver, since: Uint8Array | undefined): Promise<StateSource> {
  return promised((done) => transferOf(sender).open(since, done));
}

export function openSink(receiver: StoreDriver, source: StateSource): Promise<StateSink> {
  return promised((done) => transferOf(receiver).receive(source.header, done));
}

export function nextChunk(source: StateSource): Promise<Uint8Array | undefined> {
  return promised((done) => source.next(done));
}

export function writeChunk(sink: StateSink, chunk: Uint8Array): Promise<void> {
  return promised((done) => sink.write(chunk, (error) => done(error, undefined)));
}

export function abort(sink: StateSink, keep: boolean): Promise<void> {
  return promised((done) => sink.abort(keep, (error) => done(error, undefined)));
}

export async function install(receiver: StoreDriver, sink: StateSink): Promise<void> {
  const position = await promised<{ index: number }>((done) => sink.install(done));
  receiver.standAt(position.index);
}

/** Goes on where the receiver left off. */
export async function seek(source: StateSource, { resumeToken }: StateSink): Promise<void> {
  if (resumeToken.length === 0) return;
  await promised<void>((done) => source.seek(resumeToken, (error) => done(error, undefined)));
}

/** Sends chunks until the end, or `most` of them; gives their bytes, and whether that was all. */
export async function send(
  source: StateSource,
  sink: StateSink,
  most = Number.POSITIVE_INFINITY,
): Promise<{ bytes: number; isAll: boolean }> {
  let bytes = 0;
  for (let count = 0; count < most; count++) {
    const chunk = await nextChunk(source);
    if (chunk === undefined) return { bytes, isAll: true };
    assert.ok(chunk.length <= 256 * 1024, `a chunk of ${chunk.length} bytes`);
    bytes += chunk.length;
    await writeChunk(sink, chunk);
  }
  return { bytes, isAll: false };
}

/** The whole way, from `since` (the receiver's point unless given) to an installed state. */
export async function transfer(
  sender: StoreDriver,
  receiver: StoreDriver,
  since: Uint8Array | undefined = transferOf(receiver).point(),
): Promise<{ bytes: number; isIncrement: boolean }> {
  const source = await openSource(sender, since);
  const sink = await openSink(receiver, source);
  await seek(source, sink);
  const { bytes } = await send(source, sink);
  source.close();
  await install(receiver, sink);
  return { bytes, isIncrement: source.isIncrement };
}

/** Checks that two stores hold the same, as far as anybody can see, and that the receiver's is sound. */
export async function assertSame(sender: StoreDriver, receiver: StoreDriver): Promise<void> {
  assert.equal(receiver.store.revision, sender.store.revision);
  assert.equal(receiver.store.compactedRevision, sender.store.compactedRevision);
  assert.equal(receiver.store.keyCount, sender.store.keyCount);
  assert.deepEqual(publishedIn(receiver), publishedIn(sender));
  assert.deepEqual(new Set(leasesIn(receiver)), new Set(leasesIn(sender)));
  assert.deepEqual(await receiver.hash(), await sender.hash());
  const report = await scrub(receiver);
  assert.equal(report.damage, undefined, String(report.damage));
}

function publishedIn({ store }: StoreDriver): unknown {
  return [...store.members].toSorted(([left], [right]) => left - right);
}

export function scrub({ store }: StoreDriver): Promise<ScrubReport> {
  return promised((done) =>
    store.scrub({ records: 0, bytes: 0 }, (error, report) => done(error, report as ScrubReport)),
  );
}

export function recordsOf(engine: Engine): Promise<readonly EngineRecord[]> {
  const iterator = engine.snapshot().iterate({ from: new Uint8Array(0), to: undefined });
  return promised((done) => iterator.next(1_000_000, done));
}

/** Compacts a store, and waits until nothing is left of what that gave up, unless a transfer is to meet it half done. */
export async function compact(driver: StoreDriver, revision: number, isRemoved = true): Promise<void> {
  await driver.run({ type: "compact", revision });
  await driver.checkpoint();
  const { compactedRevision } = driver.store;
  if (isRemoved) {
    await promised<void>((done) => driver.store.whenCompacted(compactedRevision, (error) => done(error, undefined)));
  }
}
