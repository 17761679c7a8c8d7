import type { Callback } from "@quorate/host";
import { pointOf } from "../engine-pages.ts";
import { historySpan, type HistoryPoint } from "../key-space.ts";
import { attempt, untilFinished } from "../steps.ts";
import type { View } from "../view.ts";
import type { WatchEvent } from "./event.ts";
import { chunkLimits, nothing, type HistoryChunk, type HistoryRequest } from "./history-chunk.ts";
import { loadEvents, type StoredChange } from "./load-events.ts";

const recordsPerPage = 256;

/**
 * Reads events of revisions that the journal has forgotten, up to `newest`, out of the versions of all keys in a span: these lie in
 * the order of keys, so all of them are looked at, and the oldest wanted ones are kept. Within a revision they come in the order of
 * keys.
 */
export function readVersionHistory(
  view: View,
  request: HistoryRequest,
  newest: number,
  done: Callback<HistoryChunk>,
): void {
  const { span, from, wants } = request;
  const iterator = view.snapshot.iterate({ ...historySpan(span), keysOnly: true });
  const oldest = new OldestChanges(newest);
  const take = ({ key, revision, isPut }: HistoryPoint): void => {
    if (revision >= from && revision <= oldest.through && wants(key, isPut, revision)) {
      oldest.add({ key, revision, isPut });
    }
  };
  untilFinished(
    (step) => {
      iterator.next(recordsPerPage, (error, records) => {
        if (error !== undefined || records.length === 0) return step(error, true);
        const taken = attempt(() => {
          for (const { key } of records) take(pointOf(key));
        });
        if (taken.error !== undefined) return step(taken.error, true);
        view.pause(() => step(view.interrupted(), false));
      });
    },
    (error) => {
      iterator.close();
      if (error !== undefined) return done(error, nothing);
      load(view, oldest, span, done);
    },
  );
}

function load(view: View, oldest: OldestChanges, span: HistoryRequest["span"], done: Callback<HistoryChunk>): void {
  const events: WatchEvent[] = [];
  let bytes = 0;
  let counted = 0;
  const isFull = (): boolean => {
    for (; counted < events.length; counted++) bytes += (events[counted] as WatchEvent).bytes;
    return bytes >= chunkLimits.bytes;
  };
  const changes = oldest.take();
  loadEvents(view, changes, events, isFull, (error) => {
    if (error !== undefined) return done(error, nothing);
    const isCut = events.length < changes.length;
    const last = events.at(-1)?.revision ?? oldest.through;
    done(undefined, { events, through: isCut ? last : oldest.through, span });
  });
}

/** The oldest changes of all that are added, about as many as one reading gives, in whole revisions. */
class OldestChanges {
  #changes: StoredChange[] = [];
  #kept = 0;
  /** Newer ones are not kept. */
  through: number;

  constructor(newest: number) {
    this.through = newest;
  }

  add(change: StoredChange): void {
    this.#changes.push(change);
    if (this.#changes.length >= 4 * chunkLimits.events + 2 * this.#kept) this.#cut();
  }

  /** In the order of revisions, and of keys within each. */
  take(): readonly StoredChange[] {
    this.#cut();
    return this.#changes;
  }

  #cut(): void {
    this.#changes.sort((left, right) => left.revision - right.revision);
    const last = this.#changes[chunkLimits.events - 1];
    if (last === undefined) return;
    this.through = Math.min(this.through, last.revision);
    this.#changes = this.#changes.filter(({ revision }) => revision <= this.through);
    // One revision may have more changes than one reading gives: then sorting must not become quadratic.
    this.#kept = this.#changes.length;
  }
}
