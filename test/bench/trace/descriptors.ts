import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** What a member's descriptor is connected to: a member's number, its clients, or its log on disk. */
export type End =
  | { readonly kind: "client" }
  | { readonly kind: "log" }
  | { readonly kind: "peer"; readonly pid: number };

/** What is behind the descriptors of some members at this moment, by "PID:descriptor"; others are left out. */
export function endsOfDescriptors(members: readonly { pid: number; clientPort: number }[]): ReadonlyMap<string, End> {
  const connections = tcpConnections();
  const sockets = members.flatMap(({ pid }) => {
    const links = linksOf(pid);
    return links.flatMap(({ descriptor, target }) => {
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      const connection = inode === undefined ? undefined : connections.get(inode);
      return connection === undefined ? [] : [{ pid, descriptor, ...connection }];
    });
  });
  const ownerOf = new Map(sockets.map(({ pid, local, remote }) => [`${local} ${remote}`, pid]));
  const ends = new Map<string, End>();
  for (const { pid } of members) {
    for (const { descriptor, target } of linksOf(pid)) {
      if (target.endsWith(".wal")) ends.set(`${pid}:${descriptor}`, { kind: "log" });
    }
  }
  for (const { pid, descriptor, local, remote } of sockets) {
    const other = ownerOf.get(`${remote} ${local}`);
    const clientPort = members.find((member) => member.pid === pid)?.clientPort;
    if (other !== undefined) ends.set(`${pid}:${descriptor}`, { kind: "peer", pid: other });
    else if (local === clientPort) ends.set(`${pid}:${descriptor}`, { kind: "client" });
  }
  return ends;
}

function linksOf(pid: number): readonly { readonly descriptor: number; readonly target: string }[] {
  const folder = `/proc/${pid}/fd`;
  return readdirSync(folder).flatMap((descriptor) => {
    try {
      return [{ descriptor: Number(descriptor), target: readlinkSync(`${folder}/${descriptor}`) }];
    } catch {
      // Closed since the folder was listed.
      return [];
    }
  });
}

/** Ports of every established TCP connection over IPv4, by the inode of the socket. */
function tcpConnections(): ReadonlyMap<string, { readonly local: number; readonly remote: number }> {
  const rows = readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/));
  const port = (address = "") => Number.parseInt(address.slice(address.indexOf(":") + 1), 16);
  const established = "01";
  return new Map(
    rows
      .filter(([, , , state]) => state === established)
      .map((row) => [row[9] ?? "", { local: port(row[1]), remote: port(row[2]) }]),
  );
}
