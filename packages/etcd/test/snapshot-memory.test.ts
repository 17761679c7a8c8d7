import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLevelEngine } from "@quorate/host-node";
import {
  contentsPageBytes,
  encodeCommand,
  openStore,
  type Engine,
  type EngineIterator,
  type KeyValueStore,
  type StateContents,
  type StoreCommand,
} from "@quorate/store";
import { completion } from "../src/completion.ts";
import { DatabaseFile } from "../src/maintenance/bbolt/database-file.ts";
import { writeBuckets } from "../src/maintenance/snapshot/etcd-buckets.ts";
import { inRevisionOrder } from "../src/maintenance/snapshot/revision-order.ts";
import { temporaryFolder } from "./support/single-member.ts";

const largeBytes = 1536 * 1024;
const timers = { afterPendingInput: (callback: () => void): unknown => setImmediate(callback) };

/** The engine, and how many bytes the largest answer of its snapshots had. */
function measured(engine: Engine): { readonly engine: Engine; readonly largest: () => number } {
  let largest = 0;
  const note = (records: readonly (Uint8Array | undefined)[]): void => {
    largest = Math.max(
      largest,
      records.reduce((sum, record) => sum + (record?.length ?? 0), 0),
    );
  };
  const noted = (iterator: EngineIterator): EngineIterator => ({
    next: (count, done) =>
      iterator.next(count, (error, records) => {
        if (error === undefined) note(records.flatMap(({ key, value }) => [key, value]));
        done(error, records);
      }),
    close: () => iterator.close(),
  });
  const snapshot = (): ReturnType<Engine["snapshot"]> => {
    const taken = engine.snapshot();
    return {
      iterate: (range) => noted(taken.iterate(range)),
      getMany: (keys, done) =>
        taken.getMany(keys, (error, values) => {
          if (error === undefined) note(values);
          done(error, values);
        }),
      close: () => taken.close(),
    };
  };
  const through: Engine = {
    getSync: (key) => engine.getSync(key),
    getMany: (keys, done) => engine.getMany(keys, done),
    write: (batch, done) => engine.write(batch, done),
    close: (done) => engine.close(done),
    snapshot,
  };
  return { engine: through, largest: () => largest };
}

const put = (key: string, bytes: number): StoreCommand => ({
  type: "put",
  key: Buffer.from(key),
  value: Buffer.alloc(bytes, key),
  lease: 0n,
  previous: false,
  ignoreValue: false,
  ignoreLease: false,
});

test("large values behind many small ones are read a few at a time when a snapshot is written", async (context) => {
  const folder = temporaryFolder(context);
  const { engine, largest } = measured(await openLevelEngine(join(folder, "state")));
  const store = (await completion<KeyValueStore | undefined>((done) =>
    openStore({ engine, timers }, done),
  )) as KeyValueStore;
  context.after(() => completion<void>((done) => store.close((error) => done(error, undefined))));
  const commands = [
    ...Array.from({ length: 600 }, (_, at) => put(`small ${String(at).padStart(3, "0")}`, 10)),
    ...Array.from({ length: 24 }, (_, at) => put(`large ${String(at).padStart(3, "0")}`, largeBytes)),
    ...Array.from({ length: 24 }, (_, at) => put(`large key ${at}`.padEnd(400 * 1024, "."), 10)),
  ];
  const committed = commands.map((command, at) => ({ index: at + 1, term: 1, command: encodeCommand(command) }));
  await completion<unknown>((done) => store.apply(committed, done));
  const position = { index: committed.length, term: 1 };
  await completion<void>((done) => store.checkpoint(position, (error) => done(error, undefined)));

  const contents = await completion<StateContents>((done) => store.openContents(done));
  const before = largest();
  assert.ok(before < largeBytes, "opening reads no values");
  const path = join(folder, "db");
  const file = await DatabaseFile.make(path);
  await writeBuckets(file, contents, inRevisionOrder(contents, join(folder, "order")), []);
  const size = await file.finish();
  await file.close();
  contents.close();
  assert.equal(statSync(path).size, size);
  assert.ok(size > 24 * (largeBytes + 400 * 1024), "all of it is there");
  assert.ok(largest() > largeBytes, "the measure sees values");
  const overhead = 1024;
  assert.ok(largest() <= contentsPageBytes + largeBytes + overhead, `${largest()} bytes were read at a time`);
});
