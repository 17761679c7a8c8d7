import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import { WalError } from "@quorate/wal";
import { contents, tryOpen, type BenchLog } from "../bench-log.ts";
import { CrashDisk } from "../crash-disk.ts";
import type { LogState, Specimen } from "./specimen.ts";

/**
 * The outcomes that are allowed, and no other: the log is whole; a torn tail was cut that held nothing acknowledged; the
 * member is quarantined; the log does not open; and, for a log whose last batch no mark covers, that batch was taken for
 * a torn write, with the risk stated in `tornTail`.
 */
export const outcomes = ["whole", "tail cut, nothing lost", "quarantined", "refused", "unmarked batch cut"] as const;
export type Outcome = (typeof outcomes)[number];

/** An opening of a few segments takes some dozens of operations; whoever needs more goes round in circles. */
const mostOperations = 2000;
/** A piece that is zeroed or read at a time, and a header of overlap. */
const mostBytesAtOnce = 1024 * 1024 + 4096;

/**
 * Opens what is left of a log and says what came of it. Throws when the outcome is not allowed.
 * @param keepsVoice whether one of the two places that hold the newest term and vote is still there
 */
export function judge(specimen: Specimen, files: ReadonlyMap<string, Uint8Array>, keepsVoice = true): Outcome {
  const disk = diskOf(files);
  const opened = openWithinBounds(specimen, disk);
  if (opened instanceof WalError) return judgeRefusal(opened, disk, files);
  const outcome = judgeRecovery(specimen, opened, keepsVoice);
  judgeSecondLife(specimen, opened, outcome);
  return outcome;
}

export function diskOf(files: ReadonlyMap<string, Uint8Array>): CrashDisk {
  const disk = new CrashDisk();
  disk.directories.add("/log");
  for (const [path, bytes] of files) disk.put(path, bytes);
  return disk;
}

function openWithinBounds(specimen: Specimen, disk: CrashDisk): BenchLog | WalError {
  disk.crashAt = mostOperations;
  const opened = tryOpen(disk, specimen.options);
  assert.equal(disk.isDown, false, "the opening ends");
  assert.ok(opened !== undefined, "the opening completes");
  assert.ok(
    disk.largestTransfer <= mostBytesAtOnce,
    `garbage decides on no length: ${disk.largestTransfer} bytes at once`,
  );
  disk.crashAt = Number.POSITIVE_INFINITY;
  return opened;
}

function judgeRefusal(error: WalError, disk: CrashDisk, before: ReadonlyMap<string, Uint8Array>): Outcome {
  assert.match(error.code, /^(corrupt|wrong-cluster|wrong-member|version)$/, error.message);
  assert.ok(error.path.startsWith("/log"), error.message);
  assert.ok(error.message.includes(error.path), "the message names the file");
  assert.match(error.message, /remove|start it|give|restore|move|start the newer/i, "the message says what to do");
  const after = new Map(disk.paths().map((path) => [path, disk.bytesOf(path)]));
  assert.deepEqual(after, new Map([...before].sort(([a], [b]) => (a < b ? -1 : 1))), "a refusal changes nothing");
  return "refused";
}

function judgeRecovery(specimen: Specimen, log: BenchLog, keepsVoice: boolean): Outcome {
  const { recovered } = log.opened;
  const newest = specimen.states.at(-1) as LogState;
  assert.ok(recovered.incarnation > specimen.incarnation, "incarnations rise");
  if (keepsVoice) assert.deepEqual(voice(recovered), voice(newest), "term and vote are kept");
  else assert.ok(recovered.damage, "a member that may have forgotten its vote has no voice");
  const held = contents(log);
  const isWhole = isDeepStrictEqual(held, newest.entries.slice(recovered.base.index));
  if (recovered.damage !== undefined) {
    assert.match(recovered.damage, /^\/log\/\d{16}\.wal, offset \d+: .+/, "damage names file, offset and reason");
    assert.ok(isOnceHeld(specimen, held, recovered.base.index), "nothing is invented");
    return "quarantined";
  }
  if (specimen.isLastUnmarked && !isWhole) {
    const before = specimen.states.at(-2) as LogState;
    assert.deepEqual(held, before.entries.slice(recovered.base.index), "only the batch without a mark may go");
    if (recovered.tornTail !== undefined) assert.match(recovered.tornTail, /One risk remains/);
    return "unmarked batch cut";
  }
  assert.ok(
    isWhole,
    `silently lost: ${held.length} entries after ${recovered.base.index}, of ${newest.entries.length}`,
  );
  return recovered.tornTail === undefined ? "whole" : "tail cut, nothing lost";
}

/** What was found is found again by the next process, damage included, and what is appended then is there too. */
function judgeSecondLife(specimen: Specimen, first: BenchLog, outcome: Outcome): void {
  const found = contents(first);
  const again = openWithinBounds(specimen, first.disk.afterKill());
  if (again instanceof WalError) throw again;
  assert.equal(again.opened.recovered.tornTail, undefined, "a tail is cut once");
  assert.equal(again.opened.recovered.damage !== undefined, outcome === "quarantined", "damage is told until healed");
  assert.deepEqual(contents(again), found);
  assert.deepEqual(voice(again.opened.recovered), voice(first.opened.recovered));
}

/** Whether the log was like this after one of its records, as far as its base leaves it to see. */
function isOnceHeld({ states }: Specimen, held: readonly string[], base: number): boolean {
  return states.some(({ entries }) => isDeepStrictEqual(entries.slice(base), held));
}

function voice({ hardState }: Pick<LogState, "hardState">): { term: number; vote: number } {
  return { term: hardState?.term ?? 0, vote: hardState?.vote ?? 0 };
}
