import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { readBackupFile } from "@quorate/etcd";
import { readBackup } from "../client/admin-methods.ts";
import type { Calls } from "../client/calls.ts";
import { callsAt, placeOf, type ClientFlags } from "../client/with-calls.ts";
import { exitCodes, FailureError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { inWords } from "./in-words.ts";
import { snapshotJson, snapshotText } from "./snapshot-text.ts";

/** `quorate snapshot save`: a backup of one member's state, with all that was committed when it was begun. */
export async function runSnapshotSave(path: string, flags: ClientFlags): Promise<number> {
  const failures: string[] = [];
  // A backup is read from one member: another one has other pieces.
  const place = await placeOf(flags);
  for (const endpoint of place.endpoints) {
    const calls = callsAt({ ...place, endpoints: [endpoint] });
    try {
      await save(calls, path);
      const info = await readBackupFile(path);
      process.stdout.write(flags.json === true ? `${snapshotJson(info)}\n` : `Saved ${path}.\n${snapshotText(info)}`);
      return exitCodes.done;
    } catch (error) {
      // A file that cannot be written is no better with another member.
      if (!(error instanceof FailureError)) throw inWords(error, `${path} was not saved`);
      failures.push(error.message);
    } finally {
      calls.close();
    }
  }
  throw new FailureError(`No member gave a backup:\n${failures.join("\n")}`);
}

/** Under the name only once it is whole, checked and durable. */
async function save(calls: Calls, path: string): Promise<void> {
  const unfinished = `${path}.part`;
  const first = await calls.call(readBackup, { id: 0n });
  const file = await open(unfinished, "w", 0o600);
  try {
    await writeAll(calls, first, file);
    await file.sync();
    await file.close();
    await readBackupFile(unfinished);
    await rename(unfinished, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(unfinished, { force: true });
    throw error;
  }
}

async function writeAll(calls: Calls, first: Piece, file: FileHandle): Promise<void> {
  const line = progressLine();
  let bytes = 0;
  try {
    for (let piece = first; !piece.isLast; piece = await calls.call(readBackup, { id: first.id })) {
      await file.writeFile(piece.data);
      bytes += piece.data.length;
      line.show(`${(bytes / 1024 / 1024).toFixed(1)} MiB`);
    }
  } finally {
    line.clear();
  }
}

type Piece = ReturnType<typeof readBackup.decode>;
