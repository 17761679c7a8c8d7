import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";

/** Makes the names in a directory durable. Rejects with the system's error. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await openDirectory(path);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
}

/** Windows cannot open a directory to sync it; NTFS journals its names. */
export async function openDirectory(directory: string): Promise<FileHandle | undefined> {
  return process.platform === "win32" ? undefined : await open(directory, "r");
}
