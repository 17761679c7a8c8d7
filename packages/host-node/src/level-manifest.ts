import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { crc32c } from "@quorate/store";
import { failureOf } from "./errno.ts";

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
 * Formats: doc/log_format.md and db/version_edit.cc of LevelDB.
 */

const blockBytes = 32 * 1024;
const headerBytes = 7;

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

/** All whole records; and where half a record begins, if nothing follows the block of 32 KiB in which it lies. */
export function readEdits(bytes: Uint8Array): { readonly edits: readonly Edit[]; readonly torn: number | undefined } {
  const edits: Edit[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let begun: { readonly offset: number; readonly parts: Uint8Array[] } | undefined;
  for (let at = 0; at + headerBytes <= bytes.length; ) {
    const left = blockBytes - (at % blockBytes);
    if (left < headerBytes) {
      at += left;
      continue;
    }
    const length = view.getUint16(at + 4, true);
    const type = bytes[at + 6] as number;
    const end = at + headerBytes + length;
    const isWhole = headerBytes + length <= left && end <= bytes.length;
    if (!isWhole || !verifies(view.getUint32(at, true), bytes.subarray(at + 6, end))) {
      // Zeros alone are no record; a size may survive without what was to be there. LevelDB passes over them.
      const isHalf = begun !== undefined || !isZero(bytes.subarray(at));
      const isLast = isZero(bytes.subarray(at + left));
      return { edits, torn: isHalf && isLast ? (begun?.offset ?? at) : undefined };
    }
    const payload = bytes.subarray(at + headerBytes, end);
    if (type === recordTypes.full || type === recordTypes.first) begun = { offset: at, parts: [] };
    begun?.parts.push(payload);
    if (begun !== undefined && (type === recordTypes.full || type === recordTypes.last)) {
      edits.push(decodeEdit(begun.offset, Buffer.concat(begun.parts)));
      begun = undefined;
    }
    at = end;
  }
  return { edits, torn: begun?.offset };
}

const recordTypes = { full: 1, first: 2, last: 4 } as const;

/** LevelDB "masks" checksums that it stores. */
function verifies(masked: number, bytes: Uint8Array): boolean {
  const rotated = (masked - 0xa282ead8) >>> 0;
  return ((rotated >>> 17) | (rotated << 15)) >>> 0 === crc32c(bytes);
}

function isZero(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0);
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
