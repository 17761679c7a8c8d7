import type { Entry } from "./entry.ts";

/**
 * A small view keeps its whole backing buffer alive (pitfall B40). Entries that were received are views of what a socket
 * delivered: where they are less than half of it, they move to a buffer of their own, together, before they are kept.
 */
export function withOwnBuffer(entries: readonly Entry[]): readonly Entry[] {
  let bytes = 0;
  for (const entry of entries) bytes += entry.frame.length;
  if (entries.every((entry) => entry.frame.buffer.byteLength <= 2 * bytes)) return entries;
  const own = new Uint8Array(bytes);
  let at = 0;
  return entries.map((entry) => {
    own.set(entry.frame, at);
    const frame = own.subarray(at, at + entry.frame.length);
    at += frame.length;
    return { index: entry.index, term: entry.term, kind: entry.kind, frame };
  });
}
