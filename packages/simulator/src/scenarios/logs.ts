import { keepingMatches, oldAcknowledgmentsCount, rejectionsPointAtTheirPlace } from "../planted-bugs/scenario-bugs.ts";
import { exactly } from "./bounds.ts";
import type { DirectedScenario, DirectedStep, Setting, TermCount } from "./directed.ts";
import { divergingTails, standsFirst } from "./directed-steps.ts";

/** Long beside the up to 100 ms that a restarted member's connections take. */
const slow = { electionTimeoutMs: 1000 };

/**
 * Only a gets what the leader has last. b is elected without them, and cuts the leader back, which then leads again and gets
 * other entries to c alone: a, b and d elect a leader without these.
 */
function deposedAndBack(answer: "late" | "at once"): readonly DirectedStep[] {
  return [
    { at: 0, do: "patience", who: ["b"], share: 0 },
    { at: 0, do: "patience", who: ["leader"], share: 0.3 },
    { at: 0, do: "patience", who: ["a", "c", "d"], share: 0.9 },
    // Only a gets five entries; its answer arrives, or is long under way.
    ...(answer === "late" ? [{ at: 0.2, do: "delay", links: [["a", "leader"]], lasts: 8 } as const] : []),
    {
      at: 0.2,
      do: "drop",
      links: [
        ["leader", "b"],
        ["leader", "c"],
        ["leader", "d"],
      ],
      types: ["append"],
    },
    { at: 0.2, do: "propose", to: "leader", count: 5 },
    { at: 0.2, once: { stores: "a", more: 5 }, do: "patience", who: ["d"], share: 0.9 },
    {
      at: 0.2,
      once: { passed: 0.05 },
      do: "cut",
      links: [
        ["a", "b"],
        ["a", "c"],
        ["a", "d"],
        ["leader", "b"],
        ["leader", "c"],
        ["leader", "d"],
      ],
    },
    { at: 0.2, do: "block", links: [["leader", "a"]] },
    // b leads, and replaces what the first leader has.
    { at: 0.2, once: { leads: "b" }, do: "mend", links: [["leader", "b"]] },
    { at: 0.2, once: { commits: "leader", more: 1 }, do: "crash", who: ["b"] },
    {
      at: 0.2,
      do: "mend",
      links: [
        ["leader", "c"],
        ["leader", "d"],
      ],
    },
    { at: 0.2, do: "drop", links: [["leader", "c"]], types: [] },
    // It leads again; of what it takes now, c has everything and a has nothing.
    { at: 0.2, once: { leads: "leader" }, do: "propose", to: "leader", count: 5 },
    { at: 10, do: "crash", who: ["leader", "c"] },
    { at: 10, do: "start", who: ["b"] },
    { at: 10, do: "heal" },
    ...(answer === "late" ? [{ at: 10, do: "delay", links: [["a", "leader"]], lasts: 0 } as const] : []),
    { at: 16, do: "start", who: ["leader", "c"] },
  ];
}

function manyOf(...terms: readonly number[]): readonly TermCount[] {
  return terms.map((term) => ({ term, count: 200 }));
}

/** Logs that differ in more than the state weighs, five ms from each other; nothing of them is pruned. */
const farDiverged = {
  link: { style: "stream", minDelayMs: 5, meanDelayMs: 0 },
  states: { keptEntries: 1_000_000, checkpointShare: 0, stateBytes: 2000, chunks: 4, installMs: 50 },
  logs: { leader: manyOf(1, 3, 5, 7, 9, 11), a: manyOf(1, 2, 4, 6, 8, 10), b: manyOf(1, 3, 5, 7, 9, 11) },
} as const;

/** What is applied is not kept in memory, so that it has to be read back for a follower; or the state is cheaper by so many bytes. */
function weighing(stateAdvantageBytes: number): NonNullable<Setting["limits"]> {
  return { maxAppendBytes: 1000, logCacheBytes: 1, stateAdvantageBytes };
}

/** What comes of `deposedAndBack`. */
const leadsAgain = {
  members: 5,
  setting: { ...slow, asksFrom: 18 },
  lasts: 25,
  expects: { leaderChanges: exactly(3), finalLeader: ["b", "d"], serves: true },
} as const;

/** How logs come to differ, how they become one again, and what is committed meanwhile. */
export const logScenarios: readonly DirectedScenario[] = [
  {
    name: "figure-8",
    title: "An entry of an older term reaches a majority; its leader dies, and one with a later last term comes back.",
    source: "Raft §5.4.2, Figure 8; MISSION row 20",
    members: 5,
    setting: {
      ...slow,
      asksFrom: 15,
      limits: { maxAppendBytes: 1, maxInflightAppends: 1 },
      // What a dying process has sent is lost with its connections.
      link: { style: "stream" },
    },
    steps: [
      { at: 0, do: "patience", who: ["leader", "d"], share: 0 },
      { at: 0, do: "patience", who: ["a", "b", "c"], share: 0.9 },
      // (a) The leader (S1) gives an entry to a (S2) alone.
      {
        at: 0.2,
        do: "cut",
        links: [
          ["leader", "b"],
          ["leader", "c"],
          ["leader", "d"],
        ],
      },
      { at: 0.2, do: "propose", to: "leader", count: 1 },
      { at: 0.2, once: { stores: "a", more: 1 }, do: "crash", who: ["a"] },
      { at: 0.2, once: { stores: "leader", more: 1 }, do: "crash", who: ["leader"] },
      // (b) d (S5) is elected by b and c (S3, S4), and has an entry that nobody gets.
      {
        at: 0.2,
        do: "drop",
        links: [
          ["d", "b"],
          ["d", "c"],
        ],
        types: ["append"],
      },
      { at: 0.2, once: { leads: "d" }, do: "heal" },
      {
        at: 0.2,
        do: "drop",
        links: [
          ["d", "b"],
          ["d", "c"],
        ],
        types: ["append"],
      },
      { at: 0.2, once: { stores: "d", more: 1 }, do: "crash", who: ["d"] },
      // (c) S1 is back, elected, and replicates its old entry to b; the first of its own term comes after that.
      { at: 0.2, do: "drop", links: [["leader", "c"]], types: ["append"] },
      { at: 0.2, do: "delay", links: [["leader", "b"]], lasts: 0.05 },
      { at: 0.2, do: "start", who: ["leader", "a"] },
      // (d) S1 dies as soon as it has committed; d stands.
      { at: 0.2, once: { commits: "leader", more: 1 }, do: "crash", who: ["leader"] },
      { at: 0.2, do: "heal" },
      { at: 0.2, do: "start", who: ["d"] },
      { at: 12, do: "delay", links: [["leader", "b"]], lasts: 0 },
      { at: 12, do: "start", who: ["leader"] },
    ],
    lasts: 20,
    expects: { leaderChanges: exactly(3), finalLeader: ["a", "b", "c"], serves: true },
    broken: {
      what: "entries of older terms are committed by counting",
      rules: { mayCommit: (decided, commit) => decided.index > commit },
      expects: { violation: "leader completeness" },
    },
  },
  {
    name: "append-without-check",
    title:
      "A deposed leader comes back with a long tail of its own; the newest leader's first append begins within it.",
    source: "Raft §5.3 (AppendEntries consistency check); MISSION row 19",
    members: 3,
    setting: { ...slow, asksFrom: 12 },
    steps: [
      ...divergingTails,
      { at: 0.2, once: { commits: "a", more: 4 }, do: "crash", who: ["a"] },
      { at: 0.2, do: "heal" },
      { at: 8, do: "start", who: ["a"] },
    ],
    lasts: 16,
    expects: { leaderChanges: exactly(2), finalLeader: ["b"], serves: true },
    broken: {
      what: "entries are spliced behind any entry of the right index",
      rules: { previousMatches: (ours) => ours !== undefined },
      expects: { violation: "log matching" },
    },
  },
  {
    name: "deposed-leader-returns",
    title: "A deposed leader comes back with a tail that the new leader has committed others in place of.",
    source: "Raft §5.3 and Figure 2 (AppendEntries steps 3 to 5); raft-pitfalls B24 and B25",
    members: 3,
    setting: { ...slow, asksFrom: 8 },
    steps: [...divergingTails, { at: 0.2, once: { commits: "a", more: 4 }, do: "heal" }],
    lasts: 12,
    expects: { leaderChanges: exactly(1), finalLeader: ["a"], serves: true },
    broken: [
      {
        what: "a conflicting entry is kept",
        rules: { firstConflict: () => undefined },
        expects: { violation: "state machine safety" },
      },
      {
        what: "the leader's commit index is taken over before the log is checked against it",
        rules: { followerCommit: (commit, leaderCommit) => Math.max(commit, leaderCommit) },
        expects: { violation: "state machine safety" },
      },
    ],
  },
  {
    name: "new-leader-knows-less",
    title: "The next leader holds everything, and has not heard yet that it is committed; the other follower has.",
    source: "Raft Figure 2 (commitIndex increases monotonically), §5.4.2; raft-pitfalls B25",
    members: 3,
    setting: { ...slow, asksFrom: 5 },
    steps: [
      ...standsFirst("b", ["a"]),
      { at: 0.2, do: "propose", to: "leader", count: 5 },
      { at: 0.2, once: { holds: "b", more: 5 }, do: "block", links: [["leader", "b"]] },
      { at: 0.2, once: { commits: "a", more: 5 }, do: "crash", who: ["leader"] },
    ],
    lasts: 10,
    expects: { leaderChanges: exactly(1), finalLeader: ["b"], serves: true },
    broken: {
      what: "a follower's commit index follows its leader's, back as well",
      rules: { followerCommit: (_commit, leaderCommit, verified) => Math.min(leaderCommit, verified) },
      expects: { violation: "invariant" },
    },
  },
  {
    name: "acknowledgments-of-an-older-term",
    title: "A leader that was deposed, and cut back, leads again when an acknowledgment of its first term arrives.",
    source: "Raft Figure 2 (terms in every answer); raft-pitfalls B28",
    steps: deposedAndBack("late"),
    ...leadsAgain,
    broken: {
      what: "acknowledgments of an older term count",
      distort: oldAcknowledgmentsCount,
      expects: { violation: "leader completeness" },
    },
  },
  {
    name: "matches-of-an-earlier-leadership",
    title:
      "A leader that was deposed, and cut back, leads again; in its first term a follower had acknowledged what it has lost since.",
    source: "Raft Figure 2 (matchIndex[] is reinitialized after election); testing-anchors §4.3",
    steps: deposedAndBack("at once"),
    ...leadsAgain,
    broken: {
      what: "what followers are known to hold is kept from one leadership to the next",
      createCore: keepingMatches,
      expects: { violation: "leader completeness" },
    },
  },
  {
    name: "long-diverged-follower",
    title: "A follower has five thousand entries of five terms where its leader has others: how often is it asked?",
    source: "Raft §5.3 (end); DESIGN §3 (one round trip for each term, never for each entry); MISSION row 22",
    members: 3,
    setting: {
      ...slow,
      // A probe carries entries too: few, so that what is counted costs little. In a stream none overtakes another.
      limits: { maxAppendBytes: 1000 },
      link: { style: "stream" },
      logs: {
        leader: [1, 3, 5, 7, 9, 11].map((term) => ({ term, count: 1000 })),
        a: [1, 2, 4, 6, 8, 10].map((term) => ({ term, count: 1000 })),
        b: [1, 3, 5, 7, 9, 11].map((term) => ({ term, count: 1000 })),
      },
    },
    steps: [],
    lasts: 5,
    // One rejection for each of its five terms.
    expects: { leaderChanges: exactly(0), rejections: exactly(5), serves: true },
    broken: {
      what: "a rejection points at the rejected place, and the leader goes back one by one",
      distort: rejectionsPointAtTheirPlace,
      expects: { leaderChanges: exactly(0), rejections: exactly(5000), serves: true },
    },
  },
  {
    name: "diverged-beyond-its-worth",
    title:
      "A follower has a thousand entries of five terms where its leader has others, and the state is smaller than these: which of the two is it sent?",
    source: "Raft §5.3 and §7; DESIGN §3 (the state, where the log would cost more); MISSION row 22",
    members: 3,
    setting: { ...slow, ...farDiverged, limits: weighing(500) },
    steps: [],
    lasts: 15,
    // Asked twice: before the first refusal nobody knows that it has diverged, and the second names another term.
    expects: { leaderChanges: exactly(0), rejections: exactly(2), serves: true },
    broken: {
      what: "the leader walks back one by one, and never weighs what the state would cost",
      distort: rejectionsPointAtTheirPlace,
      setting: { limits: weighing(Number.MAX_SAFE_INTEGER) },
      expects: { leaderChanges: exactly(0), rejections: exactly(1000), serves: true },
    },
  },
];
