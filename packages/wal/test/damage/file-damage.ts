import { open } from "../bench-log.ts";
import { CrashDisk } from "../crash-disk.ts";
import { activeSegment, quietLog, segmentPaths, type Specimen } from "./specimen.ts";

type Files = Map<string, Uint8Array>;

/** One thing that can happen to whole files; each gives the files as they are afterwards. */
export interface FileDamage {
  readonly name: string;
  readonly files: Files;
  /** Both places that hold the newest term and vote are gone. */
  readonly takesMarksAndLast?: boolean;
}

const marksPath = "/log/marks";
const numbered = (segment: number | string): string => `/log/${String(segment).padStart(16, "0")}.wal`;

/** Everything that may happen to a file of the log as a whole: one file at a time, or two that change places. */
export function* fileDamages(specimen: Specimen): Generator<FileDamage> {
  const paths = [...segmentPaths(specimen), marksPath];
  for (const path of paths) yield* damagesOf(specimen, path);
  for (const [a, b] of pairs(paths)) {
    const [first, second] = [bytesOf(specimen, a), bytesOf(specimen, b)];
    const takesMarksAndLast = a === activeSegment(specimen) && b === marksPath;
    const name = takesMarksAndLast ? "marks and last segment change places" : "two segments change places";
    yield { name, files: files(specimen, [a, second], [b, first]), takesMarksAndLast };
  }
  for (const path of segmentPaths(specimen)) {
    const bytes = bytesOf(specimen, path);
    for (const name of strangeNames)
      yield { name: "a copy under a strange name", files: files(specimen, [name, bytes]) };
    for (const name of leftovers)
      yield { name: "a copy under a leftover's name", files: files(specimen, [name, bytes]) };
    for (const name of otherNumbers(specimen)) {
      yield { name: "a copy under another number", files: files(specimen, [name, bytes]) };
      yield { name: "renamed to another number", files: files(specimen, [name, bytes], [path, undefined]) };
    }
  }
  yield* foreignFiles(specimen);
}

function* damagesOf(specimen: Specimen, path: string): Generator<FileDamage> {
  const bytes = bytesOf(specimen, path);
  const one = (name: string, after: Uint8Array | undefined): FileDamage => ({
    name,
    files: files(specimen, [path, after]),
  });
  yield one("a missing file", undefined);
  yield one("an empty file", new Uint8Array(0));
  yield one("a file of zeros", new Uint8Array(bytes.length));
  yield one("a file of ones", new Uint8Array(bytes.length).fill(0xff));
  const long = new Uint8Array(bytes.length + 2 * 1024 * 1024);
  long.set(bytes);
  yield one("a file that is far too long", long);
  yield one("a file of one byte", bytes.slice(0, 1));
  for (const older of olderVersions(specimen, path)) yield one("an older version of a file", older);
}

/** What the file held earlier in the log's life: a write that the disk has lost. */
function olderVersions(specimen: Specimen, path: string): Uint8Array[] {
  const now = bytesOf(specimen, path);
  const versions: Uint8Array[] = [];
  for (let length = now.length - 512; length >= 4096; length -= 512) {
    const older = now.slice();
    older.fill(0, length);
    versions.push(older);
  }
  return versions;
}

/** The same log of another cluster, another member: one file of theirs among ours, or all. */
function* foreignFiles(specimen: Specimen): Generator<FileDamage> {
  for (const foreign of [quietLog({ clusterId: 0xbeef }), quietLog({ memberId: 0xb0b })]) {
    for (const [path, bytes] of foreign.files) {
      yield { name: "a file of another cluster or member", files: files(specimen, [path, bytes]) };
    }
    yield { name: "all files of another cluster or member", files: new Map(foreign.files) };
  }
  const stranger = new CrashDisk();
  open(stranger, { ...specimen.options, memberId: 0x51 }).close();
  for (const [path] of stranger.files) {
    yield { name: "a file of another cluster or member", files: files(specimen, [path, stranger.bytesOf(path)]) };
  }
}

const strangeNames = ["/log/copy of 1.wal", "/log/1.wal", numbered(0), numbered("9999999999999999"), "/log/.wal"];
const leftovers = [`${numbered(7)}.tmp`, `${numbered(2)}.damaged`, "/log/marks.tmp", "/log/0000000000000001.wal.bak"];

function otherNumbers(specimen: Specimen): string[] {
  return [numbered(1), numbered(2), numbered(7), numbered(12), numbered(100_000)].filter(
    (name) => !specimen.files.has(name),
  );
}

function bytesOf({ files }: Specimen, path: string): Uint8Array {
  return files.get(path) ?? new Uint8Array(0);
}

function files(specimen: Specimen, ...changes: readonly (readonly [string, Uint8Array | undefined])[]): Files {
  const after = new Map(specimen.files);
  for (const [path, bytes] of changes) {
    if (bytes === undefined) after.delete(path);
    else after.set(path, bytes);
  }
  return after;
}

function* pairs(items: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i < items.length; i++) {
    for (let j = i + 1; j < items.length; j++) yield [items[i] as string, items[j] as string];
  }
}
