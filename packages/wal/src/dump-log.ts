import type { Disk, DiskFile, HostError } from "@quorate/host";
import { CorruptFrameError, type Entry } from "@quorate/raft";
import type { BatchHeader } from "./batch.ts";
import type { WalError } from "./errors.ts";
import { marksName, segmentName } from "./file-names.ts";
import { findOwner } from "./find-owner.ts";
import { segmentHeaderBytes, segmentIdentity, type Owner } from "./format.ts";
import { decodeMark, markBytes, marksFileBytes, slotOffsets, type SyncMark } from "./marks.ts";
import { decodeSegmentHeader, type SegmentHeader } from "./segment-header.ts";
import { entriesOf, readBatch, searchRemains, SegmentWindow, type FoundBatch } from "./segment-window.ts";
import { withFile } from "./open-files.ts";
import { runSteps, type Steps } from "./steps.ts";
import { listNames, readStart } from "./survey.ts";

/** One thing that lies in a log's files, in the order in which it lies there. Offsets in bytes from the file's start. */
export type DumpRow =
  | { readonly type: "segment"; readonly path: string; readonly header: SegmentHeader }
  | {
      readonly type: "batch";
      readonly path: string;
      readonly header: BatchHeader;
      /** Views that hold only as long as the call. */
      readonly entries: readonly Entry[];
    }
  /** Bytes that should be something valid and are not; `end` is where the next valid thing starts, or the last byte. */
  | {
      readonly type: "damage";
      readonly path: string;
      readonly offset: number;
      readonly end: number;
      readonly reason: string;
    }
  /** What lies after the last batch of a segment, and is not zero. */
  | {
      readonly type: "remains";
      readonly path: string;
      readonly offset: number;
      readonly end: number;
      readonly reason: string;
    }
  /** A part of the log under another name, or a directory under the name of one: an opening is refused because of it. */
  | { readonly type: "strange"; readonly path: string }
  /** `mark` is undefined when the slot holds none that can be trusted. */
  | { readonly type: "mark"; readonly path: string; readonly offset: number; readonly mark: SyncMark | undefined };

/** Takes a row; false when it wants no more. */
export type DumpVisitor = (row: DumpRow) => boolean;

/**
 * Shows everything in the files of a log as it lies there, whether or not an opening would take it, and changes nothing.
 * @param onlySegment one segment alone, without the marks
 */
export function dumpLog(
  disk: Disk,
  directory: string,
  onlySegment: number | undefined,
  visit: DumpVisitor,
  done: (error: HostError | WalError | undefined) => void,
): void {
  runSteps(dump(disk, directory, onlySegment, visit), (error) => done(error));
}

function* dump(disk: Disk, directory: string, onlySegment: number | undefined, visit: DumpVisitor): Steps<void> {
  const owner = yield* findOwner(disk, directory);
  const { segments, hasMarks, strange } = yield* listNames(disk, directory);
  for (const segment of segments) {
    if (onlySegment !== undefined && onlySegment !== segment) continue;
    if (!(yield* dumpSegment(disk, directory, segment, owner, visit))) return;
  }
  if (onlySegment !== undefined) return;
  for (const name of strange) if (!visit({ type: "strange", path: `${directory}/${name}` })) return;
  if (hasMarks) yield* dumpMarks(disk, `${directory}/${marksName}`, visit);
}

function* dumpSegment(
  disk: Disk,
  directory: string,
  segment: number,
  owner: Owner,
  visit: DumpVisitor,
): Steps<boolean> {
  const path = `${directory}/${segmentName(segment)}`;
  const header = decodeSegmentHeader(yield* readStart(disk, path, segmentHeaderBytes));
  if (!visit(headerRow(path, header))) return false;
  const identity = segmentIdentity(owner, segment);
  return yield* withFile(disk, path, (file) => dumpBatches(file, path, identity, visit));
}

function headerRow(path: string, header: ReturnType<typeof decodeSegmentHeader>): DumpRow {
  if (typeof header === "string") return { type: "damage", path, offset: 0, end: segmentHeaderBytes, reason: header };
  if ("segment" in header) return { type: "segment", path, header };
  const reason = `it has format version ${header.version}, which this program does not know`;
  return { type: "damage", path, offset: 0, end: segmentHeaderBytes, reason };
}

function* dumpBatches(file: DiskFile, path: string, identity: number, visit: DumpVisitor): Steps<boolean> {
  const window = new SegmentWindow(file);
  let offset = segmentHeaderBytes;
  for (;;) {
    const batch = yield* readBatch(window, offset, identity);
    if (typeof batch !== "string") {
      if (!visit(batchRow(path, batch))) return false;
      offset += batch.header.length;
      continue;
    }
    const { later, dirtyEnd } = yield* searchRemains(window, offset, identity);
    if (later !== undefined) {
      if (!visit({ type: "damage", path, offset, end: later.offset, reason: batch })) return false;
      offset = later.offset;
      continue;
    }
    return dirtyEnd === undefined || visit({ type: "remains", path, offset, end: dirtyEnd, reason: batch });
  }
}

function batchRow(path: string, batch: FoundBatch): DumpRow {
  const { header } = batch;
  try {
    return { type: "batch", path, header, entries: entriesOf(batch) };
  } catch (error) {
    if (!(error instanceof CorruptFrameError)) throw error;
    return { type: "damage", path, offset: header.offset, end: header.offset + header.length, reason: error.message };
  }
}

function* dumpMarks(disk: Disk, path: string, visit: DumpVisitor): Steps<void> {
  const bytes = yield* readStart(disk, path, marksFileBytes);
  for (const offset of slotOffsets) {
    const mark = decodeMark(bytes.subarray(offset, offset + markBytes));
    if (!visit({ type: "mark", path, offset, mark: mark !== undefined && "generation" in mark ? mark : undefined }))
      return;
  }
}
