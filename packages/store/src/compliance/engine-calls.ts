import type { Engine, EngineIterator, EngineRecord, EngineSnapshot, EngineWrite } from "../engine.ts";
import { bytesOf, textOf } from "../key-text.ts";

/** The callbacks of an engine as promises, and its bytes as short strings: for the cases only. */
export const bytes = bytesOf;

export function pairs(records: readonly EngineRecord[]): string[] {
  return records.map(({ key, value }) => `${textOf(key)}=${textOf(value)}`);
}

export function put(key: string, value: string): EngineWrite {
  return { key: bytes(key), value: bytes(value) };
}

export function remove(key: string): EngineWrite {
  return { key: bytes(key), value: undefined };
}

export function write(engine: Engine, batch: readonly EngineWrite[]): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.write(batch, (error) => (error === undefined ? resolve() : reject(error)));
  });
}

export function close(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => {
    engine.close((error) => (error === undefined ? resolve() : reject(error)));
  });
}

export function getMany(from: Engine | EngineSnapshot, keys: readonly string[]): Promise<(string | undefined)[]> {
  return new Promise((resolve, reject) => {
    from.getMany(keys.map(bytes), (error, values) => {
      if (error === undefined) resolve(values.map((value) => (value === undefined ? undefined : textOf(value))));
      else reject(error);
    });
  });
}

export function nextPage(iterator: EngineIterator, count: number): Promise<readonly EngineRecord[]> {
  return new Promise((resolve, reject) => {
    iterator.next(count, (error, records) => (error === undefined ? resolve(records) : reject(error)));
  });
}

/** Everything that an iterator gives, in pages of `count`; the iterator is closed. */
export async function drain(iterator: EngineIterator, count: number): Promise<string[]> {
  const all: string[] = [];
  for (;;) {
    const page = await nextPage(iterator, count);
    if (page.length > count) throw new Error(`a page of ${page.length} records where ${count} were asked for`);
    if (page.length === 0) break;
    all.push(...pairs(page));
  }
  iterator.close();
  return all;
}

/** Throws unless both print the same. */
export function expectSame(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (left !== right) throw new Error(`${what}: expected ${right}, got ${left}`);
}
