import type { Callback, Done } from "@quorate/host";
import type { BlockRecord, OversizedBlock } from "./block-counts.ts";
import { DamagedRecordError } from "./errors.ts";
import type { KeyState } from "./key-state.ts";
import { bytesOf } from "./key-text.ts";
import type { Layer } from "./layer.ts";
import { MergedCursor } from "./merged-cursor.ts";
import type { Span } from "./span.ts";
import { inTurn, untilFinished } from "./steps.ts";
import type { Found } from "./version.ts";
import type { View } from "./view.ts";

/**
 * Splits blocks that have grown too large, while a checkpoint of their state is being written: their keys are read once,
 * in steps, from the engine and the frozen layer. Gives the records of the parts, as of that state.
 */
export function splitBlocks(
  state: KeyState,
  frozen: Layer,
  revision: number,
  oversized: readonly OversizedBlock[],
  done: Callback<readonly BlockRecord[]>,
): void {
  const records: BlockRecord[] = [];
  if (oversized.length === 0) return done(undefined, records);
  const view = state.view(revision, [frozen]);
  // Half of the largest, so that a part can grow for a while before it is split again.
  const partKeys = Math.ceil(state.counts.maxBlockKeys / 2);
  const splitNext = (index: number, next: Done): void => {
    const { block, span, count } = oversized[index] as OversizedBlock;
    findParts(view, span, partKeys, (error, parts) => {
      if (error !== undefined) return next(error);
      const counted = parts.reduce((sum, part) => sum + part.count, 0);
      if (counted !== count) return next(miscounted(span, counted, count));
      state.counts.split(block, parts);
      records.push(...parts);
      next(undefined);
    });
  };
  inTurn(oversized.length, splitNext, (error) => {
    view.close();
    done(error, records);
  });
}

/** Cuts a span into parts of `partKeys` keys; the first begins where the span does. */
function findParts(view: View, span: Span, partKeys: number, done: Callback<BlockRecord[]>): void {
  const parts: { start: string; count: number }[] = [{ start: span.from, count: 0 }];
  const cursor = new MergedCursor(view, span, true);
  const take = (found: readonly Found[]): void => {
    for (const { key } of found) {
      const part = parts.at(-1) as { start: string; count: number };
      if (part.count < partKeys) part.count++;
      else parts.push({ start: key, count: 1 });
    }
  };
  untilFinished(
    (step) => {
      cursor.next(Number.MAX_SAFE_INTEGER, (error, found) => {
        if (error !== undefined || found.length === 0) return step(error, true);
        take(found);
        view.pause(() => step(view.interrupted(), false));
      });
    },
    (error) => {
      cursor.close();
      done(error, parts);
    },
  );
}

/** The blocks and the keys themselves do not agree. One of the two is wrong, and nothing says which. */
function miscounted(span: Span, counted: number, recorded: number): DamagedRecordError {
  return new DamagedRecordError("block", bytesOf(span.from), `it counts ${recorded} keys, and ${counted} live in it`);
}
