import type { Clock, Disk, HostError } from "@quorate/host";
import { decodeConfiguration, encodeConfiguration } from "@quorate/raft";
import type { Entry, HardState, LogBase, LogPosition } from "@quorate/raft";
import type { LoggedConfiguration } from "./configuration-trail.ts";
import { WalError } from "./errors.ts";
import { segmentHeaderBytes, type Owner } from "./format.ts";
import { readIntent, type FoundIntent } from "./install-intent.ts";
import type { Recovered, StartHistory, Wal, WalEvents } from "./interface.ts";
import { createLog, mend, type OpenTail } from "./mend-tail.ts";
import { describeRecovery } from "./recovered.ts";
import { recover, type Ending } from "./recovery.ts";
import { LogReader } from "./reader.ts";
import { Replay } from "./replay.ts";
import { carryOut, runSteps, type Steps } from "./steps.ts";
import { survey } from "./survey.ts";
import { openMarks, SyncMarks } from "./sync-marks.ts";
import { OpenLog } from "./wal.ts";
import { LogWriter, type WriterEvents } from "./writer.ts";

export interface WalOptions {
  /** The clock only measures how long syncs take. */
  readonly host: { readonly disk: Disk; readonly clock: Clock };
  /**
   * An absolute path; created when it is absent, in a directory that exists. It belongs to this log alone, and whoever
   * opens holds the lock that keeps a second process away (`Disk.lock`, of the directory above, say).
   */
  readonly directory: string;
  /** Integers from 0 to 2^53 - 1. A directory belongs to one cluster and one member for good. */
  readonly clusterId: number;
  readonly memberId: number;
  /** How large a segment becomes, in bytes: 64 MiB unless said otherwise, 8 KiB at least. One record may exceed it. */
  readonly segmentBytes?: number;
  /** Records that wait are written together up to this many bytes of entries: 1 MiB unless said otherwise. */
  readonly maxBatchBytes?: number;
  /** What a brand-new log starts with, written atomically: a new cluster's configuration, say. Otherwise ignored. */
  readonly initial?: { readonly entries: readonly Entry[]; readonly hardState: HardState };
  /** Where a brand-new log begins, when its state comes from elsewhere: before its first entry unless said otherwise. */
  readonly base?: LogBase;
  /**
   * Where the state stands, durably: an install that a crash broke off between state and log is finished, or forgotten.
   * Unless given, an intent stays as it is.
   */
  readonly state?: LogPosition;
  /**
   * Gives this start its incarnation: larger than `previous`, the last one that the disk knows, 0 for a new log. After
   * damage larger than any that damage may have taken along. One more, or 1,024 more, unless given.
   */
  readonly nextIncarnation?: (previous: number, isDamaged: boolean) => number;
  readonly events: WalEvents;
  /**
   * Called with every entry that recovery reads, before completion. An entry at or below the one before it replaces that
   * one and all after it; one that leaves a gap replaces all. In the end those after `base` and up to `last` count. The
   * frames are views of large buffers: copy what is kept for long.
   */
  readonly onEntry?: (entry: Entry) => void;
}

/** Exactly one call, never from inside the call that opened. */
type Opened = (error: WalError | undefined, opened: OpenedWal) => void;

export interface OpenedWal {
  readonly wal: Wal;
  readonly recovered: Recovered;
}

export const defaultSegmentBytes = 64 * 1024 * 1024;
const defaultMaxBatchBytes = 1024 * 1024;
/** How far the incarnation jumps when damage was found, unless the caller says how far. */
const damagedIncarnations = 1024;
const smallestSegmentBytes = 2 * segmentHeaderBytes;

/**
 * Opens the log in a directory, or makes a new one: reads it whole, mends its end, and raises the incarnation, all durably,
 * before it completes. On an error the directory is as it was, or in a state that the next opening understands.
 * @throws RangeError when an option is out of its range
 */
export function openWal(options: WalOptions, done: Opened): void {
  checkOptions(options);
  const fail = (error: HostError | WalError): void => done(asWalError(error, options.directory), undefined as never);
  runSteps(prepare(options), (error, prepared) => {
    if (error !== undefined) return fail(error);
    begin(options, prepared, fail, done);
  });
}

interface Prepared {
  readonly replay: Replay;
  readonly ending: Ending;
  readonly tail: OpenTail;
  /** More than any that was seen. */
  readonly incarnation: number;
  readonly starts: StartHistory;
  readonly marksExist: boolean;
  readonly markGeneration: number;
  readonly intent: FoundIntent | undefined;
  readonly hasIntent: boolean;
}

function* prepare(options: WalOptions): Steps<Prepared> {
  const { host, directory, base, onEntry } = options;
  const { disk } = host;
  const owner = ownerOf(options);
  const mending = { disk, directory, owner, segmentBytes: options.segmentBytes ?? defaultSegmentBytes };
  yield* carryOut((done) => disk.makeDirectory(directory, done));
  yield* carryOut((done) => disk.syncDirectory(parentOf(directory), done));
  const found = yield* survey(disk, directory, owner);
  const { hasIntent } = found.names;
  const intent = hasIntent ? yield* readIntent(disk, directory, owner) : undefined;
  const marksExist = found.names.hasMarks;
  const markGeneration = found.mark?.generation ?? 0;
  if (found.segments.length === 0 && !marksExist) {
    const replay = new Replay({ position: base?.position ?? { index: 0, term: 0 }, firstSegment: 1 }, onEntry);
    if (base !== undefined) replay.trail.beginAnew(loggedConfiguration(base));
    const tail = yield* createLog(mending, found, { replay });
    const incarnation = nextIncarnation(options, 0, false);
    const starts = { incarnations: [incarnation], isWhole: true };
    const ending: Ending = { kind: "clean" };
    return { replay, ending, tail, incarnation, starts, marksExist, markGeneration, intent, hasIntent };
  }
  const recovery = yield* recover(disk, directory, owner, found, onEntry);
  const { replay, ending, evidence } = recovery;
  const tail = yield* mend(mending, found, recovery);
  // Damage may have taken the newest incarnations along, and peers know members by theirs: this one is beyond any of them.
  const previous = Math.max(replay.incarnation, evidence.incarnation);
  const incarnation = nextIncarnation(options, previous, ending.kind === "damaged");
  const starts = startsWith(replay, incarnation, ending);
  replay.trail.pruneTo(replay.shape.base.index);
  // A crash came before the first batch of a new log: what it begins with is not in it yet.
  if (base?.position.index === replay.shape.base.index && replay.trail.at(base.position.index) === undefined) {
    replay.trail.recall([loggedConfiguration(base)]);
  }
  return { replay, ending, tail, incarnation, starts, marksExist, markGeneration, intent, hasIntent };
}

function startsWith({ starts, knowsAllStarts }: Replay, incarnation: number, ending: Ending): StartHistory {
  if (ending.kind === "damaged") return { incarnations: [incarnation], isWhole: false };
  return { incarnations: [...starts, incarnation], isWhole: knowsAllStarts };
}

function nextIncarnation({ nextIncarnation: next }: WalOptions, previous: number, isDamaged: boolean): number {
  const incarnation = next?.(previous, isDamaged) ?? previous + (isDamaged ? damagedIncarnations : 1);
  if (Number.isSafeInteger(incarnation) && incarnation > previous) return incarnation;
  throw new RangeError(`nextIncarnation must give an integer from ${previous + 1} to 2^53 - 1, not ${incarnation}`);
}

/** The log is as it should be on the disk. The first batch makes the new incarnation durable, and then all is ready. */
function begin(
  options: WalOptions,
  prepared: Prepared,
  fail: (error: HostError | WalError) => void,
  done: Opened,
): void {
  const { host, directory, events } = options;
  const { disk, clock } = host;
  const { replay, tail, incarnation, starts, ending } = prepared;
  const owner = ownerOf(options);
  const damageBefore = replay.damage;
  let isOpen = false;
  const writerEvents: WriterEvents = {
    stored: (sequence, last) => {
      log.recordsStored(sequence);
      events.stored(sequence, last);
    },
    baseStored: (firstSegment, beganAnew) => log.baseStored(firstSegment, beganAnew),
    rolled: () => log.pruneSegments(),
    failed: (error) => {
      if (isOpen) events.failed(error);
      else writer.close(() => fail(error));
    },
  };
  const writer = new LogWriter({
    disk,
    clock,
    directory,
    owner,
    segmentBytes: options.segmentBytes ?? defaultSegmentBytes,
    maxBatchBytes: options.maxBatchBytes ?? defaultMaxBatchBytes,
    replay,
    incarnation,
    tail,
    events: writerEvents,
  });
  const { shape, segments, index } = replay;
  const reader = new LogReader({ disk, directory, owner, shape, segments, index });
  const log = new OpenLog({ disk, directory, owner, replay, writer, reader });
  const finishing = unfinishedInstall(replay, prepared.intent, options.state);
  const initial = isBrandNew(replay) && finishing === undefined ? options.initial : undefined;
  const first = finishing === undefined ? (initial ?? noRecord) : recordOf(replay, finishing);
  writer.add(log.append({ truncateFrom: undefined, ...first }, undefined));
  writer.whenIdle(() => {
    if (writer.hasFailed) return;
    runSteps(openMarks(disk, directory, prepared.marksExist), (error, file) => {
      if (error !== undefined) return writer.fail(error);
      // The next segment is prepared meanwhile, and that may have failed: then the opening has failed, and says so once.
      if (writer.hasFailed) return file.close(() => {});
      isOpen = true;
      writer.useMarks(new SyncMarks(file, prepared.markGeneration, (error) => writer.fail(error)));
      if (initial !== undefined) replay.takeInitial(initial.entries, initial.hardState);
      if (finishing !== undefined) replay.takeInstalled(finishing, recordOf(replay, finishing).hardState);
      if (prepared.hasIntent && options.state !== undefined) log.forgetIntent();
      const recovered = describeRecovery(directory, replay, starts, ending, damageBefore, finishing);
      done(undefined, { wal: log, recovered });
    });
  });
}

const noRecord = { entries: [], hardState: undefined };

/** The state was switched, and the log does not lead up to it: the crash came in between. */
function unfinishedInstall(
  { shape }: Replay,
  intent: FoundIntent | undefined,
  state: LogPosition | undefined,
): FoundIntent | undefined {
  if (intent === undefined || state === undefined) return undefined;
  const isSwitched = intent.position.index === state.index && intent.position.term === state.term;
  return isSwitched && intent.position.index > shape.base.index && !shape.holds(intent.position) ? intent : undefined;
}

/** What the core would have asked for, had it lived: its own term rises to that of the leader whose state it took. */
function recordOf(replay: Replay, { position, leaderTerm, configuration }: FoundIntent) {
  const { term, vote } = replay.hardState ?? { term: 0, vote: 0 };
  const hardState = { term: Math.max(term, leaderTerm), vote: leaderTerm > term ? 0 : vote, commit: position.index };
  const base: LogBase = {
    position,
    configuration: decodeConfiguration(configuration.payload),
    configurationIndex: configuration.index,
  };
  return { base, entries: [], hardState };
}

function loggedConfiguration({ configuration, configurationIndex }: LogBase): LoggedConfiguration {
  return { index: configurationIndex, payload: encodeConfiguration(configuration) };
}

function isBrandNew({ hardState, shape, damage }: Replay): boolean {
  return hardState === undefined && damage === undefined && shape.last.index === 0;
}

function ownerOf({ clusterId, memberId }: WalOptions): Owner {
  return { clusterId, memberId };
}

function parentOf(directory: string): string {
  const slash = directory.lastIndexOf("/");
  return slash <= 0 ? "/" : directory.slice(0, slash);
}

function asWalError(error: HostError | WalError, directory: string): WalError {
  if (error instanceof WalError) return error;
  return new WalError("io", error.subject, undefined, `${directory}: ${error.message}`, { cause: error });
}

function checkOptions({ clusterId, memberId, segmentBytes, maxBatchBytes, directory }: WalOptions): void {
  for (const [name, id] of Object.entries({ clusterId, memberId })) {
    if (!Number.isSafeInteger(id) || id < 0) throw new RangeError(`${name} must be an integer from 0 to 2^53 - 1`);
  }
  if (segmentBytes !== undefined && !(Number.isSafeInteger(segmentBytes) && segmentBytes >= smallestSegmentBytes)) {
    throw new RangeError(`segmentBytes must be an integer of ${smallestSegmentBytes} or more, not ${segmentBytes}`);
  }
  if (maxBatchBytes !== undefined && !(Number.isSafeInteger(maxBatchBytes) && maxBatchBytes >= 1)) {
    throw new RangeError(`maxBatchBytes must be a positive integer, not ${maxBatchBytes}`);
  }
  if (!directory.startsWith("/") && !/^[A-Za-z]:\//.test(directory)) {
    throw new RangeError(`directory must be an absolute path with "/" as separator, not "${directory}"`);
  }
}
