import { goDurationMs } from "../durations.ts";
import type { Fact } from "../fact.ts";
import { Phrasebook, type Phrase, type PhraseContext } from "../phrasebook.ts";

/**
 * What hashicorp/raft says, in Consul, Nomad, Vault and others. Since 1.1 it logs `message: name=value`; before that it put
 * the values into the message, with capitals.
 */
function phrase(
  needs: string,
  pattern: RegExp | undefined,
  fact: (match: RegExpExecArray, context: PhraseContext) => Fact | readonly Fact[] | undefined,
): Phrase {
  return { needs, ...(pattern === undefined ? {} : { pattern }), fact };
}

const oldNode = /Node at (\S+) \[(?:Follower|Candidate|Leader)\]/;

function self({ message, field }: PhraseContext): string | undefined {
  const named = field("node") ?? field("follower") ?? field("leader");
  return oldNode.exec(named ?? message)?.[1];
}

function termOf(context: PhraseContext): number | undefined {
  const text = context.field("term") ?? / in term (\d+)/.exec(context.message)?.[1];
  return text === undefined ? undefined : Number(text);
}

/** `{Voter 1b2c 10.0.0.1:8300}`, or an address. */
function peerOf({ field, message }: PhraseContext, pattern?: RegExp): string | undefined {
  const text = field("peer") ?? field("id") ?? field("server-id") ?? field("target") ?? pattern?.exec(message)?.[1];
  return text === undefined ? undefined : (/^\{\w+ (\S+) /.exec(text)?.[1] ?? text);
}

const phrases: readonly Phrase[] = [
  phrase("andidate state", /entering [Cc]andidate state/, (_, context) => ({
    kind: "role",
    role: "candidate",
    member: self(context),
    term: termOf(context),
  })),
  phrase("ollower state", /entering [Ff]ollower state/, (_, context) => {
    const leader =
      context.field("leader-id") ??
      context.field("leader-address") ??
      /\(Leader: "([^"]*)"\)/.exec(context.message)?.[1];
    const role = { kind: "role", role: "follower", member: self(context) } as const;
    return leader === undefined || leader === ""
      ? role
      : [role, { kind: "leader-known", member: role.member, peer: leader }];
  }),
  phrase("eader state", /entering [Ll]eader state/, (_, context) => ({
    kind: "role",
    role: "leader",
    member: self(context),
    term: termOf(context),
  })),
  phrase("starting election", /[Hh]eartbeat timeout .*reached, starting election/, () => ({ kind: "leader-lost" })),
  phrase("restarting election", /[Ee]lection timeout reached, restarting election/, () => ({
    kind: "role",
    role: "candidate",
  })),
  phrase("quorum of nodes", /[Ff]ailed to contact quorum of nodes, stepping down/, () => ({ kind: "quorum-lost" })),
  phrase("ailed to contact", /^[Ff]ailed to contact (\S+) in (\S+)/, (match) => ({
    kind: "peer-down",
    peer: match[1],
    value: goDurationMs(match[2]),
  })),
  phrase("ailed to contact", /^failed to contact$/, (_, context) => ({
    kind: "peer-down",
    peer: peerOf(context),
    value: goDurationMs(context.field("time")),
  })),
  phrase("ailed to heartbeat to", undefined, (_, context) => ({
    kind: "peer-down",
    peer: peerOf(context, /to (\S+):? /),
  })),
  phrase("since we have a leader", /rejecting (pre-?vote|vote) request/i, (match, context) => ({
    kind: "vote-ignored",
    peer: context.field("from") ?? /from (\S+) /.exec(context.message)?.[1],
    text: match[1],
  })),
  phrase("last term is greater", undefined, (_, context) => ({
    kind: "vote-refused",
    peer: context.field("candidate"),
  })),
  phrase("last index is greater", undefined, (_, context) => ({
    kind: "vote-refused",
    peer: context.field("candidate"),
  })),
  phrase("newer term discovered", undefined, (_, context) => ({ kind: "higher-term", term: termOf(context) })),
  phrase("Newer term discovered", undefined, () => ({ kind: "higher-term" })),
  phrase("newer term, stopping replication", undefined, (_, context) => ({
    kind: "higher-term",
    peer: peerOf(context),
  })),
  phrase("requestVote with a newer term", undefined, () => ({ kind: "higher-term", text: "vote" })),
  phrase("sending older logs", undefined, (_, context) => ({
    kind: "mismatch",
    peer: peerOf(context, /\{\w+ (\S+) /),
    index: Number(context.field("next") ?? /next: (\d+)/.exec(context.message)?.[1] ?? "0"),
  })),
  phrase("mis-match", /log term mis-match/i, (_, { field, message }) => ({
    kind: "mismatch",
    own: Number(field("ours") ?? /ours: (\d+)/.exec(message)?.[1] ?? "0"),
    term: Number(field("remote") ?? /remote: (\d+)/.exec(message)?.[1] ?? "0"),
  })),
  phrase("learing log suffix", undefined, (_, { field, message }) => ({
    kind: "conflict",
    index: Number(field("from") ?? /from (\d+)/.exec(message)?.[1] ?? "0"),
  })),
  phrase("ailed to send snapshot", undefined, (_, context) => ({ kind: "snapshot-failed", peer: peerOf(context) })),
  phrase("ailed to install snapshot", undefined, (_, context) => ({ kind: "snapshot-failed", peer: peerOf(context) })),
  phrase("nstalled remote snapshot", undefined, () => ({ kind: "snapshot-taken" })),
  phrase("ompacting logs", undefined, (_, { field, message }) => ({
    kind: "compacted",
    index: Number(field("to") ?? / to (\d+)/.exec(message)?.[1] ?? "0"),
    text: "log",
  })),
  phrase("nitial configuration", undefined, (_, { message, field }) => configuration(field("servers") ?? message)),
  phrase("pdating configuration", undefined, (_, { message, field }) => configuration(field("servers") ?? message)),
  phrase("no space left on device", undefined, () => ({ kind: "no-space", text: "disk" })),
  phrase("ransferring leadership", undefined, (_, context) => ({ kind: "transfer", peer: peerOf(context) })),
  phrase("leadership transfer", undefined, () => ({ kind: "transfer" })),
  phrase("took too long", /took too long/, () => ({ kind: "slow-apply" })),
];

/** `[{Suffrage:Voter ID:n1 Address:127.0.0.1:9000} {Suffrage:Nonvoter ...}]` */
function configuration(text: string): readonly Fact[] | undefined {
  const servers = [...text.matchAll(/\{Suffrage:(\w+) ID:(\S+) Address:([^\s}]+)\}/g)];
  if (servers.length === 0) return undefined;
  const those = (voter: boolean): readonly string[] =>
    servers.filter(([, suffrage]) => (suffrage === "Voter") === voter).map(([, , id = ""]) => id);
  return [
    { kind: "configuration", members: { voters: those(true), outgoing: [], learners: those(false) } },
    ...servers.map(([, , member, address]): Fact => ({ kind: "named", member, text: address })),
  ];
}

export const hashicorpPhrases = new Phrasebook(phrases);
