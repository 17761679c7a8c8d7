import { goDurationMs } from "../durations.ts";
import type { Fact, RoleName } from "../fact.ts";
import { Phrasebook, type Phrase, type PhraseContext } from "../phrasebook.ts";

const id = "([0-9a-f]{2,16})";

/** A part of `text` in Go's words for a duration. */
function duration(text: string | undefined): number | undefined {
  return goDurationMs(text);
}

function phrase(
  needs: string,
  pattern: string,
  fact: (groups: readonly string[], context: PhraseContext) => Fact | readonly Fact[] | undefined,
): Phrase {
  return {
    needs,
    pattern: new RegExp(pattern),
    fact: (match, context) =>
      fact(
        [...match].map((group) => group ?? ""),
        context,
      ),
  };
}

/** Messages of etcd's raft package begin with who speaks. */
const raft: readonly Phrase[] = [
  phrase(
    "became ",
    `^${id} became (follower|pre-candidate|candidate|leader) at term (\\d+)`,
    ([, member, role, term]) => ({
      kind: "role",
      member,
      role: role as RoleName,
      term: Number(term),
    }),
  ),
  phrase("elected leader ", `^raft.node: ${id} elected leader ${id} at term (\\d+)`, ([, member, peer, term]) => ({
    kind: "leader-known",
    member,
    peer,
    term: Number(term),
  })),
  phrase(
    "changed leader from",
    `^raft.node: ${id} changed leader from ${id} to ${id} at term (\\d+)`,
    ([, member, , peer, term]) => ({
      kind: "leader-known",
      member,
      peer,
      term: Number(term),
    }),
  ),
  phrase("lost leader ", `^raft.node: ${id} lost leader ${id} at term (\\d+)`, ([, member, peer, term]) => ({
    kind: "leader-lost",
    member,
    peer,
    term: Number(term),
  })),
  phrase(
    "message with higher term",
    `^${id} \\[term: (\\d+)\\] received a (Msg\\w+) message with higher term from ${id} \\[term: (\\d+)\\]`,
    ([, member, own, text, peer, term]) => ({
      kind: "higher-term",
      member,
      own: Number(own),
      term: Number(term),
      peer,
      text,
    }),
  ),
  phrase(
    "lease is not expired",
    `^${id} .*ignored (Msg\\w+) from ${id}.* at term (\\d+)`,
    ([, member, text, peer, term]) => ({
      kind: "vote-ignored",
      member,
      peer,
      term: Number(term),
      text,
    }),
  ),
  phrase("] cast ", `^${id} .*\\] cast MsgVote for ${id} .* at term (\\d+)`, ([, member, peer, term]) => ({
    kind: "vote-cast",
    member,
    peer,
    term: Number(term),
  })),
  phrase("rejected MsgVote", `^${id} .*rejected MsgVote from ${id}.* at term (\\d+)`, ([, member, peer, term]) => ({
    kind: "vote-refused",
    member,
    peer,
    term: Number(term),
  })),
  phrase("quorum is not active", `^${id} stepped down to follower`, ([, member]) => ({ kind: "quorum-lost", member })),
  phrase(
    "found conflict at index",
    "found conflict at index (\\d+) \\[existing term: (\\d+), conflicting term: (\\d+)\\]",
    ([, index, own, term]) => ({ kind: "conflict", index: Number(index), own: Number(own), term: Number(term) }),
  ),
  phrase(
    "rejected MsgApp",
    `^${id} \\[logterm: (\\d+), index: \\d+\\] rejected MsgApp \\[logterm: (\\d+), index: (\\d+)\\] from ${id}`,
    ([, member, own, term, index]) => ({
      kind: "mismatch",
      member,
      peer: member,
      own: Number(own),
      term: Number(term),
      index: Number(index),
    }),
  ),
  phrase(
    "MsgAppResp",
    `^${id} received MsgAppResp\\(.*rejected.*\\) from ${id} for index (\\d+)`,
    ([, member, peer, index], { message }) => ({
      kind: "mismatch",
      member,
      peer,
      index: Number(index),
      own: numberAfter(message, /hint: \(index \d+, term (\d+)\)/),
    }),
  ),
  phrase(
    "switched to configuration",
    `^${id} switched to configuration voters=\\(([\\d ]*)\\)(?:&&\\(([\\d ]*)\\))?(?: learners=\\(([\\d ]*)\\))?`,
    ([, member, voters, outgoing, learners]) => ({
      kind: "configuration",
      member,
      members: { voters: hexadecimal(voters), outgoing: hexadecimal(outgoing), learners: hexadecimal(learners) },
    }),
  ),
  phrase(
    "transfer leadership",
    `^${id} \\[term (\\d+)\\] starts to transfer leadership to ${id}`,
    ([, member, term, peer]) => ({
      kind: "transfer",
      member,
      term: Number(term),
      peer,
    }),
  ),
];

/** The server around it. Its first words are those of zap's messages; what follows is capnslog's. */
const server: readonly Phrase[] = [
  phrase("slow fdatasync", "", (_, { field }) => ({ kind: "slow-sync", value: duration(field("took")) })),
  phrase("sync duration of", "sync duration of ([\\d.a-zµ]+), expected", ([, took]) => ({
    kind: "slow-sync",
    value: duration(took),
  })),
  phrase("took too long", "failed to send out heartbeat on time", (_, { field }) => ({
    kind: "late",
    peer: field("to"),
    value: duration(field("exceeded-duration")),
  })),
  phrase(
    "failed to send out heartbeat on time",
    "exceeded the [\\d.a-zµ]+ timeout for ([\\d.a-zµ]+), to ([0-9a-f]+)",
    ([, late, peer]) => ({
      kind: "late",
      peer,
      value: duration(late),
    }),
  ),
  phrase("took too long", "took too long \\(([\\d.a-zµ]+)\\) to execute", ([, took]) => ({
    kind: "slow-apply",
    value: duration(took),
  })),
  phrase("took too long", "apply entries took too long \\[([\\d.a-zµ]+) for", ([, took]) => ({
    kind: "slow-apply",
    value: duration(took),
  })),
  phrase("took too long", "(apply request|ReadIndex response|request) took too long", (_, { field }) => ({
    kind: "slow-apply",
    value: duration(field("took")),
  })),
  phrase(
    "database snapshot",
    "start(ed)? to send database snapshot|sending database snapshot",
    (_, { message, field }) => ({
      kind: "snapshot-begun",
      ...snapshot(message, field),
    }),
  ),
  phrase(
    "database snapshot",
    "failed to send database snapshot|database snapshot .*failed to be sent",
    (_, { message, field }) => ({
      kind: "snapshot-failed",
      ...snapshot(message, field),
    }),
  ),
  phrase(
    "database snapshot",
    "sent database snapshot|database snapshot .*sent out successfully",
    (_, { message, field }) => ({
      kind: "snapshot-sent",
      ...snapshot(message, field),
    }),
  ),
  phrase("incoming", "finished applying incoming snapshot at index (\\d+)", ([, index]) => ({
    kind: "snapshot-taken",
    index: Number(index),
  })),
  phrase("applied snapshot", "^applied snapshot", (_, { field }) => ({
    kind: "snapshot-taken",
    index: Number(field("incoming-leader-snapshot-index") ?? "0"),
  })),
  phrase("alarm", "alarm NOSPACE raised|^alarm raised", (_, { message, field }) =>
    message.includes("NOSPACE") || field("alarm") === "NOSPACE"
      ? { kind: "no-space", text: "database quota" }
      : undefined,
  ),
  phrase("database space exceeded", "", () => ({ kind: "no-space", text: "database quota" })),
  phrase("no space left on device", "", () => ({ kind: "no-space", text: "disk" })),
  phrase("luster ID mismatch", "", (_, { message, field }) => ({
    kind: "wrong-cluster",
    peer: field("remote-peer-id") ?? field("remote-peer-server-name") ?? /remote\[([0-9a-f]+)\]/.exec(message)?.[1],
    text: "cluster id",
  })),
  phrase("cluster-id mismatch", "", () => ({ kind: "wrong-cluster", text: "cluster id" })),
  phrase("permanently removed from the cluster", "", () => ({ kind: "wrong-cluster", text: "removed member" })),
  phrase("because it was removed", "", (_, { field }) => ({
    kind: "wrong-cluster",
    peer: field("remote-peer-id"),
    text: "removed member",
  })),
  phrase("since it was removed", "from peer ([0-9a-f]+) since it was removed", ([, peer]) => ({
    kind: "wrong-cluster",
    peer,
    text: "removed member",
  })),
  phrase("ID mismatch", "streaming request ignored", (_, { field }) => ({
    kind: "wrong-cluster",
    peer: field("remote-peer-id"),
    text: "member id",
  })),
  phrase("member count is unequal", "", () => ({ kind: "wrong-cluster", text: "member count" })),
  phrase("high clock drift", "", (_, { field }) => ({
    kind: "clock-difference",
    peer: field("remote-peer-id"),
    value: duration(field("clock-drift")),
  })),
  phrase(
    "clock difference against peer",
    "clock difference against peer ([0-9a-f]+) is too high \\[([\\d.a-zµ]+)",
    ([, peer, value]) => ({
      kind: "clock-difference",
      peer,
      value: duration(value),
    }),
  ),
  phrase("became inactive", "(?:peer ([0-9a-f]+) )?became inactive", ([, peer], { field }) => ({
    kind: "peer-down",
    peer: peer === "" ? field("peer-id") : peer,
  })),
  phrase("became active", "(?:peer ([0-9a-f]+) )?became active", ([, peer], { field }) => ({
    kind: "peer-up",
    peer: peer === "" ? field("peer-id") : peer,
  })),
  phrase("unhealthy status", "", (_, { field }) => ({
    kind: "peer-down",
    peer: field("remote-peer-id"),
    text: "prober",
  })),
  phrase("health check for peer", "health check for peer ([0-9a-f]+) could not connect", ([, peer]) => ({
    kind: "peer-down",
    peer,
    text: "prober",
  })),
  phrase("scheduled compaction", "finished scheduled compaction(?: at (\\d+))?", ([, at], { field }) => ({
    kind: "compacted",
    index: Number(at === "" ? (field("compact-revision") ?? "0") : at),
    text: "history",
  })),
  phrase("ompacted", "^compacted [Rr]aft log", (_, { message, field }) => ({
    kind: "compacted",
    index: Number(field("compact-index") ?? /at (\d+)/.exec(message)?.[1] ?? "0"),
    text: "log",
  })),
  phrase("starting member", "starting member ([0-9a-f]+) in cluster", ([, member]) => ({ kind: "started", member })),
  phrase("starting local member", "", (_, { field }) => ({ kind: "started", member: field("local-member-id") })),
  phrase("restarting", "restarting (?:local )?member(?: ([0-9a-f]+) in)?", ([, member], { field }) => ({
    kind: "started",
    member: member === "" ? field("local-member-id") : member,
  })),
  phrase("starting an etcd server", "", (_, { field }) => ({ kind: "named", text: field("name") })),
  phrase("name = ", "^name = (\\S+)$", ([, name]) => ({ kind: "named", text: name })),
  phrase("published", "published \\{Name:(\\S+) ", ([, name]) => ({ kind: "named", text: name })),
  phrase("published local member", "", (_, { field }) => ({
    kind: "named",
    member: field("local-member-id"),
    text: /Name:(\S+) /.exec(field("local-member-attributes") ?? "")?.[1],
  })),
  phrase("data-dir used by this member", "must be removed", () => ({ kind: "wrong-cluster", text: "removed member" })),
  phrase("received", "received (?:terminated|interrupt)? ?signal[;,] shutting down", () => ({ kind: "stopped" })),
];

/** `[index: 5, to 7f22...]` in capnslog's messages, fields in zap's. */
function snapshot(message: string, field: (name: string) => string | undefined): Pick<Fact, "peer" | "index"> {
  const [, index, peer] = /index: (\d+),? to:? ([0-9a-f]+)/.exec(message) ?? [];
  return {
    peer: field("remote-peer-id") ?? field("to") ?? peer,
    index: Number(field("snapshot-index") ?? index ?? "0"),
  };
}

function numberAfter(message: string, pattern: RegExp): number | undefined {
  const found = pattern.exec(message)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Configurations have their members in decimal, everything else in hexadecimal. */
function hexadecimal(list: string | undefined): readonly string[] {
  return (list ?? "")
    .split(" ")
    .filter((each) => each !== "")
    .map((each) => BigInt(each).toString(16));
}

export const etcdPhrases = new Phrasebook([...raft, ...server]);
