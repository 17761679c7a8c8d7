import { createReadStream } from "node:fs";
import { BackupReader, type BackupInfo } from "@quorate/store";

/** Reads a backup's file whole and checks everything in it; `take` is given its chunks, one at a time. Rejects with `HostError` `corrupt`. */
export async function readBackupFile(
  path: string,
  take: (chunk: Uint8Array, info: BackupInfo) => Promise<void> = async () => {},
): Promise<BackupInfo> {
  const reader = new BackupReader();
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) {
    for (const chunk of reader.take(bytes as Uint8Array)) await take(chunk, reader.info as BackupInfo);
  }
  return reader.finish();
}
