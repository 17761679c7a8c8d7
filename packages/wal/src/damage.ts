import type { HardState } from "@quorate/raft";
import { batchAlignment, decodeBatch, type Batch } from "./batch.ts";
import { newest } from "./replay.ts";

/** What lies behind the end of the valid batches of a segment. */
export interface Remains {
  /** Nothing but zeros: the part of the file that was never used. */
  readonly clean: boolean;
  /** Where the last byte that is not zero ends. */
  readonly usedEnd: number;
  /** Valid batches that were found behind the invalid bytes. */
  readonly batches: readonly Batch[];
}

/**
 * Looks at everything from `end` on. Batches that are valid there, behind bytes that are not, tell what had been durable
 * (their mark), and the hard state that this member must not fall behind.
 */
export function remainsAfter(bytes: Uint8Array, end: number): Remains {
  let usedEnd = bytes.length;
  while (usedEnd > end && bytes[usedEnd - 1] === 0) usedEnd--;
  if (usedEnd === end) return { clean: true, usedEnd, batches: [] };
  const batches: Batch[] = [];
  for (let at = end + batchAlignment; at < usedEnd; ) {
    const batch = decodeBatch(bytes, at);
    if (batch === undefined) at += batchAlignment;
    else {
      batches.push(batch);
      at += batch.length;
    }
  }
  return { clean: false, usedEnd, batches };
}

/** The newest hard state in batches that were found behind damage. */
export function hardStateIn(batches: readonly Batch[], known: HardState | undefined): HardState | undefined {
  let found = known;
  for (const { records } of batches) for (const record of records) found = newest(found, record.hardState);
  return found;
}
