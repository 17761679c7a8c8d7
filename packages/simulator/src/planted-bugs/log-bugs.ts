import { realRules } from "@quorate/raft";
import { withDatagrams, without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** How a follower takes in what a leader sends. */
export const logBugs: readonly PlantedBug[] = [
  {
    name: "entries are spliced behind any entry of the right index",
    breaks: "previousMatches",
    rules: without({ previousMatches: (ours) => ours !== undefined }),
    caughtBy: ["log matching", "state machine safety", "quorum durability", "invariant"],
    seeds: 300,
  },
  {
    name: "every append cuts the log where it begins",
    breaks: "firstConflict",
    rules: without({
      firstConflict: (termAt, entries) => {
        const first = entries[0]?.index;
        return first !== undefined && termAt(first) !== undefined ? first : undefined;
      },
    }),
    caughtBy: ["quorum durability", "invariant", "promise durability", "leader completeness"],
    seeds: 100,
  },
  {
    name: "a conflicting entry is kept",
    breaks: "firstConflict",
    rules: without({ firstConflict: () => undefined }),
    caughtBy: ["log matching", "state machine safety", "quorum durability", "invariant"],
    seeds: 100,
  },
  {
    name: "the log is cut one entry before the conflict",
    breaks: "firstConflict",
    rules: without({
      firstConflict: (termAt, entries) => {
        const conflict = realRules.firstConflict(termAt, entries);
        return conflict === undefined ? undefined : Math.max(1, conflict - 1);
      },
    }),
    caughtBy: ["invariant", "quorum durability", "promise durability", "leader completeness", "log matching"],
    seeds: 300,
  },
  {
    name: "nothing ever fits behind what a follower has",
    breaks: "previousMatches",
    rules: without({ previousMatches: () => false }),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 5,
  },
  {
    name: "a deposed leader's appends are taken",
    breaks: "messages",
    distort: (message, { term }) => (message.type === "append" && message.term < term ? { ...message, term } : message),
    adjust: withDatagrams,
    caughtBy: ["log matching", "quorum durability", "invariant", "leader append-only", "promise durability"],
    seeds: 300,
  },
  {
    name: "rejected appends are not told of",
    breaks: "messages",
    distort: (message) => (message.type === "append-rejected" ? undefined : message),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 300,
  },
];
