import type { ServiceParts } from "../service-parts.ts";

/** What the watches of this member do and hold, under etcd's names where it has them. */
export function addWatches(
  { watches }: ServiceParts,
  gauge: (name: string, help: string, value: () => number) => void,
): void {
  gauge("etcd_debugging_mvcc_watch_stream_total", "Streams of watches.", () => watches.counts.groups);
  gauge("etcd_debugging_mvcc_watcher_total", "Watches.", () => watches.counts.watchers);
  gauge(
    "etcd_debugging_mvcc_slow_watcher_total",
    "Watches that are behind: they read on in the history.",
    () => watches.counts.behind,
  );
  gauge(
    "etcd_debugging_mvcc_events_total",
    "Events that went to watches since the start.",
    () => watches.counts.deliveredEvents,
  );
  gauge(
    "etcd_debugging_mvcc_pending_events_total",
    "Events that wait in memory to go to a watch.",
    () => watches.counts.pendingEvents,
  );
  gauge("quorate_watch_pending_bytes", "Their bytes, about.", () => watches.counts.pendingBytes);
}
