import { entryKinds, makeEntry, type Entry, type HardState } from "@quorate/raft";
import { entriesOf, open, printed, type BenchLog, type BenchOptions } from "../bench-log.ts";
import { CrashDisk } from "../crash-disk.ts";

/** What a log held after one of its records, entries below the base included. */
export interface LogState {
  readonly entries: readonly string[];
  readonly hardState: HardState | undefined;
}

/** A small log to damage, and what had been reported of it. */
export interface Specimen {
  readonly name: string;
  /** By path. All of it is on the disk, durably. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly options: BenchOptions;
  /** After each record; everything up to the last was reported as stored. */
  readonly states: readonly LogState[];
  readonly incarnation: number;
  /**
   * The last batch was reported as stored, and its mark has not reached the disk: damage to that very batch cannot be told
   * from a torn write (docs/wal-format.md, "What remains").
   */
  readonly isLastUnmarked: boolean;
}

export const specimenSegmentBytes = 8192;
const options = { segmentBytes: specimenSegmentBytes };

/** Writes records one at a time and keeps account of them. */
class Author {
  readonly disk = new CrashDisk();
  readonly states: LogState[] = [{ entries: [], hardState: undefined }];
  readonly options: BenchOptions;
  log: BenchLog;

  constructor(changes: BenchOptions = {}) {
    this.options = { ...options, ...changes };
    this.log = open(this.disk, this.options);
  }

  write(entries: readonly Entry[], hardState?: HardState, truncateFrom?: number): void {
    const before = this.states.at(-1) as LogState;
    const kept = truncateFrom === undefined ? before.entries : before.entries.slice(0, truncateFrom - 1);
    this.log.persist(entries, hardState, truncateFrom);
    this.states.push({ entries: [...kept, ...entries.map(printed)], hardState: hardState ?? before.hardState });
  }

  restart(): void {
    this.log.close();
    this.log = open(this.disk, this.options);
  }

  finish(name: string, isLastUnmarked = false): Specimen {
    const files = new Map(this.disk.paths().map((path) => [path, this.disk.bytesOf(path).slice()]));
    const { incarnation } = this.log.opened.recovered;
    return { name, files, options: this.options, states: this.states, incarnation, isLastUnmarked };
  }
}

/** Four segments, with elections, truncations, a configuration, entries from a few bytes to most of a segment. */
function writeHistory(author: Author): void {
  const configuration = makeEntry(1, 1, entryKinds.configuration, new Uint8Array([1, 2, 3]));
  author.write([configuration], { term: 1, vote: 0, commit: 1 });
  author.write(entriesOf(2, 9, 1, 120), { term: 2, vote: 0xa2, commit: 1 });
  author.write([...entriesOf(10, 14, 2, 300)]);
  author.write(entriesOf(12, 16, 3, 200), { term: 3, vote: 7, commit: 9 }, 12);
  author.write(entriesOf(17, 17, 3, 3000));
  author.write(entriesOf(18, 24, 3, 40));
  author.write(entriesOf(25, 40, 3, 100), { term: 3, vote: 7, commit: 17 });
  author.write(entriesOf(39, 44, 5, 250), { term: 5, vote: 7, commit: 20 }, 39);
  author.write(entriesOf(45, 54, 5, 150));
  author.write([], { term: 6, vote: 0xa2, commit: 44 });
  author.write(entriesOf(55, 57, 6, 90));
  author.write(entriesOf(57, 61, 7, 64), { term: 7, vote: 9, commit: 55 }, 57);
  author.write(entriesOf(62, 62, 7, 700));
  author.write([], { term: 7, vote: 9, commit: 61 });
}

/** The process was killed while nothing was under way: marks cover everything. */
export function quietLog(changes: BenchOptions = {}): Specimen {
  const author = new Author(changes);
  writeHistory(author);
  return author.finish("quiet");
}

/** The log was pruned, stopped in order and started again; its first segments are gone. */
export function prunedLog(): Specimen {
  const author = new Author();
  writeHistory(author);
  author.log.opened.wal.prune({ index: 30, term: 3 });
  author.disk.run();
  author.restart();
  author.write(entriesOf(63, 65, 8, 80), { term: 8, vote: 1, commit: 62 });
  return author.finish("pruned");
}

/** The power failed after the last batch was reported as stored, and before its mark was on the disk. */
export function unmarkedLog(): Specimen {
  const author = new Author();
  writeHistory(author);
  const marks = author.disk.bytesOf("/log/marks").slice();
  author.write(entriesOf(63, 66, 7, 100));
  author.disk.put("/log/marks", marks);
  return author.finish("unmarked", true);
}

/** Segments of a specimen, ascending. */
export function segmentPaths({ files }: Specimen): string[] {
  return [...files.keys()].filter((path) => path.endsWith(".wal")).sort();
}

export function activeSegment(specimen: Specimen): string {
  return segmentPaths(specimen).at(-1) as string;
}
