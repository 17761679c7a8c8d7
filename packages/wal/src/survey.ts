import type { DirectoryEntry, Disk } from "@quorate/host";
import { WalError } from "./errors.ts";
import { marksName, segmentName, sortNames, type SortedNames } from "./file-names.ts";
import { segmentHeaderBytes, formatVersion, type Base, type Owner, type Standing } from "./format.ts";
import { decodeMark, marksFileBytes, markBytes, slotOffsets, type SyncMark } from "./marks.ts";
import { decodeSegmentHeader, type SegmentHeader } from "./segment-header.ts";
import { withFile } from "./open-files.ts";
import { perform, type Steps } from "./steps.ts";

/** What is found of one segment before its batches are read. */
export interface SurveyedSegment {
  readonly segment: number;
  readonly path: string;
  /** A text says why there is none: damage. */
  readonly header: SegmentHeader | string;
}

/** Everything in a log's directory, as far as headers and marks say. */
export interface Survey {
  readonly names: SortedNames;
  /** Ascending. */
  readonly segments: readonly SurveyedSegment[];
  /** The newest that can be trusted. */
  readonly mark: SyncMark | undefined;
}

/**
 * Looks at a directory without changing anything.
 * @throws WalError `wrong-cluster`, `wrong-member`, `version`, or `corrupt` for a part of the log under a strange name
 */
export function* survey(disk: Disk, directory: string, owner: Owner): Steps<Survey> {
  const names = yield* listNames(disk, directory);
  checkNames(directory, names);
  const segments: SurveyedSegment[] = [];
  for (const segment of names.segments) {
    const path = `${directory}/${segmentName(segment)}`;
    const bytes = yield* readStart(disk, path, segmentHeaderBytes);
    const decoded = decodeSegmentHeader(bytes);
    segments.push({ segment, path, header: checkHeader(decoded, owner, segment, path) });
  }
  const mark = names.hasMarks ? yield* newestMark(disk, `${directory}/${marksName}`, owner) : undefined;
  return { names, segments, mark };
}

/** What lies in a log's directory, by the names. */
export function* listNames(disk: Disk, directory: string): Steps<SortedNames> {
  const entries = yield* perform<readonly DirectoryEntry[]>((done) => disk.list(directory, done));
  const isDirectory = ({ kind }: DirectoryEntry): boolean => kind === "directory";
  return sortNames(
    entries.filter((entry) => !isDirectory(entry)).map(({ name }) => name),
    entries.filter(isDirectory).map(({ name }) => name),
  );
}

/** @throws WalError `corrupt` when the names alone show that the log is not whole, and an opening must be refused */
export function checkNames(directory: string, names: SortedNames): void {
  const strange = names.strange[0];
  if (strange !== undefined) throw strangelyNamed(`${directory}/${strange}`);
  if (names.segments.length === 0 && !names.hasMarks && names.damaged.length > 0) throw onlySetAside(directory);
}

function strangelyNamed(path: string): WalError {
  return new WalError(
    "corrupt",
    path,
    undefined,
    `${path} looks like a part of a log under another name: segments are files named like ${segmentName(1)}. ` +
      "Give it its own name back, or move it elsewhere",
  );
}

/** Opened as new, a member would vote again in terms in which it has voted (Raft §5.2). */
function onlySetAside(directory: string): WalError {
  return new WalError(
    "corrupt",
    directory,
    undefined,
    `${directory} holds only segments that were set aside after damage: the log itself was removed, and with it this ` +
      "member's term and vote. Put it back, or remove the member from the cluster and let it join again under a new id",
  );
}

function checkHeader(
  decoded: ReturnType<typeof decodeSegmentHeader>,
  owner: Owner,
  segment: number,
  path: string,
): SegmentHeader | string {
  if (typeof decoded === "string") return decoded;
  if (!("segment" in decoded)) throw otherVersion(decoded.version, path);
  checkOwner(decoded, owner, path);
  return decoded.segment === segment ? decoded : `its header says that it is segment ${decoded.segment}`;
}

function* newestMark(disk: Disk, path: string, owner: Owner): Steps<SyncMark | undefined> {
  const bytes = yield* readStart(disk, path, marksFileBytes);
  let newest: SyncMark | undefined;
  for (const offset of slotOffsets) {
    const mark = decodeMark(bytes.subarray(offset, offset + markBytes));
    if (mark === undefined) continue;
    if (!("generation" in mark)) throw otherVersion(mark.version, path);
    checkOwner(mark, owner, path);
    if (newest === undefined || mark.generation > newest.generation) newest = mark;
  }
  return newest;
}

/** The first bytes of a file. */
export function* readStart(disk: Disk, path: string, length: number): Steps<Uint8Array> {
  return yield* withFile(disk, path, (file) => perform<Uint8Array>((done) => file.read(0, length, done)));
}

function checkOwner(found: Owner, owner: Owner, path: string): void {
  if (found.clusterId !== owner.clusterId) {
    throw new WalError(
      "wrong-cluster",
      path,
      undefined,
      `${path} belongs to cluster ${hex(found.clusterId)}, and this member is of cluster ${hex(owner.clusterId)}: ` +
        "give the member its own data directory, or check the cluster's name and initial members",
    );
  }
  if (found.memberId !== owner.memberId) {
    throw new WalError(
      "wrong-member",
      path,
      undefined,
      `${path} belongs to member ${hex(found.memberId)}, and this is member ${hex(owner.memberId)} of the same cluster: ` +
        "start it on its own data directory; two members must never share one, nor one copy another's",
    );
  }
}

function otherVersion(version: number, path: string): WalError {
  return new WalError(
    "version",
    path,
    8,
    `${path} has format version ${version}, and this program knows versions up to ${formatVersion}: start the newer program`,
  );
}

function hex(id: number): string {
  return id.toString(16);
}

/**
 * What is known from anywhere in the directory, whether or not the log reaches it: how far it was durable, and the newest
 * hard state, base and incarnation. Whoever says that a batch is durable also repeats the hard state as of that batch, so
 * that damage never takes a vote with it that was known to be durable.
 */
export class Evidence {
  durableSequence = 0;
  highestSequence = 0;
  incarnation = 0;
  #standing: { readonly sequence: number; readonly value: Standing } | undefined;
  #base: Base | undefined;

  /** Somebody wrote this when batch `sequence` was the newest. */
  add(sequence: number, durableSequence: number, standing: Standing): void {
    this.durableSequence = Math.max(this.durableSequence, durableSequence);
    this.highestSequence = Math.max(this.highestSequence, sequence);
    this.incarnation = Math.max(this.incarnation, standing.incarnation);
    if (this.#standing === undefined || sequence >= this.#standing.sequence)
      this.#standing = { sequence, value: standing };
    if (this.#base === undefined || isNewer(standing.base, this.#base)) this.#base = standing.base;
  }

  get hardState(): Standing["hardState"] {
    return this.#standing?.value.hardState;
  }

  /** Undefined when nothing at all could be read. */
  get base(): Base | undefined {
    return this.#base;
  }
}

/** Bases only move forward. */
export function isNewer(base: Base, than: Base): boolean {
  return base.firstSegment > than.firstSegment || base.position.index > than.position.index;
}

export function surveyedEvidence({ segments, mark }: Survey): Evidence {
  const evidence = new Evidence();
  for (const { header } of segments) {
    if (typeof header !== "string") evidence.add(header.batchSequence, header.batchSequence, header.standing);
  }
  if (mark !== undefined) evidence.add(mark.durableSequence, mark.durableSequence, mark.standing);
  return evidence;
}
