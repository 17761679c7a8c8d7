import type { Callback, HostError } from "@quorate/host";
import type { RangeCount } from "./block-counts.ts";
import { loadVersions, type Loaded, type Need } from "./load-versions.ts";
import { MergedCursor } from "./merged-cursor.ts";
import type { KeyValue, RangeOperation, RangeResult, SortTarget } from "./operations.ts";
import { sortInSlices } from "./sliced-sort.ts";
import { spanOf, type Span } from "./span.ts";
import { inTurn, untilFinished, type Pause } from "./steps.ts";
import { keyValueOf, type Found, type Version } from "./version.ts";
import type { View } from "./view.ts";

/**
 * Answers a range from a view. `count` is what the blocks say about it, known only for the newest revision; without it
 * keys are counted one by one.
 */
export function readRange(
  view: View,
  operation: RangeOperation,
  count: RangeCount | undefined,
  done: Callback<RangeResult>,
): void {
  const span = spanOf(operation.range);
  if (operation.countOnly) {
    return countRange(view, span, count, (error, total) => {
      done(error, { type: "range", items: [], more: false, count: total });
    });
  }
  const cursor = new MergedCursor(view, span, false);
  const finish: Callback<RangeResult> = (error, result) => {
    cursor.close();
    done(error, result);
  };
  if (needsWholeRange(operation)) return readWholeRange(view, operation, cursor, finish);
  readFirstKeys(view, operation, cursor, { span, count }, finish);
}

const emptyResult: RangeResult = { type: "range", items: [], more: false, count: 0 };

/** Counts the live keys of a span in a view. */
export function countRange(view: View, span: Span, count: RangeCount | undefined, done: Callback<number>): void {
  const ends = count?.ends ?? [span];
  let total = count?.whole ?? 0;
  inTurn(
    ends.length,
    (index, next) => {
      const cursor = new MergedCursor(view, ends[index] as Span, true);
      drain(
        cursor,
        view,
        (found) => (total += found.length),
        (error) => {
          cursor.close();
          next(error);
        },
      );
    },
    (error) => done(error, total),
  );
}

/** Shows every page that is left, with a pause after each. */
function drain(
  cursor: MergedCursor,
  view: View,
  show: (found: readonly Found[]) => void,
  done: (error: HostError | undefined) => void,
): void {
  untilFinished((step) => {
    cursor.next(Number.MAX_SAFE_INTEGER, (error, found) => {
      if (error !== undefined || found.length === 0) return step(error, true);
      show(found);
      view.pause(() => step(view.interrupted(), false));
    });
  }, done);
}

/**
 * etcd reads the whole range where there is an order or a filter, and otherwise only one key more than the limit. So a
 * sort target without an order sorts just those first keys (seen with etcd 3.4.23); clients see the same here.
 */
function needsWholeRange(operation: RangeOperation): boolean {
  return operation.sortOrder !== "none" || hasBounds(operation);
}

function hasBounds(operation: RangeOperation): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = operation;
  return minModRevision > 0 || maxModRevision > 0 || minCreateRevision > 0 || maxCreateRevision > 0;
}

function readFirstKeys(
  view: View,
  operation: RangeOperation,
  cursor: MergedCursor,
  range: { readonly span: Span; readonly count: RangeCount | undefined },
  done: Callback<RangeResult>,
): void {
  const wanted = operation.limit > 0 ? operation.limit + 1 : Number.MAX_SAFE_INTEGER;
  const need = operation.keysOnly && operation.sortTarget !== "value" ? "metadata" : "value";
  collect(view, cursor, wanted, need, (error, loaded, isEnd) => {
    if (error !== undefined) return done(error, emptyResult);
    const answer = (count: number): void => {
      sortBy(operation, loaded, view.pause, (sorted) => {
        const more = operation.limit > 0 && sorted.length > operation.limit;
        const kept = more ? sorted.slice(0, operation.limit) : sorted;
        loadItems(view, kept, operation, (error, items) => done(error, { type: "range", items, more, count }));
      });
    };
    if (isEnd) return answer(loaded.length);
    if (range.count !== undefined) {
      return countRange(view, range.span, range.count, (error, count) => {
        if (error !== undefined) return done(error, emptyResult);
        answer(count);
      });
    }
    let count = loaded.length;
    drain(
      cursor,
      view,
      (found) => (count += found.length),
      (error) => {
        if (error !== undefined) return done(error, emptyResult);
        answer(count);
      },
    );
  });
}

/** Collects up to `wanted` keys; `isEnd` when there were no more. */
function collect(
  view: View,
  cursor: MergedCursor,
  wanted: number,
  need: Need,
  done: (error: HostError | undefined, loaded: readonly Loaded[], isEnd: boolean) => void,
): void {
  const all: Loaded[] = [];
  let isEnd = false;
  untilFinished(
    (step) => {
      if (all.length >= wanted) return step(undefined, true);
      cursor.next(wanted - all.length, (error, found) => {
        if (error !== undefined) return step(error, true);
        isEnd = found.length === 0;
        if (isEnd) return step(undefined, true);
        loadVersions(view, found, need, (error, loaded) => {
          if (error !== undefined) return step(error, true);
          for (const one of loaded) all.push(one);
          if (all.length >= wanted) return step(undefined, true);
          view.pause(() => step(view.interrupted(), false));
        });
      });
    },
    (error) => done(error, all, isEnd),
  );
}

function readWholeRange(
  view: View,
  operation: RangeOperation,
  cursor: MergedCursor,
  done: Callback<RangeResult>,
): void {
  const kept: Loaded[] = [];
  let count = 0;
  const need = operation.sortTarget === "value" ? "value" : "metadata";
  untilFinished(
    (step) => {
      cursor.next(Number.MAX_SAFE_INTEGER, (error, found) => {
        if (error !== undefined || found.length === 0) return step(error, true);
        count += found.length;
        loadVersions(view, found, need, (error, loaded) => {
          if (error !== undefined) return step(error, true);
          for (const one of loaded) if (isWithinBounds(one.version, operation)) kept.push(one);
          view.pause(() => step(view.interrupted(), false));
        });
      });
    },
    (error) => {
      if (error !== undefined) return done(error, emptyResult);
      sortBy(operation, kept, view.pause, (sorted) => {
        const more = operation.limit > 0 && sorted.length > operation.limit;
        loadItems(view, more ? sorted.slice(0, operation.limit) : sorted, operation, (error, items) => {
          done(error, { type: "range", items, more, count });
        });
      });
    },
  );
}

export function isWithinBounds(version: Version, operation: RangeOperation): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = operation;
  if (minModRevision > 0 && version.revision < minModRevision) return false;
  if (maxModRevision > 0 && version.revision > maxModRevision) return false;
  if (minCreateRevision > 0 && version.createRevision < minCreateRevision) return false;
  return !(maxCreateRevision > 0 && version.createRevision > maxCreateRevision);
}

/** Pages of the loader's own size, with a pause after each: the values of a large result are read here. */
const itemsPerPage = 256;

function loadItems(
  view: View,
  loaded: readonly Loaded[],
  operation: RangeOperation,
  done: Callback<readonly KeyValue[]>,
): void {
  const { keysOnly } = operation;
  const items: KeyValue[] = [];
  untilFinished(
    (step) => {
      if (items.length >= loaded.length) return step(undefined, true);
      const page = loaded.slice(items.length, items.length + itemsPerPage);
      const found = page.map(({ key, version }): Found => ({ key, revision: version.revision, version }));
      loadVersions(view, found, keysOnly ? "metadata" : "value", (error, complete) => {
        if (error !== undefined) return step(error, true);
        for (const { key, version } of complete) items.push(keyValueOf(key, version, keysOnly));
        if (items.length >= loaded.length) return step(undefined, true);
        view.pause(() => step(view.interrupted(), false));
      });
    },
    (error) => done(error, items),
  );
}

type Order = (left: Loaded, right: Loaded) => number;

const ascending: Readonly<Record<SortTarget, Order>> = {
  key: (left, right) => (left.key < right.key ? -1 : left.key > right.key ? 1 : 0),
  version: (left, right) => left.version.version - right.version.version,
  create: (left, right) => left.version.createRevision - right.version.createRevision,
  mod: (left, right) => left.version.revision - right.version.revision,
  value: (left, right) => compareBytes(left.version.value, right.version.value),
};

/** In place of an order, a target other than the key means ascending. Equal ones stay in the order of their keys. */
function sortBy(
  operation: RangeOperation,
  loaded: readonly Loaded[],
  pause: Pause,
  done: (sorted: readonly Loaded[]) => void,
): void {
  const { sortOrder, sortTarget } = operation;
  if (sortTarget === "key" && sortOrder === "descend") return done([...loaded].reverse());
  if (sortTarget === "key") return done(loaded);
  const ascend = ascending[sortTarget];
  const order: Order = sortOrder === "descend" ? (left, right) => ascend(right, left) : ascend;
  sortInSlices(loaded, order, pause, done);
}

/** The order of unsigned bytes; the shorter one first where one begins the other. */
export function compareBytes(left: Uint8Array | undefined, right: Uint8Array | undefined): number {
  const leftLength = left?.length ?? 0;
  const rightLength = right?.length ?? 0;
  const shared = Math.min(leftLength, rightLength);
  for (let at = 0; at < shared; at++) {
    const difference = ((left as Uint8Array)[at] as number) - ((right as Uint8Array)[at] as number);
    if (difference !== 0) return difference;
  }
  return leftLength - rightLength;
}
