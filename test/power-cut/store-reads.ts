import type { KeyValue, KeyValueStore, RangeOperation } from "@quorate/store";
import { completion } from "../../packages/etcd/src/completion.ts";

/** The hash of every version up to a revision. */
export async function hashAt(store: KeyValueStore, revision: number): Promise<number> {
  const read = await completion<Parameters<Parameters<KeyValueStore["hash"]>[1]>[1]>((done) =>
    store.hash(revision, done),
  );
  if (!read.ok) throw new Error(`the hash at revision ${revision} was refused: ${read.refusal}`);
  return read.result.hash;
}

/** What a key held at a revision; undefined when it held nothing. */
export async function valueAt(store: KeyValueStore, key: string, revision: number): Promise<KeyValue | undefined> {
  const operation: RangeOperation = {
    type: "range",
    range: { key: Buffer.from(key), end: undefined },
    limit: 0,
    revision,
    sortOrder: "none",
    sortTarget: "key",
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
  };
  const read = await completion<Parameters<Parameters<KeyValueStore["range"]>[1]>[1]>((done) =>
    store.range(operation, done),
  );
  if (!read.ok) throw new Error(`reading ${key} at revision ${revision} was refused: ${read.refusal}`);
  return read.result.items[0];
}
