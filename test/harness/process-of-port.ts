import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** True where `processOfPort` can answer. */
export const canFindProcesses = process.platform === "linux";

/**
 * The number of the process that has a TCP connection from this loopback port, read from /proc; undefined when there is
 * none that may be seen. It lets a proxy tell peers apart without knowing their protocol.
 */
export function processOfPort(port: number): number | undefined {
  if (!canFindProcesses) return undefined;
  const inode = inodeOfPort(port);
  if (inode === undefined) return undefined;
  const wanted = `socket:[${inode}]`;
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name) && hasDescriptor(name, wanted)) return Number(name);
  }
  return undefined;
}

function inodeOfPort(port: number): string | undefined {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1);
  // Columns: number, local address, remote address, state, ..., inode in the tenth.
  const columns = lines.map((line) => line.trim().split(/\s+/)).find((line) => (line[1] ?? "").endsWith(suffix));
  return columns?.[9];
}

function hasDescriptor(pid: string, wanted: string): boolean {
  try {
    const folder = `/proc/${pid}/fd`;
    return readdirSync(folder).some((descriptor) => isLinkTo(`${folder}/${descriptor}`, wanted));
  } catch {
    // The process has ended, or is not ours to look into.
    return false;
  }
}

function isLinkTo(path: string, wanted: string): boolean {
  try {
    return readlinkSync(path) === wanted;
  } catch {
    return false;
  }
}
