import { bytesOf, type KeyText } from "./key-text.ts";

/** One record; its bytes are never changed. */
export interface MemoryRecord {
  readonly text: KeyText;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * An immutable sorted map: chunks of sorted records, none of them empty. A batch of writes makes a new map that shares the
 * chunks it did not touch, so a snapshot costs nothing.
 */
export type MemoryRecords = readonly (readonly MemoryRecord[])[];

export const emptyRecords: MemoryRecords = [];

const maxChunk = 128;

export function recordAt(records: MemoryRecords, text: KeyText): MemoryRecord | undefined {
  const chunk = records[chunkOf(records, text)];
  const record = chunk?.[firstNotBelow(chunk, text)];
  return record?.text === text ? record : undefined;
}

/** Writes in order: of two to the same key the later one counts. `value` undefined deletes. */
export function withWrites(
  records: MemoryRecords,
  writes: readonly { readonly text: KeyText; readonly value: Uint8Array | undefined }[],
): MemoryRecords {
  const last = new Map<KeyText, Uint8Array | undefined>();
  for (const { text, value } of writes) last.set(text, value);
  const sorted = [...last].sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0));
  if (records.length === 0) return cut(merge([], sorted));
  const result: (readonly MemoryRecord[])[] = [];
  let from = 0;
  for (const [index, chunk] of records.entries()) {
    const nextStart = records[index + 1]?.[0]?.text;
    let to = from;
    for (; to < sorted.length; to++) if (nextStart !== undefined && (sorted[to]?.[0] as KeyText) >= nextStart) break;
    if (to === from) result.push(chunk);
    else result.push(...cut(merge(chunk, sorted.slice(from, to))));
    from = to;
  }
  return result;
}

function merge(chunk: readonly MemoryRecord[], writes: readonly [KeyText, Uint8Array | undefined][]): MemoryRecord[] {
  const merged: MemoryRecord[] = [];
  let at = 0;
  for (const [text, value] of writes) {
    while (at < chunk.length && (chunk[at] as MemoryRecord).text < text) merged.push(chunk[at++] as MemoryRecord);
    if (chunk[at]?.text === text) at++;
    if (value !== undefined) merged.push({ text, key: bytesOf(text), value });
  }
  for (; at < chunk.length; at++) merged.push(chunk[at] as MemoryRecord);
  return merged;
}

function cut(merged: readonly MemoryRecord[]): (readonly MemoryRecord[])[] {
  if (merged.length <= maxChunk) return merged.length === 0 ? [] : [merged];
  const chunks: (readonly MemoryRecord[])[] = [];
  for (let at = 0; at < merged.length; at += maxChunk / 2) chunks.push(merged.slice(at, at + maxChunk / 2));
  return chunks;
}

/** A place in the order of records; `record` is undefined before the first and behind the last. */
export interface Place {
  readonly record: MemoryRecord | undefined;
  next(step: 1 | -1): Place;
}

/** Forwards: the first record not below `text`. Backwards: the last one below it, or the last of all without a text. */
export function seek(records: MemoryRecords, text: KeyText | undefined, direction: 1 | -1): Place {
  const index = text === undefined ? records.length : chunkOf(records, text);
  const chunk = records[index];
  const at = chunk === undefined || text === undefined ? 0 : firstNotBelow(chunk, text);
  const isBehind = chunk !== undefined && at === chunk.length;
  const place = isBehind ? placeAt(records, index + 1, 0) : placeAt(records, index, at);
  return direction === 1 ? place : place.next(-1);
}

function placeAt(records: MemoryRecords, index: number, at: number): Place {
  return {
    record: records[index]?.[at],
    next(step) {
      const moved = at + step;
      const chunk = records[index];
      if (moved >= 0 && chunk !== undefined && moved < chunk.length) return placeAt(records, index, moved);
      const neighbour = index + step;
      return placeAt(records, neighbour, step === 1 ? 0 : (records[neighbour]?.length ?? 1) - 1);
    },
  };
}

/** The last chunk whose first record is not above `text`, or the first. */
function chunkOf(records: MemoryRecords, text: KeyText): number {
  let low = 0;
  let high = records.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((records[middle]?.[0]?.text as KeyText) <= text) low = middle;
    else high = middle - 1;
  }
  return low;
}

function firstNotBelow(chunk: readonly MemoryRecord[], text: KeyText): number {
  let low = 0;
  let high = chunk.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((chunk[middle] as MemoryRecord).text < text) low = middle + 1;
    else high = middle;
  }
  return low;
}
