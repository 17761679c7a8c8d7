import type { KeyText } from "./key-text.ts";
import type { KeyState } from "./key-state.ts";
import { textOf } from "./key-text.ts";
import type { KeyValue, RangeOperation, RangeResult } from "./operations.ts";
import { isWithinBounds } from "./range-read.ts";
import { keyValueOf, type Version } from "./version.ts";

/** Answers a range of one key from its version at the revision asked for. Throws `HostError`. */
export function readPoint(state: KeyState, operation: RangeOperation, revision: number): RangeResult {
  const key = textOf(operation.range.key);
  return pointResult(state, key, state.overlay.at(key, revision), operation);
}

/** Whether memory or one short read answers: the key was not changed since the revision asked for. */
export function readPointIfUnchanged(
  state: KeyState,
  operation: RangeOperation,
  revision: number,
): RangeResult | undefined {
  const key = textOf(operation.range.key);
  const newest = state.overlay.at(key, state.revision);
  if (newest.revision > revision || (!newest.alive && revision < state.revision)) return undefined;
  return pointResult(state, key, newest, operation);
}

function pointResult(state: KeyState, key: KeyText, version: Version, operation: RangeOperation): RangeResult {
  if (!version.alive) return { type: "range", items: [], more: false, count: 0 };
  let items: KeyValue[] = [];
  if (!operation.countOnly && isWithinBounds(version, operation)) {
    const complete = operation.keysOnly ? version : state.overlay.withValue(key, version);
    items = [keyValueOf(key, complete, operation.keysOnly)];
  }
  return { type: "range", items, more: false, count: 1 };
}
