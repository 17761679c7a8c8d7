import type { Callback, Disk, DiskFile, Done, HostError } from "@quorate/host";
import { encodeSegmentHeader, type SegmentHeader } from "./segment-header.ts";

/** The files of a log: "0000000000000001.wal" and on, in the order of their numbers. */

const zeroChunkBytes = 1024 * 1024;
const namePattern = /^(\d{16})\.wal$/;

export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(16, "0")}.wal`;
}

/** The number of a segment's file; undefined for other names. */
export function segmentSequence(name: string): number | undefined {
  const found = namePattern.exec(name);
  return found === null ? undefined : Number(found[1]);
}

/** Files that a crash may leave half made; whatever they hold was never relied on. */
export function isTemporary(name: string): boolean {
  return name.endsWith(".tmp");
}

/**
 * A file of zeros, written and synced ahead of use, so that later syncs need not update the file's size. It has a
 * temporary name until `installSegment`. Written in pieces, so that what else the disk has to do comes in between.
 */
export function prepareSegment(disk: Disk, path: string, capacity: number, done: Callback<DiskFile>): void {
  disk.create(path, (error, file) => {
    if (error !== undefined) return done(error, file);
    const zero = (offset: number): void => {
      if (offset >= capacity) return file.dataSync((syncError) => done(syncError, file));
      const bytes = new Uint8Array(Math.min(zeroChunkBytes, capacity - offset));
      file.write(offset, bytes, (writeError) => {
        if (writeError !== undefined) return done(writeError, file);
        zero(offset + bytes.length);
      });
    };
    zero(0);
  });
}

/** Gives a prepared file its header and its name, and makes both durable: from then on it is part of the log. */
export function installSegment(
  disk: Disk,
  directory: string,
  file: DiskFile,
  header: SegmentHeader,
  done: Callback<DiskFile>,
): void {
  const path = `${directory}/${segmentName(header.sequence)}`;
  const steps: ((next: Done) => void)[] = [
    (next) => file.writeAndSync(0, encodeSegmentHeader(header), next),
    (next) => file.close(next),
    (next) => disk.rename(file.path, path, next),
    (next) => disk.syncDirectory(directory, next),
  ];
  inTurn(steps, (error) => {
    if (error !== undefined) return done(error, file);
    disk.open(path, done);
  });
}

/** Steps one after the other, up to the first that fails. */
export function inTurn(steps: readonly ((next: Done) => void)[], done: Done): void {
  const run = (at: number, error: HostError | undefined): void => {
    const step = steps[at];
    if (error !== undefined || step === undefined) return done(error);
    step((stepError) => run(at + 1, stepError));
  };
  run(0, undefined);
}
