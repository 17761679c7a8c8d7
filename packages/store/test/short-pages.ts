import type { Engine, EngineIterator } from "@quorate/store";

/**
 * An engine whose pages hold one record each, whatever is asked for: as LevelDB's do, which end after so many bytes, where records
 * are large. `Engine` promises no more than that an empty page is the end.
 */
export function shortPages(engine: Engine): Engine {
  return {
    getSync: (key) => engine.getSync(key),
    getMany: (keys, done) => engine.getMany(keys, done),
    write: (batch, done) => engine.write(batch, done),
    close: (done) => engine.close(done),
    snapshot: () => {
      const snapshot = engine.snapshot();
      return {
        iterate: (range) => shortened(snapshot.iterate(range)),
        getMany: (keys, done) => snapshot.getMany(keys, done),
        close: () => snapshot.close(),
      };
    },
  };
}

function shortened(iterator: EngineIterator): EngineIterator {
  return { next: (_count, done) => iterator.next(1, done), close: () => iterator.close() };
}
