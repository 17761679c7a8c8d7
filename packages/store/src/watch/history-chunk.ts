import type { KeyText } from "../key-text.ts";
import type { Span } from "../span.ts";
import type { WatchEvent } from "./event.ts";

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
  /**
   * Everything wanted from `HistoryRequest.from` up to this revision is in `events`. Less than `from`: the revision `from` was
   * compacted with everything before it, and nobody knows any more what it deleted.
   */
  readonly through: number;
  /** Only of what lies in this span; undefined for everything. */
  readonly span: Span | undefined;
}

/** One reading of the history ends with the revision in which it goes beyond one of these. */
export const chunkLimits = { events: 1000, bytes: 256 * 1024, looked: 16_384 } as const;

export const nothing: HistoryChunk = { events: [], through: 0, span: undefined };
