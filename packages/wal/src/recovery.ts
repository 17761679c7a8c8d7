import type { Disk, DiskFile } from "@quorate/host";
import type { Entry, HardState } from "@quorate/raft";
import { WalError } from "./errors.ts";
import { segmentName } from "./file-names.ts";
import { segmentHeaderBytes, segmentIdentity, type Base, type DamagePlace, type Owner } from "./format.ts";
import { Replay } from "./replay.ts";
import { readBatch, searchRemains, SegmentWindow, type Remains } from "./segment-window.ts";
import type { SegmentHeader } from "./segment-header.ts";
import { withFile } from "./open-files.ts";
import type { Steps } from "./steps.ts";
import { Evidence, isNewer, surveyedEvidence, type Survey, type SurveyedSegment } from "./survey.ts";

/** How the log ended. */
export type Ending =
  /** Nothing but zeros after the last batch. */
  | { readonly kind: "clean" }
  /** Bytes that were never known to be durable: a write that a crash cut short. `dirtyEnd` is where they end. */
  | {
      readonly kind: "torn";
      readonly segment: number;
      readonly offset: number;
      readonly dirtyEnd: number;
      readonly reason: string;
    }
  /** Something that was durable cannot be read any more. */
  | { readonly kind: "damaged"; readonly place: DamagePlace; readonly reason: string };

export interface Recovery {
  readonly replay: Replay;
  readonly ending: Ending;
  readonly evidence: Evidence;
  /** Segments that the log does not reach: leftovers of pruning, or cut off by damage. */
  readonly unreached: readonly number[];
}

/** Where a replay stopped, and why. */
interface Stop {
  readonly segment: number;
  readonly offset: number;
  readonly reason: string;
}

/**
 * Reads the whole log, changing nothing. Rules (docs/wal-format.md): the log goes on in a segment whose header names
 * exactly the place that was reached; otherwise with the batch that lies there. What is invalid is a torn tail only if no
 * sync mark covers it and nothing valid comes after it; else it is damage, and the log ends before it.
 */
export function* recover(
  disk: Disk,
  directory: string,
  owner: Owner,
  found: Survey,
  onEntry: ((entry: Entry) => void) | undefined,
): Steps<Recovery> {
  const evidence = surveyedEvidence(found);
  if (evidence.base === undefined) {
    for (const one of found.segments) addRemains(evidence, yield* search(disk, owner, one, segmentHeaderBytes));
  }
  for (;;) {
    const base = evidence.base;
    if (base === undefined) throw nothingReadable(directory, found);
    const replay = new Replay(base, onEntry);
    const stop = yield* replayAll(disk, owner, found, replay, base);
    const ending = yield* judge(disk, owner, found, replay, stop, evidence);
    // A base recorded beyond the damage may cover it: then nothing is lost.
    if (evidence.base !== undefined && isNewer(evidence.base, replay.standing.base)) continue;
    if (ending.kind === "damaged") restoreStanding(replay, evidence);
    const reached = new Set(replay.segments.all.map(({ segment }) => segment));
    const unreached = found.segments.map(({ segment }) => segment).filter((segment) => !reached.has(segment));
    return { replay, ending, evidence, unreached };
  }
}

function* replayAll(disk: Disk, owner: Owner, found: Survey, replay: Replay, base: Base): Steps<Stop> {
  let next = found.segments.find(({ segment }) => segment === base.firstSegment);
  if (next === undefined) return { segment: base.firstSegment, offset: 0, reason: "the segment is missing" };
  for (;;) {
    const { segment, path, header } = next;
    if (typeof header === "string") return { segment, offset: 0, reason: header };
    replay.enter(header);
    const reason = yield* withFile(disk, path, (file) => replaySegment(file, owner, found, replay));
    if (reason !== undefined) return { segment, offset: replay.segments.active.end, reason };
    next = successor(found, replay) as SurveyedSegment;
  }
}

/** Takes in batches until the log goes on elsewhere (undefined) or there is none (a text says why). */
function* replaySegment(file: DiskFile, owner: Owner, found: Survey, replay: Replay): Steps<string | undefined> {
  const window = new SegmentWindow(file);
  const identity = segmentIdentity(owner, replay.segments.active.segment);
  while (successor(found, replay) === undefined) {
    const batch = yield* readBatch(window, replay.segments.active.end, identity);
    if (typeof batch === "string") return batch;
    const wrong = replay.apply(batch);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** The segment that names the place that the replay has reached; the newest, should damage have been cut off twice. */
function successor(found: Survey, replay: Replay): SurveyedSegment | undefined {
  const { segment, end } = replay.segments.active;
  return found.segments.findLast(
    ({ header }) =>
      typeof header !== "string" &&
      header.segment > segment &&
      header.predecessor.segment === segment &&
      header.predecessor.endOffset === end &&
      header.predecessor.batchSequence === replay.sequence &&
      header.predecessor.chain === replay.chain,
  );
}

/** Torn, damaged or clean: and whatever else can still be read after the stop goes to the evidence. */
function* judge(
  disk: Disk,
  owner: Owner,
  found: Survey,
  replay: Replay,
  stop: Stop,
  evidence: Evidence,
): Steps<Ending> {
  const rest = found.segments.find(({ segment }) => segment === stop.segment);
  const remains = rest === undefined ? undefined : yield* search(disk, owner, rest, stop.offset);
  const later = found.segments.filter(({ segment }) => segment > stop.segment);
  const isDamage =
    stop.offset === 0 || later.length > 0 || remains?.later !== undefined || evidence.durableSequence > replay.sequence;
  if (!isDamage) {
    const dirtyEnd = remains?.dirtyEnd;
    return dirtyEnd === undefined ? { kind: "clean" } : { kind: "torn", ...stop, dirtyEnd };
  }
  if (remains !== undefined) addRemains(evidence, remains);
  for (const one of later) {
    addRemains(evidence, yield* search(disk, owner, one, segmentHeaderBytes));
  }
  return { kind: "damaged", ...blame(stop, remains, found, evidence.durableSequence, replay.sequence) };
}

/** What to tell people: the damage may lie in the segment after the one in which reading stopped. */
function blame(
  stop: Stop,
  remains: Remains | undefined,
  { segments }: Survey,
  durableSequence: number,
  sequence: number,
): { readonly place: DamagePlace; readonly reason: string } {
  const place = { segment: stop.segment, offset: stop.offset };
  if (stop.offset === 0 || remains?.dirtyEnd !== undefined) return { place, reason: stop.reason };
  const next = segments.find(({ segment }) => segment > stop.segment);
  if (typeof next?.header === "string") return { place: { segment: next.segment, offset: 0 }, reason: next.header };
  const before = next?.header.predecessor.segment;
  if (before !== undefined && before > stop.segment) {
    return { place: { segment: before, offset: 0 }, reason: "the segment is missing" };
  }
  return { place, reason: `${stop.reason}, though batches ${sequence + 1} to ${durableSequence} were durable` };
}

function* search(disk: Disk, owner: Owner, { path, segment }: SurveyedSegment, offset: number): Steps<Remains> {
  const from = Math.max(offset, segmentHeaderBytes);
  const identity = segmentIdentity(owner, segment);
  return yield* withFile(disk, path, (file) => searchRemains(new SegmentWindow(file), from, identity));
}

function addRemains(evidence: Evidence, { newest, durableSequence }: Remains): void {
  if (newest !== undefined) evidence.add(newest.sequence, durableSequence, newest.standing);
}

/**
 * The log ends before the damage; what the member has promised does not. What it knew to be committed does end there: what
 * lies at an index now may have been cut off and replaced by a record beyond the damage, so that a commit index from there
 * would speak of other entries than those that are left.
 */
function restoreStanding(replay: Replay, evidence: Evidence): void {
  replay.dropOlderThanBase();
  replay.incarnation = Math.max(replay.incarnation, evidence.incarnation);
  const commit = replay.hardState?.commit ?? 0;
  const promised = higherHardState(replay.hardState, evidence.hardState);
  replay.hardState = promised && { ...promised, commit };
}

/** The later of the two: a term never falls, and a vote in it is never forgotten. */
export function higherHardState(a: HardState | undefined, b: HardState | undefined): HardState | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const [low, high] = a.term > b.term ? [b, a] : [a, b];
  const vote = high.vote === 0 && low.term === high.term ? low.vote : high.vote;
  return { term: high.term, vote, commit: Math.max(low.commit, high.commit) };
}

/** The header that a segment at this place would follow. */
export function predecessorOf(replay: Replay): SegmentHeader["predecessor"] {
  if (replay.segments.all.length === 0) return { segment: 0, endOffset: 0, batchSequence: 0, chain: 0 };
  const { segment, end } = replay.segments.active;
  return { segment, endOffset: end, batchSequence: replay.sequence, chain: replay.chain };
}

function nothingReadable(directory: string, { segments }: Survey): WalError {
  const reasonOf = ({ header }: SurveyedSegment): string => (typeof header === "string" ? header : "readable");
  const names = segments.map((one) => `${segmentName(one.segment)} (${reasonOf(one)})`).join(", ");
  return new WalError(
    "corrupt",
    directory,
    undefined,
    `nothing in ${directory} can be read, so that not even this member's term and vote are known: ${names}. ` +
      "It must not start from this directory: remove the member from the cluster and let it join again under a new id",
  );
}
