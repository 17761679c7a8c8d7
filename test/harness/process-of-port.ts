import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** True where `processOfPort` can answer. */
export const canFindProcesses = process.platform === "linux";

/**
 * The number of the process that has a TCP connection from this loopback port to that one, read from /proc; undefined
 * when there is none that may be seen among `candidates`. Both ports are needed: connections to different ports may share
 * a local one. It lets a proxy tell peers apart without knowing their protocol.
 */
export function processOfPort(
  port: number,
  toPort: number,
  candidates: Iterable<number> = allProcesses(),
): number | undefined {
  if (!canFindProcesses) return undefined;
  const inode = inodeOfPort(port, toPort);
  if (inode === undefined) return undefined;
  const wanted = `socket:[${inode}]`;
  for (const pid of candidates) {
    if (hasDescriptor(pid, wanted)) return pid;
  }
  return undefined;
}

/** Every process of this machine; none where that cannot be known. */
export function allProcesses(): readonly number[] {
  if (!canFindProcesses) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function inodeOfPort(port: number, toPort: number): string | undefined {
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1);
  // Columns: number, local address, remote address, state, ..., inode in the tenth.
  const rows = lines.map((line) => line.trim().split(/\s+/));
  const isEnd = (address: string | undefined, of: number): boolean => address?.endsWith(hexadecimalPort(of)) === true;
  return rows.find(([, local, remote]) => isEnd(local, port) && isEnd(remote, toPort))?.[9];
}

function hexadecimalPort(port: number): string {
  return `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
}

function hasDescriptor(pid: number, wanted: string): boolean {
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
