import type { Disk } from "@quorate/host";
import { WalError } from "./errors.ts";
import { marksName, segmentName, sortNames } from "./file-names.ts";
import { segmentHeaderBytes, type Owner } from "./format.ts";
import { decodeMark, markBytes, marksFileBytes, slotOffsets } from "./marks.ts";
import { decodeSegmentHeader } from "./segment-header.ts";
import { perform, type Steps } from "./steps.ts";
import { readStart } from "./survey.ts";

/**
 * Whose log this is, as the first readable header or mark says: for those who only look.
 * @throws WalError `corrupt` when there is no log, or nothing names an owner
 */
export function* findOwner(disk: Disk, directory: string): Steps<Owner> {
  const entries = yield* perform<readonly { name: string; kind: string }[]>((done) => disk.list(directory, done));
  const files = entries.filter(({ kind }) => kind !== "directory").map(({ name }) => name);
  const { segments, hasMarks } = sortNames(files, []);
  for (const segment of segments) {
    const header = decodeSegmentHeader(
      yield* readStart(disk, `${directory}/${segmentName(segment)}`, segmentHeaderBytes),
    );
    if (typeof header !== "string" && "segment" in header) return ownerOf(header);
  }
  if (hasMarks) {
    const bytes = yield* readStart(disk, `${directory}/${marksName}`, marksFileBytes);
    for (const offset of slotOffsets) {
      const mark = decodeMark(bytes.subarray(offset, offset + markBytes));
      if (mark !== undefined && "generation" in mark) return ownerOf(mark);
    }
  }
  const why = segments.length === 0 && !hasMarks ? "there is no log" : "no header and no mark can be read";
  throw new WalError("corrupt", directory, undefined, `${directory}: ${why}`);
}

function ownerOf({ clusterId, memberId }: Owner): Owner {
  return { clusterId, memberId };
}
