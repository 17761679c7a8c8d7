import type { Disk, DiskFile } from "@quorate/host";
import { segmentName, temporaryName } from "./file-names.ts";
import { encodeSegmentHeader, type SegmentHeader } from "./segment-header.ts";
import { keepOpen } from "./open-files.ts";
import { carryOut, perform, type Steps } from "./steps.ts";

/**
 * How much is zeroed at a time. Zeros that are written and synced ahead of use make the file's blocks and size durable, so
 * that a later fdatasync writes data only; one piece is small enough not to hold up a batch for long.
 */
export const zeroPieceBytes = 1024 * 1024;

/** A file for the next segment: under a temporary name, its first piece zeroed and durable. */
export function* prepareSegmentFile(
  disk: Disk,
  directory: string,
  segment: number,
  segmentBytes: number,
): Steps<DiskFile> {
  const path = `${directory}/${temporaryName(segmentName(segment))}`;
  const file = yield* perform<DiskFile>((done) => disk.create(path, done));
  const zeros = new Uint8Array(Math.min(zeroPieceBytes, segmentBytes));
  yield* keepOpen(
    file,
    carryOut((done) => file.writeAndSync(0, zeros, done)),
  );
  return file;
}

/** Makes a prepared file a segment: the header is durable before the name is there, and the name before this returns. */
export function* beginSegment(
  disk: Disk,
  directory: string,
  file: DiskFile,
  header: Omit<SegmentHeader, "version">,
): Steps<void> {
  const name = segmentName(header.segment);
  yield* carryOut((done) => file.writeAndSync(0, encodeSegmentHeader(header), done));
  yield* carryOut((done) => disk.rename(`${directory}/${temporaryName(name)}`, `${directory}/${name}`, done));
  yield* carryOut((done) => disk.syncDirectory(directory, done));
}
