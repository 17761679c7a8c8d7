import type { Disk, HostError } from "@quorate/host";
import type { LogIndex } from "@quorate/raft";
import { WalError } from "./errors.ts";
import { segmentName } from "./file-names.ts";
import { findOwner } from "./find-owner.ts";
import type { Owner } from "./format.ts";
import type { Recovered } from "./interface.ts";
import { describeRecovery } from "./recovered.ts";
import { recover, type Recovery } from "./recovery.ts";
import { runSteps, type Steps } from "./steps.ts";
import { survey, type SurveyedSegment } from "./survey.ts";

/** What an opening would find in one segment. */
export interface SegmentVerdict {
  readonly path: string;
  readonly segment: number;
  /**
   * `sound`: the log goes through it. `torn`: its last bytes are a write that was cut short. `damaged`: something in it was
   * durable and cannot be read. `cut off`: it comes after damage. `left over`: pruning has done with it.
   */
  readonly state: "sound" | "torn" | "damaged" | "cut off" | "left over";
  /** Why, unless it is sound. */
  readonly reason: string | undefined;
  /** Where the batches that count end, in bytes from the start of the file; 0 when none of it counts. */
  readonly end: number;
  /** The entries that it brought to the log; both 0 for none. Later segments may have replaced some. */
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
}

export interface LogVerdict {
  readonly directory: string;
  readonly owner: Owner;
  readonly state: "sound" | "torn" | "damaged";
  readonly segments: readonly SegmentVerdict[];
  /** What an opening would report. */
  readonly recovered: Recovered;
}

/**
 * Reads a log whole, as an opening does, changes nothing and says what an opening would find. A log that is being written
 * to may look torn: ask again. An error says that it would not open, or cannot be read.
 */
export function verifyLog(
  disk: Disk,
  directory: string,
  done: (error: HostError | WalError | undefined, verdict: LogVerdict) => void,
): void {
  runSteps(verify(disk, directory), done);
}

function* verify(disk: Disk, directory: string): Steps<LogVerdict> {
  const owner = yield* findOwner(disk, directory);
  const found = yield* survey(disk, directory, owner);
  const recovery = yield* recover(disk, directory, owner, found, undefined);
  const { replay, ending, evidence } = recovery;
  const incarnation = Math.max(replay.incarnation, evidence.incarnation);
  const recovered = describeRecovery(
    directory,
    replay,
    { incarnations: [incarnation], isWhole: false },
    ending,
    replay.damage,
    undefined,
  );
  const segments = found.segments.map((one) => segmentVerdict(one, recovery));
  if (ending.kind === "damaged" && !segments.some(({ state }) => state === "damaged")) {
    segments.push(missingSegment(directory, ending.place.segment, ending.reason));
    segments.sort((a, b) => a.segment - b.segment);
  }
  const isDamaged = recovered.damage !== undefined;
  return {
    directory,
    owner,
    state: isDamaged ? "damaged" : ending.kind === "torn" ? "torn" : "sound",
    segments,
    recovered,
  };
}

function segmentVerdict({ segment, path, header }: SurveyedSegment, recovery: Recovery): SegmentVerdict {
  const { replay, ending, unreached } = recovery;
  const place = replay.segments.find(segment);
  const lastIndex = replay.segments.after(segment)?.startIndex ?? replay.shape.last.index;
  const firstIndex = Math.max(place?.startIndex ?? 0, replay.shape.base.index) + 1;
  const entries = place === undefined || lastIndex < firstIndex ? [0, 0] : [firstIndex, lastIndex];
  const verdict = (state: SegmentVerdict["state"], reason?: string): SegmentVerdict => ({
    path,
    segment,
    state,
    reason,
    end: place?.end ?? 0,
    firstIndex: entries[0] as number,
    lastIndex: entries[1] as number,
  });
  if (ending.kind === "damaged" && ending.place.segment === segment) {
    return verdict("damaged", `offset ${ending.place.offset}: ${ending.reason}`);
  }
  if (ending.kind === "torn" && ending.segment === segment) {
    return verdict("torn", `offsets ${ending.offset} to ${ending.dirtyEnd}: ${ending.reason}`);
  }
  if (!unreached.includes(segment)) return verdict("sound");
  if (ending.kind !== "damaged" || segment < replay.firstSegment) {
    return verdict("left over", "pruned: the next start removes it");
  }
  const own = typeof header === "string" ? ` Its own header: ${header}` : "";
  return verdict(
    "cut off",
    `it comes after the damage; the next start sets it aside as ${segmentName(segment)}.damaged.${own}`,
  );
}

function missingSegment(directory: string, segment: number, reason: string): SegmentVerdict {
  const path = `${directory}/${segmentName(segment)}`;
  return { path, segment, state: "damaged", reason, end: 0, firstIndex: 0, lastIndex: 0 };
}
