import { crc32c, defaultTiming, encodeUtf8, type Configuration, type Timing } from "@quorate/raft";

/** The configuration that a new cluster starts with: every member a voter. The same on all of them. */
export function newConfiguration(
  members: Readonly<Record<number, string>>,
  timing: Partial<Timing> | undefined,
): Configuration {
  const ids = Object.keys(members)
    .map(Number)
    .sort((a, b) => a - b);
  return {
    voters: ids,
    outgoing: [],
    learners: [],
    promotable: [],
    removed: [],
    members: ids.map((id) => ({ id, name: `member-${id}`, peerUrls: [members[id] as string] })),
    timing: { ...defaultTiming, ...timing },
  };
}

/** Whom a member turns to that joins a running cluster, as a learner: its log says who the members are. */
export function joinedConfiguration(
  id: number,
  members: Readonly<Record<number, string>>,
  timing: Partial<Timing> | undefined,
): Configuration {
  const all = newConfiguration(members, timing);
  return { ...all, voters: all.voters.filter((voter) => voter !== id), learners: [id] };
}

/** A cluster id that follows from the members, so that clusters that were set up apart do not mistake each other. */
export function derivedClusterId(members: Readonly<Record<number, string>>): number {
  const text = newConfiguration(members, undefined)
    .members.map(({ id, peerUrls }) => `${id}=${peerUrls.join()}`)
    .join(" ");
  const bytes = encodeUtf8(text);
  return crc32c(bytes, 1) * 0x10_0000 + (crc32c(bytes, 2) % 0x10_0000) + 1;
}
