import { segmentName } from "./file-names.ts";
import { decodeMark, markBytes, slotOffsets, type SyncMark } from "./marks.ts";

/** Up to where a log is durable. */
export interface MarkedEnd {
  /** Every batch up to this one is. */
  readonly durableSequence: number;
  /** The file, in the log's directory, that holds this batch, and where in it the batch ends. */
  readonly name: string;
  readonly endOffset: number;
}

/** What a file of marks says, for whoever looks at a log from outside; undefined where it holds no mark that can be read. */
export function markedEnd(bytes: Uint8Array): MarkedEnd | undefined {
  let newest: SyncMark | undefined;
  for (const offset of slotOffsets) {
    const mark = decodeMark(bytes.subarray(offset, offset + markBytes));
    if (mark === undefined || !("generation" in mark)) continue;
    if (newest === undefined || mark.generation > newest.generation) newest = mark;
  }
  if (newest === undefined) return undefined;
  const { durableSequence, segment, endOffset } = newest;
  return { durableSequence, name: segmentName(segment), endOffset };
}
