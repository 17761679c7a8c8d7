import type { Done } from "@quorate/host";
import { historyKey, historyStart, readHistoryKey } from "../key-space.ts";
import type { KeyState } from "../key-state.ts";
import { unsealVersion } from "../records.ts";
import { attempt, inTurn, untilFinished } from "../steps.ts";
import { keyValueOf, type Version } from "../version.ts";
import type { View } from "../view.ts";
import type { WatchEvent } from "./event.ts";

const readsPerStep = 32;

/**
 * Fills in what was there before each event, at once where memory knows it. What a compaction has taken away stays undefined, as
 * with etcd: a key as of a revision that can no longer be read.
 */
export function loadPrevious(state: KeyState, events: readonly WatchEvent[], done: Done): void {
  const missing: WatchEvent[] = [];
  for (const event of events) {
    if (event.isPreviousKnown) continue;
    if (event.revision - 1 < state.compactedRevision) event.isPreviousKnown = true;
    else if (!fromMemory(state, event)) missing.push(event);
  }
  if (missing.length === 0) return done(undefined);
  const view = state.view(state.revision);
  let at = 0;
  untilFinished(
    (step) => {
      const page = missing.slice(at, at + readsPerStep);
      at += page.length;
      if (page.length === 0) return step(undefined, true);
      readPage(view, page, (error) => {
        if (error !== undefined) return step(error, true);
        view.pause(() => step(view.interrupted(), false));
      });
    },
    (error) => {
      view.close();
      done(error);
    },
  );
}

function fromMemory({ overlay }: KeyState, event: WatchEvent): boolean {
  for (const layer of overlay.layers) {
    const version = layer.at(event.keyText, event.revision - 1);
    if (version === undefined) continue;
    known(event, version);
    return true;
  }
  return false;
}

function known(event: WatchEvent, before: Version | undefined): void {
  event.previous = before?.alive === true ? keyValueOf(event.keyText, before, false) : undefined;
  event.isPreviousKnown = true;
}

function readPage(view: View, page: readonly WatchEvent[], done: Done): void {
  const exact = page.filter(({ previousRevision }) => previousRevision !== undefined);
  const unknown = page.filter(({ previousRevision }) => previousRevision === undefined);
  const keys = exact.map(({ keyText, previousRevision }) => historyKey(keyText, previousRevision as number, true));
  view.snapshot.getMany(keys, (error, records) => {
    if (error !== undefined) return done(error);
    const read = attempt(() => {
      for (const [index, event] of exact.entries()) {
        known(event, unsealVersion(event.keyText, event.previousRevision as number, true, records[index]));
      }
    });
    if (read.error !== undefined) return done(read.error);
    inTurn(unknown.length, (index, next) => findBefore(view, unknown[index] as WatchEvent, next), done);
  });
}

/** The version before an event of which only the journal told. */
function findBefore(view: View, event: WatchEvent, done: Done): void {
  const { keyText, revision } = event;
  const span = { from: historyStart(keyText), to: historyKey(keyText, revision, false) };
  const iterator = view.snapshot.iterate({ ...span, reverse: true });
  iterator.next(1, (error, [record]) => {
    iterator.close();
    if (error !== undefined) return done(error);
    const read = attempt(() => {
      if (record === undefined) return known(event, undefined);
      const point = readHistoryKey(record.key);
      known(event, unsealVersion(keyText, point.revision, point.isPut, record.value, record.key));
    });
    done(read.error);
  });
}
