import {
  defaultTiming,
  encodeConfiguration,
  entryKinds,
  makeEntry,
  type Configuration,
  type ConfigurationChange,
  type Entry,
  type MemberId,
} from "@quorate/raft";

export function configurationOf(
  voters: readonly MemberId[],
  outgoing: readonly MemberId[] = [],
  learners: readonly MemberId[] = [],
): Configuration {
  const ids = [...new Set([...voters, ...outgoing, ...learners])].sort((a, b) => a - b);
  return {
    voters,
    outgoing,
    learners,
    promotable: [],
    removed: [],
    members: ids.map((id) => ({ id, name: `m${id}`, peerUrls: [`http://m${id}:2380`] })),
    timing: defaultTiming,
  };
}

/** The addresses of members, as `configurationOf` gives them. */
export function addressesOf(...ids: readonly MemberId[]): Configuration["members"] {
  return configurationOf(ids).members;
}

/** The entry that brings a configuration. */
export function configurationEntry(index: number, term: number, configuration: Configuration): Entry {
  return makeEntry(index, term, entryKinds.configuration, encodeConfiguration(configuration));
}

/** A change to these voters, whoever they are: every address is given. */
export function toVoters(...voters: readonly MemberId[]): ConfigurationChange {
  return { voters, learners: [], members: addressesOf(...voters) };
}

/** A change that adds learners to `voters`. */
export function withLearners(voters: readonly MemberId[], ...learners: readonly MemberId[]): ConfigurationChange {
  return { learners, members: addressesOf(...[...voters, ...learners].sort((a, b) => a - b)) };
}

export function command(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function textOf(entry: Entry): string {
  return String.fromCharCode(...entry.frame.subarray(28));
}

/** Entries with the given terms, from `first` on, each a command that names its index and term. */
export function entriesOf(terms: readonly number[], first = 1): Entry[] {
  return terms.map((term, at) => makeEntry(first + at, term, entryKinds.command, command(`${first + at}@${term}`)));
}
