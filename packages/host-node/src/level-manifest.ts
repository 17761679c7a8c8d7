import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { failureOf } from "./errno.ts";
import { readRecords, recordBeginsAfter } from "./level-records.ts";

/*
 * LevelDB's MANIFEST is a log of changes: which table files make up the database. With each new record LevelDB 1.20 first
 * writes it, then syncs the directory, then the MANIFEST. A power cut in between may leave the record (a system writes
 * back what it likes) without the names of the tables that it adds, or half of the record; and LevelDB then refuses to
 * open the database ("missing files", "checksum mismatch"). Nothing followed such a record: what it replaces is removed
 * only after the sync. So it can be cut off, and the database is as it was before it.
 *
 * A record that was durable and is damaged since looks the same. But what it replaced is gone: the tables that a compaction
 * has merged, which LevelDB misses by itself; and the log whose writes a new table took over, which it does not. So nothing
 * is cut off unless the log is there that the records before name, or durable writes would vanish without a word.
 *
 * Format of a record's payload: db/version_edit.cc of LevelDB.
 */

/** One change, as far as it concerns which files there must be. */
interface Edit {
  /** Where its record begins in the file. */
  readonly offset: number;
  readonly added: readonly number[];
  readonly removed: readonly number[];
  /** The oldest log whose writes are in no table yet, if the record says which. */
  readonly log: number | undefined;
}

/** Cuts the last record of the MANIFEST off, durably, if it is half a record or names tables that are not there. */
export async function mendManifest(directory: string): Promise<void> {
  const path = await currentManifest(directory);
  if (path === undefined) return;
  const bytes = await readFile(path);
  const { edits, torn } = readEdits(bytes);
  const cut = torn ?? (await unfoundedEdit(directory, edits))?.offset;
  if (cut === undefined || cut === 0) return;
  if (!(await isLogThere(directory, edits, cut))) return;
  const file = await open(path, "r+");
  try {
    await file.truncate(cut);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** The oldest log that LevelDB will read when it opens the database; undefined when nothing says so. */
export async function firstLog(directory: string): Promise<number | undefined> {
  const path = await currentManifest(directory);
  return path === undefined
    ? undefined
    : readEdits(await readFile(path)).edits.findLast(({ log }) => log !== undefined)?.log;
}

async function currentManifest(directory: string): Promise<string | undefined> {
  try {
    const name = (await readFile(join(directory, "CURRENT"), "utf8")).trimEnd();
    return (await readdir(directory)).includes(name) ? join(directory, name) : undefined;
  } catch (error) {
    // No database, or none that is complete: LevelDB says so.
    if (failureOf(error).code === "not-found") return undefined;
    throw error;
  }
}

/** The last edit, if tables are missing and it is the one that adds all of them. */
async function unfoundedEdit(directory: string, edits: readonly Edit[]): Promise<Edit | undefined> {
  const live = new Set<number>();
  for (const { added, removed } of edits) {
    for (const number of removed) live.delete(number);
    for (const number of added) live.add(number);
  }
  const names = await readdir(directory);
  const present = new Set(
    names.filter((name) => /^\d+\.(ldb|sst)$/.test(name)).map((name) => Number.parseInt(name, 10)),
  );
  const missing = [...live].filter((number) => !present.has(number));
  const last = edits.at(-1);
  return missing.length > 0 && missing.every((number) => last?.added.includes(number)) ? last : undefined;
}

/** Whether the log is there that LevelDB will begin with when nothing from `cut` on is left. 0: no write was ever in one. */
async function isLogThere(directory: string, edits: readonly Edit[], cut: number): Promise<boolean> {
  const log = edits.findLast((edit) => edit.offset < cut && edit.log !== undefined)?.log;
  if (log === undefined || log === 0) return log === 0;
  return (await readdir(directory)).includes(`${String(log).padStart(6, "0")}.log`);
}

/** All whole records; and where half a record begins, if no other follows. */
export function readEdits(bytes: Uint8Array): { readonly edits: readonly Edit[]; readonly torn: number | undefined } {
  const { records, broken, stop } = readRecords(bytes);
  const edits = records.map(({ offset, parts }) => decodeEdit(offset, Buffer.concat(parts)));
  return { edits, torn: broken === undefined || recordBeginsAfter(bytes, stop) ? undefined : broken };
}

const tags = {
  comparator: 1,
  log: 2,
  nextFile: 3,
  sequence: 4,
  compactPointer: 5,
  removed: 6,
  added: 7,
  previousLog: 9,
};

function decodeEdit(offset: number, bytes: Uint8Array): Edit {
  const added: number[] = [];
  const removed: number[] = [];
  let log: number | undefined;
  let at = 0;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  const skipText = (): void => {
    const length = number();
    at += length;
  };
  while (at < bytes.length) {
    switch (number()) {
      case tags.comparator:
        skipText();
        break;
      case tags.log:
        log = number();
        break;
      case tags.nextFile:
      case tags.sequence:
      case tags.previousLog:
        number();
        break;
      case tags.compactPointer:
        number();
        skipText();
        break;
      case tags.removed:
        number();
        removed.push(number());
        break;
      case tags.added:
        number();
        added.push(number());
        number();
        skipText();
        skipText();
        break;
      default:
        // A later version's; LevelDB refuses it, and nothing is concluded from what follows.
        return { offset, added, removed, log };
    }
  }
  return { offset, added, removed, log };
}
