import { atLeast, exactly } from "./bounds.ts";
import type { DirectedScenario } from "./directed.ts";
import { largeStateScenarios } from "./large-states.ts";
import { cutOff, divergingTails, standsFirst } from "./directed-steps.ts";

/** Logs keep nothing behind a checkpoint, and a state takes a while to install. */
const pruned = {
  electionTimeoutMs: 1000,
  states: { keptEntries: 0, stateBytes: 100, chunks: 2, installMs: 700 },
};

/** States that are sent while leaders change. */
export const stateScenarios: readonly DirectedScenario[] = [
  {
    name: "state-behind-a-longer-log",
    title: "A state arrives at a member whose log has gone on behind it by the hand of the next leader.",
    source: "Raft §7 (entries that follow the snapshot are retained); raft-pitfalls B60",
    members: 3,
    setting: { ...pruned, asksFrom: 9 },
    steps: [
      ...standsFirst("a", ["leader"]),
      cutOff("a", ["leader", "b"]),
      { at: 0.2, do: "propose", to: "leader", count: 10 },
      // Only the leader knows that they are committed; its state holds them, and its log does not any more.
      {
        at: 0.2,
        once: { stores: "b", more: 10 },
        do: "drop",
        links: [["leader", "b"]],
        types: ["append", "heartbeat"],
      },
      { at: 0.2, once: { applies: "leader", more: 10 }, do: "patience", who: ["a"], share: 0 },
      { at: 0.2, once: { passed: 0.01 }, do: "prune", who: ["leader"] },
      { at: 0.2, do: "mend", links: [["a", "leader"]] },
      // The state is there by now, and not installed yet.
      { at: 0.2, once: { takes: "a" }, do: "hand-over", from: "leader", to: "b" },
      {
        at: 0.2,
        once: { leads: "b" },
        do: "cut",
        links: [
          ["leader", "a"],
          ["leader", "b"],
        ],
      },
      { at: 0.2, do: "mend", links: [["a", "b"]] },
      { at: 0.2, do: "propose", to: "b", count: 3 },
      { at: 0.2, once: { stores: "a", more: 14 }, do: "drop", links: [["b", "a"]], types: ["append", "heartbeat"] },
      { at: 0.2, once: { commits: "b", more: 14 }, do: "patience", who: ["a"], share: 0 },
      { at: 0.2, once: { applies: "a", more: 10 }, do: "crash", who: ["b"] },
      { at: 0.2, do: "heal" },
      { at: 9, do: "start", who: ["b"] },
    ],
    lasts: 18,
    expects: { leaderChanges: exactly(2), finalLeader: ["a"], serves: true },
    broken: {
      what: "an installed state takes the log behind it away",
      rules: { keepsSuffix: () => false },
      expects: { violation: ["leader completeness", "state machine safety", "invariant"] },
    },
  },
  {
    name: "state-over-another-history",
    title: "A deposed leader comes back with a tail of its own, and needs a state that ends within it.",
    source: "Raft §7 (the entire log is discarded); raft-pitfalls B59",
    members: 3,
    setting: { ...pruned, asksFrom: 8 },
    steps: [
      ...divergingTails,
      { at: 0.2, once: { applies: "a", more: 4 }, do: "patience", who: ["a"], share: 0 },
      { at: 0.2, once: { passed: 0.01 }, do: "prune", who: ["a"] },
      { at: 0.2, do: "heal" },
    ],
    lasts: 14,
    expects: { leaderChanges: exactly(1), finalLeader: ["a"], serves: true },
    broken: {
      what: "an installed state leaves entries of another history behind it",
      rules: { keepsSuffix: (ours) => ours !== undefined },
      expects: { violation: ["log matching", "state machine safety", "invariant"] },
    },
  },
  {
    name: "state-that-the-log-overtakes",
    title:
      "A state has arrived and is about to be installed, when the next leader's entries take its receiver further.",
    source: "Raft §7; raft-pitfalls B59 (an old snapshot installed)",
    members: 3,
    setting: { ...pruned, asksFrom: 9, link: { minDelayMs: 1, meanDelayMs: 0, delayShape: "constant" } },
    steps: [
      { at: 0, do: "patience", who: ["leader", "a"], share: 0.9 },
      cutOff("a", ["leader", "b"]),
      { at: 0.2, do: "propose", to: "leader", count: 10 },
      { at: 0.2, once: { applies: "leader", more: 10 }, do: "patience", who: ["a"], share: 0.9 },
      { at: 0.2, once: { passed: 0.01 }, do: "prune", who: ["leader"] },
      { at: 0.2, do: "mend", links: [["a", "leader"]] },
      { at: 0.2, once: { takes: "a" }, do: "hand-over", from: "leader", to: "b" },
      { at: 0.2, once: { leads: "b" }, do: "mend", links: [["a", "b"]] },
      { at: 0.2, do: "propose", to: "b", count: 3 },
    ],
    lasts: 16,
    expects: { leaderChanges: exactly(1), finalLeader: ["b"], serves: true },
    broken: {
      what: "a state is taken that is older than what is applied",
      rules: { mayTakeState: () => true },
      expects: { violation: ["state machine safety", "invariant"] },
    },
  },
  {
    name: "leader-dies-as-it-sends-its-state",
    title: "A member needs the state; the leader dies in the middle of sending it, and the next one sends its own.",
    source: "Raft §7; DESIGN §5 (a transfer that is cut off costs nobody anything)",
    members: 3,
    setting: { ...pruned, states: { ...pruned.states, chunks: 50, installMs: 100 }, link: { minDelayMs: 10 } },
    steps: [
      { at: 0, do: "patience", who: ["b"], share: 0 },
      cutOff("a", ["leader", "b"]),
      { at: 2, do: "prune", who: ["leader", "b"] },
      { at: 2, do: "heal" },
      { at: 2.6, do: "crash", who: ["leader"] },
      { at: 10, do: "start", who: ["leader"] },
    ],
    lasts: 18,
    expects: { leaderChanges: exactly(1), finalLeader: ["b"], longestOutage: atLeast(0.8), serves: true },
  },
  ...largeStateScenarios,
];
