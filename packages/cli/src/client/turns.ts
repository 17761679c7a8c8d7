import {
  Compare_CompareTarget as Target,
  Event_EventType as EventType,
  RangeRequest_SortOrder as SortOrder,
  RangeRequest_SortTarget as SortTarget,
  type KeyValue,
} from "@quorate/etcd/api";
import { FailureError } from "../errors.ts";
import type { Calls } from "./calls.ts";
import { range, txn } from "./etcd-methods.ts";
import { endOfPrefix } from "./text-and-bytes.ts";
import { watchResponses } from "./watch-responses.ts";

// How etcd's clients take turns, for locks and for elections alike: everyone puts a key of their own under the name, and
// the key that was created first is the one whose turn it is. Theirs and ours wait for each other.

/** A key of ours whose turn it is. Its create revision rises from turn to turn: it is the fencing token. */
export interface Turn {
  readonly key: Uint8Array;
  readonly createRevision: bigint;
}

/** Waits for our turn. Fails with `FailureError` when our key is gone by then; ends with the signal's reason. */
export async function awaitTurn(
  calls: Calls,
  { name, lease, value, signal }: { name: string; lease: bigint; value: Uint8Array; signal: AbortSignal },
): Promise<Turn> {
  const key = Buffer.from(`${name}/${BigInt.asUintN(64, lease).toString(16)}`);
  const { responses, header, succeeded } = await calls.call(txn, {
    compare: [{ target: Target.CREATE, key, targetUnion: { case: "createRevision", value: 0n } }],
    success: [{ request: { case: "requestPut", value: { key, value, lease } } }],
    failure: [{ request: { case: "requestRange", value: { key } } }],
  });
  const found = responses[0]?.response;
  const createRevision = succeeded
    ? (header?.revision ?? 0n)
    : ((found?.case === "responseRange" ? found.value.kvs[0]?.createRevision : undefined) ?? 0n);
  for (;;) {
    signal.throwIfAborted();
    const before = await first(calls, name, createRevision - 1n);
    if (before.record === undefined) break;
    await untilDeleted(calls, before.record.key, before.revision + 1n, signal);
  }
  const own = await calls.call(range, { key });
  if (own.kvs[0]?.createRevision !== createRevision) {
    throw new FailureError("The lease ended while it waited for its turn.");
  }
  return { key, createRevision };
}

/** Gives the turn up, if it is still ours. */
export async function endTurn(calls: Calls, { key, createRevision }: Turn): Promise<void> {
  await calls.call(txn, {
    compare: [{ target: Target.CREATE, key, targetUnion: { case: "createRevision", value: createRevision } }],
    success: [{ request: { case: "requestDeleteRange", value: { key } } }],
  });
}

/** Everyone whose turn it is, and every value that they put: until the signal. */
export async function* turns(calls: Calls, name: string, signal: AbortSignal): AsyncGenerator<KeyValue> {
  const prefix = Buffer.from(`${name}/`);
  while (!signal.aborted) {
    const { record, revision } = await first(calls, name, 0n);
    let current = record;
    if (current !== undefined) yield current;
    const wanted = current === undefined ? { key: prefix, rangeEnd: endOfPrefix(prefix) } : { key: current.key };
    const ending = new AbortController();
    const either = AbortSignal.any([signal, ending.signal]);
    const following = { signal: either, note: () => {} };
    for await (const { events } of watchResponses(calls, { ...wanted, startRevision: revision + 1n }, following)) {
      for (const { type, kv } of events) {
        if (type === EventType.DELETE || current === undefined) ending.abort();
        else if (kv !== undefined) yield (current = kv);
      }
    }
  }
}

/** The key under the name that was created first; or, with a bound, the last one created up to it. */
async function first(calls: Calls, name: string, maxCreateRevision: bigint) {
  const prefix = Buffer.from(`${name}/`);
  const { kvs, header } = await calls.call(range, {
    key: prefix,
    rangeEnd: endOfPrefix(prefix),
    sortTarget: SortTarget.CREATE,
    sortOrder: maxCreateRevision === 0n ? SortOrder.ASCEND : SortOrder.DESCEND,
    limit: 1n,
    maxCreateRevision,
  });
  return { record: kvs[0], revision: header?.revision ?? 0n };
}

async function untilDeleted(calls: Calls, key: Uint8Array, startRevision: bigint, signal: AbortSignal): Promise<void> {
  const following = { signal, note: () => {} };
  for await (const { events } of watchResponses(calls, { key, startRevision }, following)) {
    if (events.some(({ type }) => type === EventType.DELETE)) return;
  }
}
