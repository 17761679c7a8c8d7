import { HostError, type Disk } from "@quorate/host";
import { WalError } from "./errors.ts";
import { marksName, segmentName, type SortedNames } from "./file-names.ts";
import { segmentHeaderBytes, type Owner } from "./format.ts";
import { decodeMark, markBytes, marksFileBytes, slotOffsets } from "./marks.ts";
import { decodeSegmentHeader } from "./segment-header.ts";
import { runSteps, type Steps } from "./steps.ts";
import { checkNames, listNames, readStart } from "./survey.ts";

/**
 * Whose log lies in `directory`: undefined when there is none. Nothing is changed. Fails as `findOwner` does when nothing
 * names an owner.
 */
export function ownerOfLog(
  disk: Disk,
  directory: string,
  done: (error: HostError | WalError | undefined, owner: Owner | undefined) => void,
): void {
  runSteps(findOwner(disk, directory), (error, owner) => {
    if (error instanceof WalError && error.code === "no-log") done(undefined, undefined);
    else done(error, owner);
  });
}

/**
 * Whose log this is, as the first readable header or mark says: for those who only look.
 * @throws WalError `no-log` when there is none, `no-owner` when nothing names an owner, `corrupt` when what is there shows
 * that a log was
 */
export function* findOwner(disk: Disk, directory: string): Steps<Owner> {
  const names = yield* namesOf(disk, directory);
  const { segments, hasMarks } = names;
  if (segments.length === 0 && !hasMarks) {
    checkNames(directory, names);
    throw noLog(directory);
  }
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
  throw new WalError("no-owner", directory, undefined, `${directory}: no header and no mark can be read`);
}

function* namesOf(disk: Disk, directory: string): Steps<SortedNames> {
  try {
    return yield* listNames(disk, directory);
  } catch (error) {
    if (error instanceof HostError && error.code === "not-found") throw noLog(directory);
    throw error;
  }
}

function noLog(directory: string): WalError {
  return new WalError("no-log", directory, undefined, `${directory}: there is no log`);
}

function ownerOf({ clusterId, memberId }: Owner): Owner {
  return { clusterId, memberId };
}
