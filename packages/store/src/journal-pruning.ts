import type { Callback } from "@quorate/host";
import type { Engine, EngineRecord } from "./engine.ts";
import { DamagedRecordError, FormatError } from "./errors.ts";
import { prefixes, prefixSpan, readJournalKey } from "./key-space.ts";
import { untilFinished, type Pause } from "./steps.ts";

/** What a checkpoint forgets of the journal. */
export interface PrunedJournal {
  /** The records to remove. */
  readonly keys: readonly Uint8Array[];
  readonly bytes: number;
  /** The first record that stays; undefined when none of the engine's does. */
  readonly firstKept: Uint8Array | undefined;
}

const recordsPerStep = 64;
/** One checkpoint forgets no more than this: a bound that was lowered is reached in several of them. */
const mostBytes = 16 * 1024 * 1024;

/** Finds the oldest records of the journal, of `excessBytes` together, a page at a time. */
export function findOldestJournal(
  engine: Engine,
  excessBytes: number,
  pause: Pause,
  done: Callback<PrunedJournal>,
): void {
  const wanted = Math.min(excessBytes, mostBytes);
  const keys: Uint8Array[] = [];
  let bytes = 0;
  let firstKept: Uint8Array | undefined;
  const snapshot = engine.snapshot();
  const iterator = snapshot.iterate(prefixSpan(prefixes.journal));
  const take = ({ key, value }: EngineRecord): void => {
    if (bytes < wanted) {
      keys.push(key);
      bytes += key.length + value.length;
    } else {
      firstKept ??= key;
    }
  };
  untilFinished(
    (step) => {
      iterator.next(recordsPerStep, (error, page) => {
        if (error !== undefined) return step(error, true);
        page.forEach(take);
        if (page.length === 0 || firstKept !== undefined) return step(undefined, true);
        pause(() => step(undefined, false));
      });
    },
    (error) => {
      iterator.close();
      snapshot.close();
      done(error, { keys, bytes, firstKept });
    },
  );
}

/**
 * The floor of a journal whose first record is this one: a revision that begins before it is not whole. Throws
 * `DamagedRecordError`.
 */
export function floorBefore(firstRecord: Uint8Array): number {
  const { revision, number } = placeOf(firstRecord);
  return number === 0 ? revision - 1 : revision;
}

function placeOf(engineKey: Uint8Array): { readonly revision: number; readonly number: number } {
  try {
    return readJournalKey(engineKey);
  } catch (error) {
    if (error instanceof FormatError) throw new DamagedRecordError("journal", engineKey, error.message);
    throw error;
  }
}
