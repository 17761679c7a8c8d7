import { createLevelHome } from "@quorate/host-node";
import type { Engine, EngineWrite, LoadedVersion, StateContents, StoredVersion } from "@quorate/store";
import { completion } from "../../completion.ts";

/** Versions that are sorted, or read, at a time. */
const versionsPerBatch = 1024;
const versionsPerPage = 128;

/** A version at its place: `sub` numbers the changes of one revision, from 0. */
export interface PlacedVersion extends LoadedVersion {
  readonly revision: number;
  readonly sub: number;
}

/**
 * All versions in the order of revisions, where the store has them in the order of keys: within a revision they stay in that. They are
 * sorted in an engine of their own in `folder`, which has to be removed afterwards, so that memory does not grow with them.
 */
export async function* inRevisionOrder(contents: StateContents, folder: string): AsyncIterable<PlacedVersion> {
  const sorter = await completion<Engine>((done) => createLevelHome(folder).open(done));
  try {
    await sortInto(sorter, contents);
    const snapshot = sorter.snapshot();
    const iterator = snapshot.iterate({ from: new Uint8Array(0), to: undefined });
    let before = { revision: 0, sub: 0 };
    try {
      for (;;) {
        const page = await completion<readonly { key: Uint8Array; value: Uint8Array }[]>((done) =>
          iterator.next(versionsPerPage, done),
        );
        if (page.length === 0) return;
        const engineKeys = page.map(({ value }) => value);
        const loaded = await completion<readonly LoadedVersion[]>((done) => contents.load(engineKeys, done));
        for (const [index, version] of loaded.entries()) {
          const revision = revisionOf((page[index] as { key: Uint8Array }).key);
          before = { revision, sub: revision === before.revision ? before.sub + 1 : 0 };
          yield { ...version, ...before };
        }
      }
    } finally {
      iterator.close();
      snapshot.close();
    }
  } finally {
    await completion<void>((done) => sorter.close((error) => done(error, undefined)));
  }
}

async function sortInto(sorter: Engine, contents: StateContents): Promise<void> {
  let batch: EngineWrite[] = [];
  let count = 0;
  const write = async (): Promise<void> => {
    const writes = batch;
    batch = [];
    await completion<void>((done) => sorter.write(writes, (error) => done(error, undefined)));
  };
  for (;;) {
    const page = await completion<readonly StoredVersion[] | undefined>((done) => contents.nextVersions(done));
    if (page === undefined) return write();
    for (const { revision, engineKey } of page) batch.push({ key: placeOf(revision, count++), value: engineKey });
    if (batch.length >= versionsPerBatch) await write();
  }
}

function placeOf(revision: number, count: number): Uint8Array {
  const place = Buffer.alloc(16);
  place.writeBigUInt64BE(BigInt(revision), 0);
  place.writeBigUInt64BE(BigInt(count), 8);
  return place;
}

function revisionOf(place: Uint8Array): number {
  return Number(Buffer.from(place.buffer, place.byteOffset, place.byteLength).readBigUInt64BE(0));
}
