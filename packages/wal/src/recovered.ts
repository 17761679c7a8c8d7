import { describePosition, type HardState } from "@quorate/raft";
import { segmentName } from "./file-names.ts";
import type { DamagePlace } from "./format.ts";
import type { FoundIntent } from "./install-intent.ts";
import type { Recovered, StartHistory } from "./interface.ts";
import type { Ending } from "./recovery.ts";
import type { Replay } from "./replay.ts";

/** What recovery found, in the form in which a member takes it, with texts for people. */
export function describeRecovery(
  directory: string,
  replay: Replay,
  starts: StartHistory,
  ending: Ending,
  damage: DamagePlace | undefined,
  installed: FoundIntent | undefined,
): Recovered {
  const { shape, configurations } = replay;
  return {
    hardState: withinLog(replay.hardState, shape.last.index),
    base: shape.base,
    baseConfiguration: replay.trail.at(shape.base.index),
    last: shape.last,
    termRuns: shape.termRuns,
    configurations: [...configurations],
    frameBytes: replay.segments.bytes,
    incarnation: starts.incarnations.at(-1) ?? 0,
    starts,
    tornTail: ending.kind === "torn" ? describeTear(directory, replay, ending) : undefined,
    damage: describeDamage(directory, replay, ending, damage),
    finishedInstall: installed && describeInstall(directory, installed),
  };
}

function describeInstall(directory: string, { position, leaderTerm }: FoundIntent): string {
  return (
    `${directory}: the state was switched to the one that the leader of term ${leaderTerm} had sent, and a crash came before ` +
    `the log agreed: the log now begins after ${describePosition(position)}`
  );
}

/** The commit index is a hint; after damage it can lie beyond what the log still holds. */
function withinLog(hardState: HardState | undefined, lastIndex: number): HardState | undefined {
  if (hardState === undefined || hardState.commit <= lastIndex) return hardState;
  return { ...hardState, commit: lastIndex };
}

function describeTear(directory: string, replay: Replay, ending: Extract<Ending, { kind: "torn" }>): string {
  const { segment, offset } = ending;
  return (
    `${directory}/${segmentName(segment)}: the bytes from ${offset} to ${ending.dirtyEnd} were cut (${ending.reason}); ` +
    `the log ends at ${describePosition(replay.shape.last)}. No sync mark covers them, so a write was cut short before ` +
    "it was reported as stored. One risk remains: were they a whole batch whose mark had not reached the disk when the " +
    "power failed, and which the disk has damaged since, then what it held is lost"
  );
}

function describeDamage(
  directory: string,
  replay: Replay,
  ending: Ending,
  standing: DamagePlace | undefined,
): string | undefined {
  const end = `the log ends at ${describePosition(replay.shape.last)}, and entries after that may have been acknowledged`;
  if (ending.kind === "damaged") {
    const { segment, offset } = ending.place;
    return `${directory}/${segmentName(segment)}, offset ${offset}: ${ending.reason}. What was there had been durable: ${end}`;
  }
  if (standing === undefined) return undefined;
  return (
    `an earlier start found damage in ${directory}/${segmentName(standing.segment)}, offset ${standing.offset}, and what ` +
    `was lost is not known to be replicated again; the log now ends at ${describePosition(replay.shape.last)}`
  );
}
