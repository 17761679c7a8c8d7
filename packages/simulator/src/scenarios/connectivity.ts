import type { Expectation, Scenario } from "./scenario.ts";

const nothingHappens: Expectation = {
  leaderChanges: { least: 0, most: 0 },
  termGrowth: { least: 0, most: 0 },
  serves: true,
};

/** One new leader, at the first or a later try. */
const oneNewLeader: Expectation = {
  leaderChanges: { least: 1, most: 1 },
  termGrowth: { least: 1, most: 4 },
  serves: true,
};

/** Networks that are neither whole nor in two. */
export const connectivityScenarios: readonly Scenario[] = [
  {
    name: "cloudflare-2020",
    title: "The leader and one follower do not see each other; the other follower sees both.",
    source: "Cloudflare, A Byzantine failure in the real world (2020)",
    members: 3,
    steps: [{ at: 1, do: "cut", links: [["leader", "a"]] }],
    lasts: 40,
    expects: nothingHappens,
    broken: {
      what: "there is neither Pre-Vote nor stickiness",
      rules: {
        mayGrantPreVote: ({ electionTerm, ourTerm }) => electionTerm > ourTerm,
        mayHearVote: () => true,
      },
      expects: { leaderChanges: { least: 2, most: 1000 }, termGrowth: { least: 2, most: 1000 } },
    },
  },
  {
    name: "deaf-follower",
    title: "One follower hears nobody, and is heard by all.",
    source: "MISSION row 5; TigerBeetle's one-way links",
    members: 3,
    steps: [
      {
        at: 1,
        do: "block",
        links: [
          ["leader", "a"],
          ["b", "a"],
        ],
      },
    ],
    lasts: 40,
    expects: nothingHappens,
  },
  {
    name: "mute-follower",
    title: "One follower hears all, and nobody hears it.",
    source: "MISSION row 5",
    members: 3,
    steps: [
      {
        at: 1,
        do: "block",
        links: [
          ["a", "leader"],
          ["a", "b"],
        ],
      },
    ],
    lasts: 40,
    expects: nothingHappens,
  },
  {
    name: "deaf-leader",
    title: "The leader is heard by all, and hears nobody: it must step down, or nobody can lead.",
    source: "raft-pitfalls B13; TigerBeetle's send-only node",
    members: 3,
    steps: [
      {
        at: 1,
        do: "block",
        links: [
          ["a", "leader"],
          ["b", "leader"],
        ],
      },
    ],
    lasts: 40,
    expects: { leaderChanges: { least: 1, most: 2 }, serves: true },
  },
  {
    name: "rejoin-after-isolation",
    title: "A follower is cut off for twenty election timeouts, and comes back.",
    source: "Raft dissertation §9.6 (Pre-Vote); MISSION row 6",
    members: 3,
    steps: [
      {
        at: 1,
        do: "cut",
        links: [
          ["a", "leader"],
          ["a", "b"],
        ],
      },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: nothingHappens,
  },
  {
    name: "howard-abraham",
    title: "Three of five see each other; the fourth sees only one of them, the fifth only another.",
    source: "Howard and Abraham, Raft does not guarantee liveness in the face of network faults (2020)",
    members: 5,
    steps: [
      {
        at: 1,
        do: "cut",
        links: [
          ["c", "leader"],
          ["c", "b"],
          ["c", "d"],
          ["d", "leader"],
          ["d", "a"],
        ],
      },
    ],
    lasts: 40,
    expects: nothingHappens,
  },
  {
    name: "quorum-loss",
    title: "Only one follower still sees everybody; the leader sees that one alone.",
    source: "OmniPaxos (EuroSys 2023), quorum-loss",
    members: 5,
    steps: [
      {
        at: 1,
        do: "cut",
        links: [
          ["leader", "b"],
          ["leader", "c"],
          ["leader", "d"],
          ["b", "c"],
          ["b", "d"],
          ["c", "d"],
        ],
      },
    ],
    lasts: 60,
    expects: oneNewLeader,
  },
  {
    name: "leader-cut-off",
    title: "The leader is cut off from all others, and comes back after twenty election timeouts.",
    source: "Raft §5.2",
    members: 3,
    steps: [
      {
        at: 1,
        do: "cut",
        links: [
          ["leader", "a"],
          ["leader", "b"],
        ],
      },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: oneNewLeader,
  },
  {
    name: "correlated-crash",
    title: "All members die at once, and start again.",
    source: "testing-anchors §7; raft-pitfalls B56",
    members: 3,
    steps: [
      { at: 1, do: "crash", who: ["leader", "a", "b"] },
      { at: 2, do: "start", who: ["leader", "a", "b"] },
    ],
    lasts: 30,
    expects: { leaderChanges: { least: 1, most: 1 }, serves: true },
  },
];
