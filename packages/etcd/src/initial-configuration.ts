import type { NetworkAddress } from "@quorate/host";
import { defaultTiming, type Configuration } from "@quorate/raft";
import { clusterIdOf, memberIdOf } from "./identity.ts";
import { EtcdServerError, type EtcdServerOptions } from "./server-options.ts";

export interface Identity {
  readonly clusterId: number;
  readonly memberId: number;
  readonly configuration: Configuration;
}

/** What a new cluster's members derive everything from. */
export type InitialOptions = Pick<
  EtcdServerOptions,
  "name" | "initialCluster" | "initialClusterToken" | "electionTimeoutMs"
>;

/** Who this member is and what a new cluster starts with: every member derives the same from the same options. */
export function initialIdentity(options: InitialOptions): Identity {
  const { name, initialCluster, initialClusterToken, electionTimeoutMs } = options;
  const own = initialCluster.find((member) => member.name === name);
  if (own === undefined) {
    const names = initialCluster.map((member) => member.name).join(", ");
    throw new EtcdServerError(`the initial cluster (${names}) has no member named ${name}: correct --initial-cluster`);
  }
  const members = initialCluster
    .map((member) => ({
      id: memberIdOf(member.peerUrls, initialClusterToken),
      name: member.name,
      peerUrls: [...member.peerUrls].sort(),
    }))
    .sort((a, b) => a.id - b.id);
  for (let at = 1; at < members.length; at++) {
    if (members[at - 1]?.id === members[at]?.id) {
      const pair = `${members[at - 1]?.name} and ${members[at]?.name}`;
      throw new EtcdServerError(`the members ${pair} have the same peer URLs: correct --initial-cluster`);
    }
  }
  return {
    clusterId: clusterIdOf(initialCluster, initialClusterToken, electionTimeoutMs),
    memberId: memberIdOf(own.peerUrls, initialClusterToken),
    configuration: {
      voters: members.map(({ id }) => id),
      outgoing: [],
      learners: [],
      promotable: [],
      removed: [],
      members,
      timing: { ...defaultTiming, electionTimeoutMs },
    },
  };
}

/** "host:port" as a URL of a client. */
export function clientUrl({ host, port }: NetworkAddress, isSecure: boolean): string {
  return `${isSecure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
