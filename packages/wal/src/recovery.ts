import type { Disk, Done, HostError } from "@quorate/host";
import { describePosition } from "@quorate/raft";
import { batchAlignment } from "./batch.ts";
import { hardStateIn, remainsAfter, type Remains } from "./damage.ts";
import { WalError, type WalErrorCode } from "./errors.ts";
import { newest, Replay } from "./replay.ts";
import { decodeSegmentHeader, formatVersion, segmentHeaderBytes, type SegmentHeader } from "./segment-header.ts";
import { inTurn, isTemporary, segmentName, segmentSequence } from "./segments.ts";

/** A segment as it was found. */
export interface FoundSegment {
  readonly sequence: number;
  readonly header: SegmentHeader;
  /** Where the log ended after it. */
  readonly lastIndex: number;
}

/** What the files of a log hold. */
export interface Found {
  readonly segments: readonly FoundSegment[];
  /** The newest segment's number, one that was given up included. */
  readonly newestSequence: number;
  readonly replay: Replay;
  /** The bytes of the last replayed segment up to where its valid batches end; nothing behind them is to be kept. */
  readonly tail: Uint8Array;
  /** Bytes behind the tail that must be made zero again. */
  readonly usedEnd: number;
  readonly tornTail: string | undefined;
  readonly damage: string | undefined;
}

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly clusterId: number;
  readonly memberId: number;
}

type Finish = (error: WalError | HostError | undefined, found: Found | undefined) => void;

/** Reads all segments in order. Completes with undefined for a directory without any. Changes nothing but stale files. */
export function recover(options: RecoveryOptions, done: Finish): void {
  const { disk, directory } = options;
  disk.list(directory, (error, entries) => {
    if (error !== undefined) return done(error, undefined);
    const stale = entries.filter(({ kind, name }) => kind === "file" && isTemporary(name));
    const sequences = entries
      .map(({ name }) => segmentSequence(name))
      .filter((sequence) => sequence !== undefined)
      .sort((a, b) => a - b);
    const removals = stale.map(
      ({ name }) =>
        (next: Done): void =>
          disk.remove(`${directory}/${name}`, next),
    );
    inTurn(removals, (removeError) => {
      if (removeError !== undefined) return done(removeError, undefined);
      if (sequences.length === 0) return done(undefined, undefined);
      new Recovery(options, sequences, done).readHeaders(0);
    });
  });
}

class Recovery {
  readonly #options: RecoveryOptions;
  readonly #sequences: readonly number[];
  readonly #done: Finish;
  readonly #headers = new Map<number, SegmentHeader>();
  readonly #segments: FoundSegment[] = [];
  #replay: Replay | undefined;
  /** Of the newest segment that was replayed: its bytes, where its valid batches end, and what lies behind. */
  #bytes: Uint8Array = new Uint8Array(0);
  #end = 0;
  #remains: Remains = { clean: true, usedEnd: 0, batches: [] };
  #damage: string | undefined;

  constructor(options: RecoveryOptions, sequences: readonly number[], done: Finish) {
    this.#options = options;
    this.#sequences = sequences;
    this.#done = done;
  }

  readHeaders(at: number): void {
    const sequence = this.#sequences[at];
    if (sequence === undefined) return this.#replayAll();
    const path = this.#path(sequence);
    readBytes(this.#options.disk, path, segmentHeaderBytes, (error, bytes) => {
      if (error !== undefined) return this.#done(error, undefined);
      const header = decodeSegmentHeader(bytes);
      const wrong = checkHeader(this.#options, path, sequence, header);
      if (wrong !== undefined) return this.#done(wrong, undefined);
      this.#headers.set(sequence, header as SegmentHeader);
      this.readHeaders(at + 1);
    });
  }

  /** From the newest back, each names the one before it; those that nobody names were given up after damage. */
  #replayAll(): void {
    const chain: SegmentHeader[] = [];
    let header = this.#headers.get(this.#sequences.at(-1) as number);
    while (header !== undefined) {
      chain.unshift(header);
      header = this.#headers.get(header.previousSequence);
    }
    this.#replayFrom(chain, 0);
  }

  #replayFrom(chain: readonly SegmentHeader[], at: number): void {
    const header = chain[at];
    if (header === undefined) return this.#finish();
    readBytes(this.#options.disk, this.#path(header.sequence), undefined, (error, bytes) => {
      if (error !== undefined) return this.#done(error, undefined);
      this.#take(header, bytes);
      this.#replayFrom(chain, at + 1);
    });
  }

  #take(header: SegmentHeader, bytes: Uint8Array): void {
    const replay = this.#replay;
    if (replay === undefined) this.#replay = new Replay(header);
    else if (this.#damage !== undefined || !this.#continues(replay, header)) {
      // The log ends before; what follows still tells how far term and vote had come.
      this.#noteDamage(header.mark);
      const { batches } = remainsAfter(bytes, segmentHeaderBytes - batchAlignment);
      replay.hardState = hardStateIn(batches, newest(replay.hardState, header.hardState));
      replay.incarnation = Math.max(replay.incarnation, header.incarnation, ...batches.map((one) => one.incarnation));
      return;
    } else replay.enter(header);
    this.#end = (this.#replay as Replay).segment(header.sequence, bytes);
    this.#bytes = bytes;
    this.#remains = remainsAfter(bytes, this.#end);
    const lastIndex = (this.#replay as Replay).map.last.index;
    this.#segments.push({ sequence: header.sequence, header, lastIndex });
  }

  /** The header says where the segment before was left; what lies behind that point there was given up. */
  #continues(replay: Replay, header: SegmentHeader): boolean {
    return (
      header.previousEnd === this.#end && header.firstBatch === replay.sequence + 1 && header.chain === replay.chain
    );
  }

  #finish(): void {
    const replay = this.#replay as Replay;
    const { clean, usedEnd, batches } = this.#remains;
    replay.hardState = hardStateIn(batches, replay.hardState);
    replay.incarnation = Math.max(replay.incarnation, ...batches.map((batch) => batch.incarnation));
    const mark = Math.max(replay.mark, ...batches.map((batch) => batch.mark));
    if (mark > replay.sequence) this.#noteDamage(mark);
    const path = this.#path((this.#segments.at(-1) as FoundSegment).sequence);
    const tornTail =
      clean || this.#damage !== undefined
        ? undefined
        : `${path}: the bytes from offset ${this.#end} to ${usedEnd} are no whole batch and were never confirmed; they ` +
          `are cut. The log ends at ${describePosition(replay.map.last)}. (A batch that was confirmed an instant before ` +
          `the crash and damaged since would look the same.)`;
    this.#done(undefined, {
      segments: this.#segments,
      newestSequence: this.#sequences.at(-1) as number,
      replay,
      tail: this.#bytes.slice(0, this.#end),
      usedEnd,
      tornTail,
      damage: this.#damage,
    });
  }

  /** Batches that were durable are missing: a mark, behind the damage or after it, names one that is not there. */
  #noteDamage(mark: number): void {
    if (this.#damage !== undefined) return;
    const replay = this.#replay as Replay;
    const path = this.#path((this.#segments.at(-1) as FoundSegment).sequence);
    this.#damage =
      `${path}: damaged at offset ${this.#end}: batch ${mark} had been made durable and only batch ${replay.sequence} ` +
      `is whole. The log ends at ${describePosition(replay.map.last)}; term and vote are kept`;
  }

  #path(sequence: number): string {
    return `${this.#options.directory}/${segmentName(sequence)}`;
  }
}

function checkHeader(
  { clusterId, memberId }: RecoveryOptions,
  path: string,
  sequence: number,
  header: ReturnType<typeof decodeSegmentHeader>,
): WalError | undefined {
  const wrong = (code: WalErrorCode, offset: number, why: string): WalError =>
    new WalError(code, path, offset, `${path}: ${why}`);
  if (header === undefined) {
    const todo = "restore this member's directory, or remove the member and add it again";
    return wrong("corrupt", 0, `the segment's header is damaged (offset 0): ${todo}`);
  }
  if ("version" in header) {
    const why = `written in format ${header.version}, and this version reads up to ${formatVersion}`;
    return wrong("version", 8, `${why}: start a newer Quorate`);
  }
  if (header.clusterId !== clusterId) {
    const why = `belongs to cluster ${header.clusterId.toString(16)}, and this member to ${clusterId.toString(16)}`;
    return wrong("wrong-cluster", 16, `${why}: use another data directory, or the initial cluster it was made with`);
  }
  if (header.memberId !== memberId) {
    const why = `belongs to member ${header.memberId.toString(16)}, and this is ${memberId.toString(16)}`;
    return wrong("wrong-member", 24, `${why}: each member needs a data directory of its own`);
  }
  if (header.sequence !== sequence) {
    return wrong("corrupt", 32, `the file holds segment ${header.sequence}: give it back its name`);
  }
  return undefined;
}

/** The whole file, or its first `length` bytes. */
function readBytes(
  disk: Disk,
  path: string,
  length: number | undefined,
  done: (error: HostError | undefined, bytes: Uint8Array) => void,
): void {
  const nothing = new Uint8Array(0);
  disk.open(path, (openError, file) => {
    if (openError !== undefined) return done(openError, nothing);
    const read = (bytes: number): void =>
      file.read(0, bytes, (readError, content) => {
        file.close((closeError) => done(readError ?? closeError, content));
      });
    if (length !== undefined) return read(length);
    file.size((sizeError, size) => {
      if (sizeError === undefined) return read(size);
      file.close(() => done(sizeError, nothing));
    });
  });
}
