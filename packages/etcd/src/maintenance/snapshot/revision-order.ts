import { createLevelHome } from "@quorate/host-node";
import type {
  Engine,
  EngineIterator,
  EngineRecord,
  EngineWrite,
  LoadedVersion,
  StateContents,
  StoredVersion,
} from "@quorate/store";
import { completion } from "../../completion.ts";

/** Versions whose places are sorted at a time: so many, and so many bytes of their keys. */
const placesPerBatch = 1024;
const batchBytes = 1024 * 1024;
/** Places that are read at a time; the engine's page has a bound in bytes besides. */
const placesPerPage = 128;
/** A place is small and read once: the sorter needs little memory. */
const sorterOptions = { cacheBytes: 4 * 1024 * 1024, writeBufferBytes: 4 * 1024 * 1024 };

/** A version at its place: `sub` numbers the changes of one revision, from 0. */
export interface PlacedVersion extends LoadedVersion {
  readonly revision: number;
  readonly sub: number;
}

/**
 * All versions in the order of revisions, where the store has them in the order of keys: within a revision they stay in that. They are
 * sorted in an engine of their own in `folder`, which has to be removed afterwards, so that memory does not grow with them. What is sorted
 * says how large each is, so that reading them has a bound in bytes, however large values lie among small ones.
 */
export async function* inRevisionOrder(contents: StateContents, folder: string): AsyncIterable<PlacedVersion> {
  const sorter = await completion<Engine>((done) => createLevelHome(folder, sorterOptions).open(done));
  try {
    await sortInto(sorter, contents);
    const snapshot = sorter.snapshot();
    const iterator = snapshot.iterate({ from: new Uint8Array(0), to: undefined });
    try {
      yield* loaded(contents, pagesOf(iterator));
    } finally {
      iterator.close();
      snapshot.close();
    }
  } finally {
    await completion<void>((done) => sorter.close((error) => done(error, undefined)));
  }
}

async function* pagesOf(iterator: EngineIterator): AsyncIterable<readonly StoredVersion[]> {
  for (;;) {
    const page = await completion<readonly EngineRecord[]>((done) => iterator.next(placesPerPage, done));
    if (page.length === 0) return;
    yield page.map(placedOf);
  }
}

async function* loaded(
  contents: StateContents,
  pages: AsyncIterable<readonly StoredVersion[]>,
): AsyncIterable<PlacedVersion> {
  let before = { revision: 0, sub: 0 };
  for await (const page of pages) {
    for (let at = 0; at < page.length; ) {
      const versions = await completion<readonly LoadedVersion[]>((done) => contents.load(page.slice(at), done));
      for (const version of versions) {
        const { revision } = page[at++] as StoredVersion;
        before = { revision, sub: revision === before.revision ? before.sub + 1 : 0 };
        yield { ...version, ...before };
      }
    }
  }
}

async function sortInto(sorter: Engine, contents: StateContents): Promise<void> {
  let batch: EngineWrite[] = [];
  let bytes = 0;
  let count = 0;
  const write = async (): Promise<void> => {
    const writes = batch;
    batch = [];
    bytes = 0;
    await completion<void>((done) => sorter.write(writes, (error) => done(error, undefined)));
  };
  for (;;) {
    const page = await completion<readonly StoredVersion[] | undefined>((done) => contents.nextVersions(done));
    if (page === undefined) return write();
    for (const version of page) {
      const place = recordOf(version, count++);
      bytes += place.value.length;
      batch.push(place);
    }
    if (batch.length >= placesPerBatch || bytes >= batchBytes) await write();
  }
}

const sizeBytes = 4;

/** Under revision and count, what the version takes and where it is. */
function recordOf({ revision, engineKey, bytes }: StoredVersion, count: number): EngineRecord {
  const key = Buffer.alloc(16);
  key.writeBigUInt64BE(BigInt(revision), 0);
  key.writeBigUInt64BE(BigInt(count), 8);
  const value = Buffer.alloc(sizeBytes + engineKey.length);
  value.writeUInt32BE(bytes);
  value.set(engineKey, sizeBytes);
  return { key, value };
}

function placedOf({ key, value }: EngineRecord): StoredVersion {
  const revision = Number(viewOf(key).getBigUint64(0));
  return { revision, bytes: viewOf(value).getUint32(0), engineKey: value.subarray(sizeBytes) };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
