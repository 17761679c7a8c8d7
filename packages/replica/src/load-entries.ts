import type { Logger } from "@quorate/host";
import { describeMember, type Entry, type LoadEffect } from "@quorate/raft";
import type { Wal } from "@quorate/wal";

/** Reads what a follower lacks and memory no longer holds; undefined, after a word in the log, when it cannot be read. */
export function loadEntries(
  { wal, logger }: { readonly wal: Pick<Wal, "read">; readonly logger: Logger },
  { for: follower, from, to, maxBytes }: LoadEffect,
  done: (entries: readonly Entry[] | undefined) => void,
): void {
  wal.read(from, to, maxBytes, (error, entries) => {
    if (error === undefined) return done(entries);
    const whose = `member ${describeMember(follower)}`;
    logger.warn(`could not read entries from ${from} on for ${whose}: ${error.message}`, { from, to });
    done(undefined);
  });
}
