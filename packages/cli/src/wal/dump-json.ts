import type { Entry } from "@quorate/raft";
import type { DumpRow } from "@quorate/wal";
import { kindOf, payloadBytesOf } from "./dump-text.ts";

/** A row as one line of JSON, for programs. Payloads are not in it: they may be secrets, and large. */
export function dumpJson(row: DumpRow, entries: readonly Entry[]): string {
  if (row.type !== "batch") return JSON.stringify(row);
  const listed = entries.map((entry) => ({
    index: entry.index,
    term: entry.term,
    kind: kindOf(entry),
    bytes: payloadBytesOf(entry),
  }));
  return JSON.stringify({ ...row, entries: listed });
}
