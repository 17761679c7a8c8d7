/** Names in a log's directory. */
export const marksName = "marks";

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
  /** Names that end like a segment's and are none: somebody renamed a part of the log. */
  readonly strange: readonly string[];
}

/** Tells the log's own files from others, which are none of its business. */
export function sortNames(names: readonly string[]): SortedNames {
  const own = (name: string): boolean => segmentPattern.test(name) || name === marksName;
  const segments = names.filter((name) => segmentPattern.test(name)).map((name) => Number.parseInt(name, 10));
  return {
    segments: segments.sort((a, b) => a - b),
    damaged: names.filter((name) => damagedPattern.test(name)).map((name) => Number.parseInt(name, 10)),
    temporary: names.filter((name) => name.endsWith(".tmp") && own(name.slice(0, -".tmp".length))),
    hasMarks: names.includes(marksName),
    strange: names.filter((name) => name.endsWith(".wal") && !segmentPattern.test(name)),
  };
}
