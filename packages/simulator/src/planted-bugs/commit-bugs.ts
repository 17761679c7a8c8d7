import { majority, realRules } from "@quorate/raft";
import type { LogIndex, Term } from "@quorate/raft";
import type { CoreFactory } from "../core/core-member-options.ts";
import { termIn } from "../replica/written-entries.ts";
import { aroundCore } from "./around.ts";
import { without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** A leader looks for what it may commit from its commit index on, entry by entry, and stops at the first of an older term. */
const stopsAtOlderTerms: CoreFactory = (options) => {
  const terms = new Map<LogIndex, Term>();
  const termAt = (index: LogIndex): Term => terms.get(index) ?? termIn(options.log.termRuns, index);
  const rules = without({
    mayCommit: (decided, commit, term) => realRules.mayCommit(decided, commit, term) && termAt(commit + 1) === term,
  });
  const noting = aroundCore((core) => ({
    takeEffects: () => {
      const effects = core.takeEffects();
      for (const effect of effects) {
        if (effect.type === "persist") for (const { index, term } of effect.entries) terms.set(index, term);
      }
      return effects;
    },
  }));
  return noting({ ...options, rules });
};

/** What counts as stored, and what as committed. */
export const commitBugs: readonly PlantedBug[] = [
  {
    name: "the leader counts entries that its own disk does not hold",
    breaks: "leaderMatch",
    rules: without({ leaderMatch: (last) => last }),
    caughtBy: ["quorum durability", "state machine safety", "invariant"],
    seeds: 50,
  },
  {
    name: "a follower acknowledges its whole log, checked or not",
    breaks: "acknowledged",
    rules: without({ acknowledged: (_end, ownLast) => ownLast }),
    caughtBy: ["quorum durability", "promise durability", "invariant"],
    seeds: 100,
  },
  {
    name: "a late acknowledgment takes the match index back",
    breaks: "mergeMatch",
    rules: without({ mergeMatch: (_known, acknowledged) => acknowledged }),
    caughtBy: ["monotonic state", "invariant"],
    seeds: 100,
  },
  {
    name: "half of the members are enough to commit",
    breaks: "decided",
    rules: without({
      decided: ({ voters }, matchOf) =>
        voters.map(matchOf).sort((a, b) => b - a)[majority(voters.length) - 2] as number,
    }),
    caughtBy: ["quorum durability", "state machine safety", "invariant"],
    seeds: 20,
  },
  {
    name: "entries of older terms are committed by counting (Figure 8)",
    breaks: "mayCommit",
    rules: without({ mayCommit: (decided, commit) => decided.index > commit }),
    caughtBy: ["commit in own term", "leader completeness"],
    seeds: 300,
  },
  {
    name: "the search for what may be committed stops at an entry of an older term",
    breaks: "mayCommit",
    createCore: stopsAtOlderTerms,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 50,
  },
  {
    name: "one disk is enough to commit",
    breaks: "decided",
    rules: without({ decided: ({ voters }, matchOf) => Math.max(...voters.map(matchOf)) }),
    caughtBy: ["quorum durability", "state machine safety", "invariant"],
    seeds: 20,
  },
  {
    name: "an acknowledgment counts for one entry more",
    breaks: "mergeMatch",
    rules: without({ mergeMatch: (known, acknowledged) => Math.max(known, acknowledged + 1) }),
    caughtBy: ["quorum durability", "invariant"],
    seeds: 100,
  },
  {
    name: "an acknowledgment leaves out the last entry",
    breaks: "acknowledged",
    rules: without({ acknowledged: (endOfAppend) => Math.max(0, endOfAppend - 1) }),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 5,
  },
  {
    name: "a heartbeat commits all that a follower has",
    breaks: "followerCommit",
    rules: without({ followerCommit: (commit, leaderCommit) => Math.max(commit, leaderCommit) }),
    distort: (message, { last }) => (message.type === "heartbeat" ? { ...message, commit: last.index } : message),
    caughtBy: ["state machine safety", "quorum durability", "invariant"],
    seeds: 100,
  },
  {
    name: "a follower commits what its leader has committed, checked or not",
    breaks: "followerCommit",
    rules: without({ followerCommit: (commit, leaderCommit) => Math.max(commit, leaderCommit) }),
    caughtBy: ["state machine safety", "monotonic state", "quorum durability", "invariant"],
    seeds: 500,
  },
  {
    name: "a rejection counts as an acknowledgment",
    breaks: "messages",
    distort: (message) =>
      message.type === "append-rejected" && message.rejected > 0
        ? { type: "append-accepted", term: message.term, match: message.rejected }
        : message,
    caughtBy: ["quorum durability", "invariant"],
    seeds: 300,
  },
];
