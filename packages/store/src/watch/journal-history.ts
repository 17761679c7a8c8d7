import type { Callback } from "@quorate/host";
import { DamagedRecordError } from "../errors.ts";
import type { Change } from "../journal.ts";
import { journalKey } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";
import { untilFinished } from "../steps.ts";
import { JournalCursor } from "../transfer/journal-cursor.ts";
import type { View } from "../view.ts";
import type { WatchEvent } from "./event.ts";
import { chunkLimits, nothing, type HistoryChunk, type HistoryRequest } from "./history-chunk.ts";
import { loadEvents, type StoredChange } from "./load-events.ts";

/** Reads events along the engine's journal, which goes up to revision `newest`. */
export function readJournalHistory(
  view: View,
  request: HistoryRequest,
  newest: number,
  done: Callback<HistoryChunk>,
): void {
  const cursor = new JournalCursor(view.snapshot, request.from - 1);
  const events: WatchEvent[] = [];
  const gathering = new WholeRevisions(request);
  let bytes = 0;
  let counted = 0;
  let isEnded = false;
  const isFull = (): boolean => {
    for (; counted < events.length; counted++) bytes += (events[counted] as WatchEvent).bytes;
    return events.length >= chunkLimits.events || bytes >= chunkLimits.bytes;
  };
  untilFinished(
    (step) => {
      cursor.next((error, page) => {
        if (error !== undefined) return step(error, true);
        isEnded = page.length === 0;
        const changes = gathering.take(page);
        loadEvents(view, changes, events, isFull, (error) => {
          if (error !== undefined) return step(error, true);
          const isDone = isEnded || isFull() || gathering.looked >= chunkLimits.looked;
          // A revision that a page has broken off is read to its end.
          if (isDone && (isEnded || gathering.complete >= request.from)) return step(undefined, true);
          view.pause(() => step(view.interrupted(), false));
        });
      });
    },
    (error) => {
      cursor.close();
      if (error !== undefined) return done(error, nothing);
      const last = events.at(-1)?.revision ?? request.from - 1;
      const isCut = events.length < gathering.taken;
      if (isEnded && gathering.complete < newest) return done(endsEarly(gathering.complete, newest), nothing);
      done(undefined, { events, through: isCut ? last : isEnded ? newest : gathering.complete, span: undefined });
    },
  );
}

function endsEarly(last: number, newest: number): DamagedRecordError {
  const what = `it ends with revision ${last}, and the state has come to ${newest}`;
  return new DamagedRecordError("journal", journalKey(last + 1, 0), what);
}

/** Puts the journal's changes together to whole revisions: of each only a key's last change counts. */
class WholeRevisions {
  readonly #request: HistoryRequest;
  readonly #open = new Map<KeyText, StoredChange>();
  #openRevision: number;
  /** Changes seen. */
  looked = 0;
  /** Changes given back. */
  taken = 0;
  /** The last revision that is whole. */
  complete: number;

  constructor(request: HistoryRequest) {
    this.#request = request;
    this.#openRevision = request.from - 1;
    this.complete = request.from - 1;
  }

  /** The wanted changes of the revisions that this page completes; an empty page completes the last one. */
  take(page: readonly Change[]): StoredChange[] {
    const whole: StoredChange[] = [];
    const close = (): void => {
      for (const change of this.#open.values()) whole.push(change);
      this.#open.clear();
      this.complete = this.#openRevision;
    };
    for (const { key, revision, isPut } of page) {
      if (revision !== this.#openRevision) {
        close();
        this.complete = revision - 1;
        this.#openRevision = revision;
      }
      this.looked++;
      this.#open.delete(key);
      if (this.#request.wants(key, isPut, revision)) this.#open.set(key, { key, revision, isPut });
    }
    if (page.length === 0) close();
    this.taken += whole.length;
    return whole;
  }
}
