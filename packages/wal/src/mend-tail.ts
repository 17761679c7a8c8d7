import type { Disk, DiskFile } from "@quorate/host";
import { damagedName, segmentName } from "./file-names.ts";
import { formatVersion, type Owner } from "./format.ts";
import { predecessorOf, type Recovery } from "./recovery.ts";
import { beginSegment, prepareSegmentFile, zeroPieceBytes } from "./segment-file.ts";
import type { SegmentHeader } from "./segment-header.ts";
import { keepOpen } from "./open-files.ts";
import { carryOut, perform, type Steps } from "./steps.ts";
import type { Survey } from "./survey.ts";

/** The segment that is written to from now on. */
export interface OpenTail {
  readonly file: DiskFile;
  /** The file's size: everything in it after the log's end is zero. */
  readonly size: number;
}

export interface MendOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly owner: Owner;
  readonly segmentBytes: number;
}

/**
 * Brings the directory into the state that recovery has found it to be in, durably, before anything is appended.
 * Whatever is cut off by damage stays in the directory, under another name.
 */
export function* mend(options: MendOptions, found: Survey, recovery: Recovery): Steps<OpenTail> {
  const { disk, directory } = options;
  for (const name of found.names.temporary) yield* carryOut((done) => disk.remove(`${directory}/${name}`, done));
  // Names that are seen may not be durable yet: the process before this one may have died before it synced them.
  yield* carryOut((done) => disk.syncDirectory(directory, done));
  const isDamaged = recovery.ending.kind === "damaged";
  const tail = isDamaged ? yield* cutOff(options, found, recovery) : yield* secureTail(options, recovery);
  if (recovery.unreached.length > 0) yield* keepOpen(tail.file, clearAway(options, recovery));
  return tail;
}

/**
 * A batch that no mark covers was read from the page cache, perhaps, and is not on the disk: the sync of the process before
 * may have failed, or never come, and a failed one leaves pages marked clean. Writing the same bytes again and syncing
 * makes it durable before it is relied on. What a torn write left is zeroed, so that nothing old follows a later batch.
 */
function* secureTail({ disk, directory }: MendOptions, recovery: Recovery): Steps<OpenTail> {
  const { segment } = recovery.replay.segments.active;
  const path = `${directory}/${segmentName(segment)}`;
  const file = yield* perform<DiskFile>((done) => disk.open(path, done));
  const size = yield* keepOpen(file, secure(file, recovery));
  return { file, size };
}

function* secure(file: DiskFile, { replay, ending, evidence }: Recovery): Steps<number> {
  const { end } = replay.segments.active;
  const unmarked = evidence.durableSequence < replay.sequence ? replay.lastBatch : undefined;
  if (unmarked !== undefined) {
    const { offset, length } = unmarked;
    const bytes = yield* perform<Uint8Array>((done) => file.read(offset, length, done));
    yield* carryOut((done) => file.write(offset, new Uint8Array(bytes), done));
  }
  if (ending.kind === "torn") {
    for (let at = end; at < ending.dirtyEnd; at += zeroPieceBytes) {
      const zeros = new Uint8Array(Math.min(zeroPieceBytes, ending.dirtyEnd - at));
      yield* carryOut((done) => file.write(at, zeros, done));
    }
  }
  if (unmarked !== undefined || ending.kind === "torn") yield* carryOut((done) => file.dataSync(done));
  return yield* perform<number>((done) => file.size(done));
}

/** The log goes on in a new segment that names the place before the damage, and says that there was damage. */
function* cutOff(options: MendOptions, found: Survey, recovery: Recovery): Steps<OpenTail> {
  const { disk, directory, owner, segmentBytes } = options;
  const { replay, ending, evidence } = recovery;
  if (ending.kind === "damaged") replay.damage = ending.place;
  const { segments, damaged } = found.names;
  const segment = Math.max(0, replay.firstSegment - 1, ...segments, ...damaged) + 1;
  const predecessor = predecessorOf(replay);
  if (predecessor.segment === 0) replay.firstSegment = segment;
  const batchSequence = Math.max(replay.sequence, evidence.highestSequence, evidence.durableSequence);
  const { standing, damage, shape } = replay;
  const header = { ...owner, segment, predecessor, batchSequence, start: shape.last, standing, damage };
  const file = yield* prepareSegmentFile(disk, directory, segment, segmentBytes);
  const size = yield* keepOpen(file, beginSegmentOfSize(disk, directory, file, header));
  replay.segments.add(segment, shape.last.index);
  replay.version = formatVersion;
  replay.sequence = batchSequence;
  replay.chain = predecessor.chain;
  return { file, size };
}

function* beginSegmentOfSize(
  disk: Disk,
  directory: string,
  file: DiskFile,
  header: Omit<SegmentHeader, "version">,
): Steps<number> {
  yield* beginSegment(disk, directory, file, header);
  return yield* perform<number>((done) => file.size(done));
}

/** Segments that pruning left behind go; segments that damage cut off are set aside for people to look at. */
function* clearAway({ disk, directory }: MendOptions, { replay, unreached }: Recovery): Steps<void> {
  for (const segment of unreached) {
    const path = `${directory}/${segmentName(segment)}`;
    if (replay.damage === undefined && segment < replay.firstSegment)
      yield* carryOut((done) => disk.remove(path, done));
    else yield* carryOut((done) => disk.rename(path, damagedName(path), done));
  }
  yield* carryOut((done) => disk.syncDirectory(directory, done));
}

/** The very first segment of a log, in a directory that holds none. */
export function* createLog(options: MendOptions, found: Survey, recovery: Pick<Recovery, "replay">): Steps<OpenTail> {
  const { disk, directory, owner, segmentBytes } = options;
  const { replay } = recovery;
  for (const name of found.names.temporary) yield* carryOut((done) => disk.remove(`${directory}/${name}`, done));
  const segment = Math.max(0, ...found.names.damaged) + 1;
  replay.firstSegment = segment;
  const { shape, standing } = replay;
  const header = {
    ...owner,
    segment,
    predecessor: predecessorOf(replay),
    batchSequence: 0,
    start: shape.last,
    standing,
    damage: undefined,
  };
  const file = yield* prepareSegmentFile(disk, directory, segment, segmentBytes);
  const size = yield* keepOpen(file, beginSegmentOfSize(disk, directory, file, header));
  replay.segments.add(segment, shape.last.index);
  replay.version = formatVersion;
  return { file, size };
}
