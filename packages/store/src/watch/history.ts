import type { Callback } from "@quorate/host";
import { stateKey } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";
import type { LiveState } from "../load-state.ts";
import type { Span } from "../span.ts";
import { unsealState } from "../state-record.ts";
import { attempt } from "../steps.ts";
import type { WatchEvent } from "./event.ts";
import { readJournalHistory } from "./journal-history.ts";
import { readLayerHistory } from "./layer-history.ts";
import { readVersionHistory } from "./version-history.ts";

/** What is wanted of the history. */
export interface HistoryRequest {
  /** The first revision, not compacted, and not newer than the newest one. */
  readonly from: number;
  /** Where nothing but the versions of keys tells of so old revisions, only what lies in this span is read. */
  readonly span: Span;
  readonly wants: (key: KeyText, isPut: boolean, revision: number) => boolean;
}

/** Whole revisions of the history, in order. */
export interface HistoryChunk {
  readonly events: readonly WatchEvent[];
  /** Everything wanted from `HistoryRequest.from` up to this revision is in `events`. */
  readonly through: number;
  /** Only of what lies in this span; undefined for everything. */
  readonly span: Span | undefined;
}

/** One reading of the history ends with the revision in which it goes beyond one of these. */
export const chunkLimits = { events: 1000, bytes: 256 * 1024, looked: 16_384 } as const;

/**
 * Reads on in the history: from what no checkpoint has taken yet, at once; else from the journal in the engine; and, where that no
 * longer reaches back so far, from the versions of the keys themselves.
 */
export function readHistory(live: LiveState, request: HistoryRequest, done: Callback<HistoryChunk>): void {
  const { state } = live;
  if (request.from > state.durableRevision) return done(undefined, readLayerHistory(state, request));
  const view = state.view(state.revision);
  const finish: Callback<HistoryChunk> = (error, chunk) => {
    view.close();
    done(error, chunk);
  };
  // The snapshot may be of a checkpoint that the store has not heard of yet, so it is asked how far its journal goes.
  view.snapshot.getMany([stateKey], (error, [sealed]) => {
    if (error !== undefined) return finish(error, nothing);
    const record = attempt(() => unsealState(sealed));
    if (record.error !== undefined) return finish(record.error, nothing);
    const { journalFloor, revision } = record.value;
    if (request.from > journalFloor) readJournalHistory(view, request, revision, finish);
    else readVersionHistory(view, request, Math.min(journalFloor, revision), finish);
  });
}

export const nothing: HistoryChunk = { events: [], through: 0, span: undefined };
