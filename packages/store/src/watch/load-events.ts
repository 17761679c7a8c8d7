import type { Done } from "@quorate/host";
import { historyKey } from "../key-space.ts";
import type { KeyText } from "../key-text.ts";
import { deletedAt, unsealVersion } from "../records.ts";
import { attempt, untilFinished } from "../steps.ts";
import type { View } from "../view.ts";
import { WatchEvent } from "./event.ts";

/** A change that the engine holds, whose version is still to be read. */
export interface StoredChange {
  readonly key: KeyText;
  readonly revision: number;
  readonly isPut: boolean;
}

/** Values read in one step: any of them may be as large as a request. */
const valuesPerStep = 32;
const changesPerStep = 1024;

/** Adds the events of changes to `events`, in order, until `isFull` after some revision; the rest of `changes` is left over. */
export function loadEvents(
  view: View,
  changes: readonly StoredChange[],
  events: WatchEvent[],
  isFull: () => boolean,
  done: Done,
): void {
  let at = 0;
  untilFinished((step) => {
    const from = at;
    const keys: Uint8Array[] = [];
    for (; at < changes.length && keys.length < valuesPerStep && at - from < changesPerStep; at++) {
      const { key, revision, isPut } = changes[at] as StoredChange;
      if (revision !== changes[at - 1]?.revision && isFull()) break;
      if (isPut) keys.push(historyKey(key, revision, true));
    }
    if (at === from) return step(undefined, true);
    view.snapshot.getMany(keys, (error, records) => {
      if (error !== undefined) return step(error, true);
      const read = attempt(() => {
        let index = 0;
        for (const { key, revision, isPut } of changes.slice(from, at)) {
          const version = isPut ? unsealVersion(key, revision, true, records[index++]) : deletedAt(revision);
          events.push(new WatchEvent(key, version, undefined));
        }
      });
      if (read.error !== undefined) return step(read.error, true);
      view.pause(() => step(view.interrupted(), false));
    });
  }, done);
}
