import type { Fact, RoleName } from "../fact.ts";
import { Phrasebook, type Phrase, type PhraseContext } from "../phrasebook.ts";

function phrase(
  needs: string,
  pattern: RegExp | undefined,
  fact: (match: RegExpExecArray, context: PhraseContext) => Fact | readonly Fact[] | undefined,
): Phrase {
  return { needs, ...(pattern === undefined ? {} : { pattern }), fact };
}

const number = (text: string | undefined): number | undefined => (text === undefined ? undefined : Number(text));

/** `raft: term 3 -> 4, became candidate: a quorum would vote for us`, with role, term and leader as fields. */
function role({ message, field }: PhraseContext): readonly Fact[] {
  const term = number(field("term"));
  const leader = field("leader");
  const own = number(/term (\d+) -> \d+/.exec(message)?.[1]);
  const facts: Fact[] = [
    { kind: "role", member: field("id"), role: field("role") as RoleName, term, own, text: message.slice(6) },
  ];
  if (/follows member /.test(message) && leader !== undefined) facts.push({ kind: "leader-known", peer: leader, term });
  if (message.includes("knows no leader")) facts.push({ kind: "leader-lost", term });
  if (message.includes("heard no quorum for")) facts.push({ kind: "quorum-lost", term });
  const [, later, laterTerm] = /member ([0-9a-f]+) is in the later term (\d+)/.exec(message) ?? [];
  if (later !== undefined) facts.push({ kind: "higher-term", peer: later, term: number(laterTerm), own });
  const [, stranded, strandedTerm] =
    /takes back member ([0-9a-f]+), stranded in the later term (\d+)/.exec(message) ?? [];
  if (stranded !== undefined) facts.push({ kind: "higher-term", peer: stranded, term: number(strandedTerm), own });
  const stands = /member ([0-9a-f]+) stands for election in term (\d+)/.exec(message);
  if (stands !== null) facts.push({ kind: "vote-cast", peer: stands[1], term: number(stands[2]) });
  if (/hands over its leadership|is no voter of the committed/.test(message)) facts.push({ kind: "transfer", term });
  const stalled = /disk has stored nothing for ([\d.]+) ms/.exec(message);
  if (stalled !== null) facts.push({ kind: "slow-sync", value: number(stalled[1]), text: "stalled" });
  return facts;
}

/** `voters (1 2 3) and (1 2) learners (4) to be promoted (4)` */
function configuration(text: string): Fact {
  const list = (name: string): readonly string[] =>
    (new RegExp(`${name} \\(([^)]*)\\)`).exec(text)?.[1] ?? "").split(" ").filter((each) => each !== "");
  return {
    kind: "configuration",
    members: { voters: list("voters"), outgoing: list("\\) and"), learners: list("learners") },
  };
}

const phrases: readonly Phrase[] = [
  phrase("raft: the configuration at", /in force: (.*)$/, (match) => configuration(match[1] ?? "")),
  phrase("raft: transfer to", /transfer to ([0-9a-f]+) (\S+)/, (match) => ({
    kind: "transfer",
    peer: match[1],
    text: match[2],
  })),
  phrase("raft: ", /^raft: /, (_, context) => (context.field("role") === undefined ? undefined : role(context))),
  phrase("asks for votes", /^member ([0-9a-f]+) asks for votes/, (match, { field }) => ({
    kind: "vote-ignored",
    peer: match[1],
    count: number(field("times")),
  })),
  phrase(
    "has another log",
    /^member ([0-9a-f]+) has another log: it refused what follows (\d+)@(\d+), and has term (\d+) there/,
    (match) => ({
      kind: "mismatch",
      peer: match[1],
      index: Number(match[2]),
      term: Number(match[3]),
      own: Number(match[4]),
    }),
  ),
  phrase("storing in the log takes long", undefined, (_, { field }) => ({
    kind: "slow-sync",
    value: number(field("tookMs")),
  })),
  phrase("timers are late", undefined, (_, { field }) => ({
    kind: "late",
    value: number(field("lateMs")),
    count: number(field("times")),
    text: "timers",
  })),
  phrase("this leader is slow", undefined, (_, { field }) => [
    { kind: "late", value: number(field("loopDelayMs")), text: "stepped aside" },
    { kind: "slow-sync", value: number(field("syncMs")), text: "stepped aside" },
  ]),
  phrase("applying is behind", undefined, (_, { field }) => ({
    kind: "apply-behind",
    value: number(field("entries")),
  })),
  phrase("the log grows", undefined, (_, { field }) => ({ kind: "log-grown", value: number(field("bytes")) })),
  phrase("the log begins after", /after (\d+)@/, (match) => ({
    kind: "compacted",
    index: Number(match[1]),
    text: "log",
  })),
  phrase("checkpoint at", /^checkpoint at (\d+)@/, (match) => ({
    kind: "compacted",
    index: Number(match[1]),
    text: "checkpoint",
  })),
  phrase("the machine was suspended", undefined, (_, { field }) => ({
    kind: "suspended",
    value: number(field("suspendedMs")),
  })),
  phrase("link to member", /^\w+ link to member ([0-9a-f]+) is (up|down)/, (match) => ({
    kind: match[2] === "up" ? "peer-up" : "peer-down",
    peer: match[1],
  })),
  phrase("a peer cannot be reached", undefined, (_, { field }) =>
    (field("reason") ?? "").includes("cluster")
      ? { kind: "wrong-cluster", peer: field("peer"), text: "cluster id" }
      : { kind: "peer-down", peer: field("peer"), text: field("reason") },
  ),
  phrase("was refused", /^a connection with .* was refused: (.*)$/, (match) => {
    const reason = match[1] ?? "";
    const [, forgetful] = /^this is start \d+ of member ([0-9a-f]+), and start \d+ was seen/.exec(reason) ?? [];
    if (forgetful !== undefined) return { kind: "wrong-cluster", text: "forgotten start", peer: forgetful };
    if (/ of cluster /.test(reason))
      return { kind: "wrong-cluster", text: "cluster id", peer: /, member ([0-9a-f]+) of/.exec(reason)?.[1] };
    return /looks for member|both sides say|is not a peer/.test(reason)
      ? { kind: "wrong-cluster", text: "member id", peer: /^member ([0-9a-f]+)/.exec(reason)?.[1] }
      : undefined;
  }),
  phrase("is not listened to", /^member ([0-9a-f]+) is not listened to/, (match) => ({
    kind: "wrong-cluster",
    peer: match[1],
    text: "forgotten start",
  })),
  phrase("of another cluster", undefined, () => ({ kind: "wrong-cluster", text: "cluster id" })),
  phrase("belongs to", /directory .*belongs to/, () => ({ kind: "wrong-cluster", text: "data directory" })),
  phrase("sending the state as of", /as of (\d+)@\d+ to member ([0-9a-f]+)/, (match, { field }) => ({
    kind: "snapshot-begun",
    index: Number(match[1]),
    peer: match[2],
    text: field("kind"),
  })),
  phrase("has the state as of", /^member ([0-9a-f]+) has the state as of (\d+)@/, (match) => ({
    kind: "snapshot-sent",
    peer: match[1],
    index: Number(match[2]),
  })),
  phrase("sending the state to member", /member ([0-9a-f]+) ended: (.*)$/, (match) => ({
    kind: "snapshot-failed",
    peer: match[1],
    text: match[2],
  })),
  phrase("the state is now as of", /as of (\d+)@/, (match) => ({ kind: "snapshot-taken", index: Number(match[1]) })),
  phrase("no space left", undefined, () => ({ kind: "no-space", text: "disk" })),
  phrase("no space", /alarm/, () => ({ kind: "no-space", text: "database quota" })),
  phrase("the state takes as much as it may", undefined, () => ({ kind: "no-space", text: "database quota" })),
  phrase("NOSPACE", undefined, () => ({ kind: "no-space", text: "database quota" })),
  phrase("disk is full", undefined, () => ({ kind: "no-space", text: "disk" })),
  phrase("stopped", /^stopped/, (_, { field }) =>
    field("code") === "no-space" ? [{ kind: "no-space", text: "disk" }, { kind: "stopped" }] : { kind: "stopped" },
  ),
  phrase("stopping", /^stopping$/, () => ({ kind: "stopped" })),
  phrase("starting", /^starting$/, () => ({ kind: "started" })),
];

export const quoratePhrases = new Phrasebook(phrases);

/** For logs that embed these in a layout of their own. */
export const quoratePhraseList: readonly Phrase[] = phrases;
