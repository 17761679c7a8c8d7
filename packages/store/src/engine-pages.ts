import type { Callback } from "@quorate/host";
import type { EngineIterator, EngineRecord } from "./engine.ts";
import { DamagedRecordError, FormatError } from "./errors.ts";
import { currentSpan, historySpan, keyOfPrefixed, readHistoryKey, type HistoryPoint } from "./key-space.ts";
import type { KeyText } from "./key-text.ts";
import { unsealMetadata } from "./records.ts";
import type { Span } from "./span.ts";
import { attempt, untilFinished } from "./steps.ts";
import type { Found } from "./version.ts";
import type { View } from "./view.ts";

/** The engine's live keys of a range at one revision, ascending, a page at a time; an empty page is the end. */
export interface EnginePages {
  next(count: number, done: Callback<readonly Found[]>): void;
  close(): void;
}

/** The engine's share of a view. `keysOnly` leaves versions undefined. */
export function enginePages(view: View, span: Span, keysOnly: boolean): EnginePages {
  return view.engineRevision <= view.revision ? currentPages(view, span, keysOnly) : historicPages(view, span);
}

/** The engine's newest versions are the right ones: the metadata records say it all. */
function currentPages(view: View, span: Span, keysOnly: boolean): EnginePages {
  const iterator = view.snapshot.iterate({ ...currentSpan(span), keysOnly });
  const foundIn = ({ key: engineKey, value }: EngineRecord): Found => {
    const key = keyOfPrefixed(engineKey);
    if (keysOnly) return { key, revision: 0, version: undefined };
    const version = unsealMetadata(key, engineKey, value);
    return { key, revision: version.revision, version };
  };
  return {
    next: (count, done) =>
      iterator.next(count, (error, records) => {
        if (error !== undefined) return done(error, []);
        const found = attempt(() => records.map(foundIn));
        if (found.error !== undefined) return done(found.error, []);
        done(undefined, found.value);
      }),
    close: () => iterator.close(),
  };
}

/** Of each key the newest version that is not newer than the view; only the keys of the history are read. */
function historicPages(view: View, span: Span): EnginePages {
  const iterator = view.snapshot.iterate({ ...historySpan(span), keysOnly: true });
  const newest = new NewestOfEach(view.revision);
  let isEnded = false;
  return {
    next(count, done) {
      let page: Found[] = [];
      untilFinished(
        (step) => {
          if (isEnded) return step(undefined, true);
          nextPoints(iterator, count, (error, points) => {
            if (error !== undefined) return step(error, true);
            isEnded = points.length === 0;
            page = newest.take(points);
            if (isEnded || page.length > 0) return step(undefined, true);
            view.pause(() => step(view.interrupted(), false));
          });
        },
        (error) => done(error, page),
      );
    },
    close: () => iterator.close(),
  };
}

function nextPoints(iterator: EngineIterator, count: number, done: Callback<readonly HistoryPoint[]>): void {
  iterator.next(count, (error, records) => {
    if (error !== undefined) return done(error, []);
    const points = attempt(() => records.map(({ key }) => pointOf(key)));
    if (points.error !== undefined) return done(points.error, []);
    done(undefined, points.value);
  });
}

/** Throws `DamagedRecordError`. */
export function pointOf(engineKey: Uint8Array): HistoryPoint {
  try {
    return readHistoryKey(engineKey);
  } catch (error) {
    if (error instanceof FormatError) throw new DamagedRecordError("version", engineKey, error.message);
    throw error;
  }
}

/** Folds all versions of all keys, in order, into the newest of each key up to a revision. */
class NewestOfEach {
  readonly #revision: number;
  #key: KeyText | undefined;
  #best: HistoryPoint | undefined;

  constructor(revision: number) {
    this.#revision = revision;
  }

  /** Gives the keys that are complete; no points at all says that the last one is. */
  take(points: readonly HistoryPoint[]): Found[] {
    const found: Found[] = [];
    for (const point of points) {
      if (point.key !== this.#key) this.#finish(found);
      this.#key = point.key;
      if (point.revision <= this.#revision) this.#best = point;
    }
    if (points.length === 0) this.#finish(found);
    return found;
  }

  #finish(found: Found[]): void {
    const best = this.#best;
    if (best?.isPut === true) found.push({ key: best.key, revision: best.revision, version: undefined });
    this.#best = undefined;
    this.#key = undefined;
  }
}
