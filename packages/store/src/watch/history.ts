import type { Callback } from "@quorate/host";
import { stateKey } from "../key-space.ts";
import type { LiveState } from "../load-state.ts";
import { emptyRevision, unsealState } from "../state-record.ts";
import { attempt } from "../steps.ts";
import { nothing, type HistoryChunk, type HistoryRequest } from "./history-chunk.ts";
import { readJournalHistory } from "./journal-history.ts";
import { readLayerHistory } from "./layer-history.ts";
import { readVersionHistory } from "./version-history.ts";

/**
 * Reads on in the history: from what no checkpoint has taken yet, at once; else from the journal in the engine; and, where that no
 * longer reaches back so far, from the versions of the keys themselves.
 */
export function readHistory(live: LiveState, request: HistoryRequest, done: Callback<HistoryChunk>): void {
  const { state } = live;
  // Nothing made the first revision: an empty store has it.
  if (request.from <= emptyRevision) return done(undefined, { ...nothing, through: emptyRevision });
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
    else if (request.from === state.compactedRevision) finish(undefined, { ...nothing, through: request.from - 1 });
    else readVersionHistory(view, request, Math.min(journalFloor, revision), finish);
  });
}
