/** Names in a log's directory. */
export const marksName = "marks";
export const intentName = "intent";

const digits = 16;
const segmentPattern = /^\d{16}\.wal$/;
const damagedPattern = /^\d{16}\.wal\.damaged$/;

/** "0000000000000042.wal": names sort as their numbers do. */
export function segmentName(sequence: number): string {
  return `${String(sequence).padStart(digits, "0")}.wal`;
}

/** A file that is not ready yet. Nothing in it counts; it is removed at the next opening. */
export function temporaryName(name: string): string {
  return `${name}.tmp`;
}

/** A segment that damage has cut off from the log: kept for people, never read. */
export function damagedName(name: string): string {
  return `${name}.damaged`;
}

export interface SortedNames {
  /** Sequences, ascending. */
  readonly segments: readonly number[];
  /** Sequences of segments that were set aside, ascending. */
  readonly damaged: readonly number[];
  readonly temporary: readonly string[];
  readonly hasMarks: boolean;
  readonly hasIntent: boolean;
  /** Names that end like a segment's and are none: somebody renamed a part of the log. */
  readonly strange: readonly string[];
}

/** Numbers beyond this are no segment's: others must fit between the last one and what a number can hold. */
const highestSegment = 2 ** 52;

/** Tells the log's own files from others, which are none of its business. Directories are listed apart. */
export function sortNames(names: readonly string[], directories: readonly string[]): SortedNames {
  const isSegment = (name: string): boolean => segmentPattern.test(name) && isPossible(name);
  const own = (name: string): boolean => isSegment(name) || name === marksName || name === intentName;
  return {
    segments: names
      .filter(isSegment)
      .map(numberOf)
      .sort((a, b) => a - b),
    damaged: names.filter((name) => damagedPattern.test(name) && isPossible(name)).map(numberOf),
    temporary: names.filter((name) => name.endsWith(".tmp") && own(name.slice(0, -".tmp".length))),
    hasMarks: names.includes(marksName),
    hasIntent: names.includes(intentName),
    strange: [
      ...names.filter((name) => name.endsWith(".wal") && !isSegment(name)),
      ...directories.filter((name) => name.endsWith(".wal") || name === marksName || name === intentName),
    ],
  };
}

function numberOf(name: string): number {
  return Number.parseInt(name, 10);
}

function isPossible(name: string): boolean {
  return numberOf(name) >= 1 && numberOf(name) <= highestSegment;
}
