import type { NetworkAddress } from "@quorate/host";
import type { Configuration, MemberAddress, MemberId } from "@quorate/raft";
import type { Peer } from "@quorate/transport";

/** "http://host:port", "https://host:port" or "host:port"; an IPv6 address stands in brackets. */
const pattern =
  /^(?:(?<scheme>[a-z][a-z0-9+.-]*):\/\/)?(?:\[(?<ip6>[0-9a-f:.]+)\]|(?<name>[^\s:/[\]]+)):(?<port>\d{1,5})\/?$/i;

/** Where a peer URL points; undefined when it names no host and port. */
export function parsePeerUrl(url: string): NetworkAddress | undefined {
  const groups = pattern.exec(url)?.groups;
  const host = groups?.["ip6"] ?? groups?.["name"];
  const port = Number(groups?.["port"]);
  if (host === undefined || !(port >= 1 && port <= 65_535)) return undefined;
  return groups?.["scheme"]?.toLowerCase() === "https" ? { host, port, secure: true } : { host, port };
}

/** Every other member that can be reached, by the first of its URLs that can be read. */
export function peersOf(configuration: Configuration, self: MemberId): Peer[] {
  const peers: Peer[] = [];
  for (const member of configuration.members) {
    const address = addressOf(member);
    if (member.id !== self && address !== undefined) peers.push({ id: member.id, address });
  }
  return peers;
}

/** Undefined when none of a member's URLs can be read. */
export function addressOf(member: MemberAddress): NetworkAddress | undefined {
  for (const url of member.peerUrls) {
    const address = parsePeerUrl(url);
    if (address !== undefined) return address;
  }
  return undefined;
}
