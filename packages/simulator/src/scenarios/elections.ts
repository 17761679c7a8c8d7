import { oldVotesCount } from "../planted-bugs/scenario-bugs.ts";
import { atLeast, between, exactly } from "./bounds.ts";
import type { DirectedScenario } from "./directed.ts";
import { standsFirst } from "./directed-steps.ts";

/** Long beside the up to 100 ms that a restarted member's connections take. */
const slow = { electionTimeoutMs: 1000 };

/** Who is elected, by whom, and whom that disturbs. */
export const electionScenarios: readonly DirectedScenario[] = [
  {
    name: "term-bombing",
    title: "Two of five followers are cut off from everybody for twenty election timeouts, one each, and come back.",
    source: "Raft dissertation §9.6; MISSION rows 6 and 7; etcd-io/etcd 14893",
    members: 5,
    setting: { asksFrom: 20 },
    steps: [
      {
        at: 1,
        do: "cut",
        links: [
          ["a", "leader"],
          ["a", "b"],
          ["a", "c"],
          ["a", "d"],
          ["b", "leader"],
          ["b", "c"],
          ["b", "d"],
        ],
      },
      { at: 21, do: "heal" },
    ],
    lasts: 30,
    expects: { leaderChanges: exactly(0), termGrowth: exactly(0), finalLeader: ["leader"], serves: true },
    // Its leader takes the cluster to their terms at once, and goes on: one election for nothing.
    broken: {
      what: "nobody asks before standing for election (no Pre-Vote)",
      rules: { mayStandForElection: () => true },
      expects: { leaderChanges: atLeast(1), termGrowth: atLeast(8) },
    },
  },
  {
    name: "half-way-back",
    title: "A follower is cut off from everybody for ten election timeouts, and comes back to all but the leader.",
    source: "Raft dissertation §9.6 and §4.2.3; raft-pitfalls B13; MISSION rows 6 and 16",
    members: 3,
    // With nothing to write, its log stays up to date: that alone would make the other refuse.
    setting: { asksFrom: 22 },
    steps: [
      {
        at: 1,
        do: "cut",
        links: [
          ["a", "leader"],
          ["a", "b"],
        ],
      },
      { at: 11, do: "mend", links: [["a", "b"]] },
      { at: 21, do: "heal" },
    ],
    lasts: 30,
    expects: { leaderChanges: exactly(0), termGrowth: exactly(0), finalLeader: ["leader"], serves: true },
    broken: [
      {
        what: "nobody asks before standing for election (no Pre-Vote)",
        rules: { mayStandForElection: () => true },
        expects: { leaderChanges: atLeast(1), termGrowth: atLeast(8), finalLeader: ["leader"] },
      },
      {
        what: "nobody asks before standing, and votes are heard beside a living leader",
        rules: { mayStandForElection: () => true, mayHearVote: () => true },
        expects: { leaderChanges: atLeast(2), termGrowth: atLeast(4), finalLeader: ["leader", "a", "b"] },
      },
    ],
  },
  {
    name: "dueling-candidates",
    title: "The leader dies; the others' clocks, disks and links are all alike, and only their timers can part them.",
    source: "Raft §5.2 and §9.3; Fischer, Lynch and Paterson (1985)",
    members: 3,
    setting: { link: { minDelayMs: 0.1, meanDelayMs: 0 } },
    steps: [{ at: 1, do: "crash", who: ["leader"] }],
    lasts: 40,
    expects: { leaderChanges: exactly(1), finalLeader: ["a", "b"], serves: true },
    broken: {
      what: "timers are not random",
      setting: { timerSpread: 0 },
      expects: { leaderChanges: exactly(0), termGrowth: atLeast(8), finalLeader: [], serves: false },
    },
  },
  {
    name: "window-near-the-round-trip",
    title: "The leader dies, where a round trip takes almost as long as an election timeout.",
    source: "Raft §9.3 (broadcast time far below election timeout); MISSION row 14",
    members: 3,
    setting: { electionTimeoutMs: 1000, link: { minDelayMs: 450, meanDelayMs: 0 } },
    steps: [{ at: 2, do: "crash", who: ["leader"] }],
    lasts: 80,
    expects: { leaderChanges: between(1, 4), finalLeader: ["a", "b"], serves: true },
    broken: {
      what: "timers differ by a fiftieth of an election timeout at most, whatever the round trip",
      setting: { knowsRoundTrip: false, timerSpread: 0.02 },
      expects: { leaderChanges: exactly(0), termGrowth: atLeast(8), finalLeader: [], serves: false },
    },
  },
  {
    name: "stale-log-candidate",
    title: "A follower that missed five committed entries is the first to stand when the leader dies.",
    source: "Raft §5.4.1; MISSION row 21",
    members: 3,
    setting: { ...slow, asksFrom: 10 },
    steps: [
      ...standsFirst("b", ["a"]),
      {
        at: 0.2,
        do: "cut",
        links: [
          ["b", "leader"],
          ["b", "a"],
        ],
      },
      { at: 0.2, do: "propose", to: "leader", count: 5 },
      { at: 0.2, once: { commits: "leader", more: 5 }, do: "crash", who: ["leader"] },
      { at: 0.2, do: "heal" },
      { at: 6, do: "start", who: ["leader"] },
    ],
    lasts: 15,
    expects: { leaderChanges: exactly(1), finalLeader: ["a"], serves: true },
    broken: {
      what: "votes are given without a look at the log",
      rules: { isUpToDate: () => true },
      expects: { violation: "leader completeness" },
    },
  },
  {
    name: "votes-of-an-older-term",
    title: "A vote arrives when its candidate already stands in the next term, in which its voter elects another.",
    source: "Raft §5.2; raft-pitfalls B06",
    members: 3,
    setting: { ...slow, asksFrom: 10 },
    steps: [
      { at: 0, do: "patience", who: ["a"], share: 0 },
      { at: 0, do: "patience", who: ["b"], share: 0.8 },
      { at: 0, do: "patience", who: ["leader"], share: 0.99 },
      // Of the votes that a gets, one is lost and the other comes late.
      { at: 0, do: "drop", links: [["b", "a"]], types: ["vote-response"] },
      { at: 0.2, do: "crash", who: ["leader"] },
      { at: 0.2, do: "delay", links: [["leader", "a"]], lasts: 1.3 },
      { at: 0.3, do: "start", who: ["leader"] },
      // It votes for a, which does not hear of that yet, and then stands in the next term, for itself alone.
      { at: 0.3, once: { votes: "leader", for: "a" }, do: "drop", links: [["b", "a"]], types: ["vote-response"] },
      { at: 0.3, once: { ahead: "a", of: "leader" }, do: "cut", links: [["a", "b"]] },
      { at: 0.3, do: "block", links: [["a", "leader"]] },
      { at: 0.3, once: { leads: "b" }, do: "delay", links: [["leader", "a"]], lasts: 0 },
      { at: 8, do: "heal" },
    ],
    lasts: 15,
    expects: { leaderChanges: exactly(1), finalLeader: ["b"], serves: true },
    broken: {
      what: "votes of an older term count",
      distort: oldVotesCount,
      expects: { violation: "election safety" },
    },
  },
  {
    name: "late-vote-request",
    title: "A member was promised votes while its leader was silent; its vote request comes when the leader is back.",
    source: "Raft §6 and dissertation §4.2.3 (disregard votes while a leader is heard); MISSION row 16",
    members: 3,
    setting: { ...slow, asksFrom: 5 },
    steps: [
      ...standsFirst("b", ["a"]),
      // The leader hears answers for so long after nobody hears it any more, and does not step down.
      { at: 0, do: "delay", links: [["a", "leader"]], lasts: 0.9 },
      { at: 0, do: "delay", links: [["b", "a"]], lasts: 0.6 },
      { at: 1, do: "cut", links: [["leader", "b"]] },
      { at: 1, do: "block", links: [["leader", "a"]] },
      { at: 2, once: { ahead: "b", of: "leader" }, do: "unblock", links: [["leader", "a"]] },
      { at: 2, do: "delay", links: [["a", "leader"]], lasts: 0 },
    ],
    lasts: 15,
    expects: { leaderChanges: exactly(0), termGrowth: exactly(1), finalLeader: ["leader"], serves: true },
    broken: {
      what: "votes are heard beside a living leader (no stickiness)",
      rules: { mayHearVote: () => true },
      expects: { leaderChanges: atLeast(1) },
    },
  },
  {
    name: "pre-votes-beside-a-leader",
    title: "A follower loses its link to the leader alone, and asks the other one for its vote.",
    source: "Raft dissertation §9.6; Cloudflare 2020",
    members: 3,
    // With nothing to write, its log stays up to date, which alone would make the other refuse.
    setting: { asksFrom: 22 },
    steps: [
      { at: 1, do: "cut", links: [["a", "leader"]] },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: { leaderChanges: exactly(0), termGrowth: exactly(0), finalLeader: ["leader"], serves: true },
    broken: {
      what: "pre-votes are granted beside a living leader",
      rules: {
        mayGrantPreVote: ({ electionTerm, ourTerm, upToDate }) => electionTerm > ourTerm && upToDate,
      },
      expects: { leaderChanges: atLeast(1), termGrowth: atLeast(8) },
    },
  },
  {
    name: "restarted-voter",
    title: "A follower restarts; before it hears its leader again, one that the leader has lost asks for its vote.",
    source: "raft-pitfalls B22 (a restart forgets when the leader was heard); DESIGN §3",
    members: 3,
    setting: { ...slow, asksFrom: 5 },
    steps: [
      { at: 0, do: "patience", who: ["b"], share: 0 },
      { at: 0.2, do: "cut", links: [["b", "leader"]] },
      { at: 1.4, do: "crash", who: ["a"] },
      { at: 1.4, do: "cut", links: [["a", "leader"]] },
      { at: 1.42, do: "start", who: ["a"] },
      { at: 2, do: "mend", links: [["a", "leader"]] },
    ],
    lasts: 15,
    expects: { leaderChanges: exactly(0), termGrowth: exactly(0), finalLeader: ["leader"], serves: true },
    broken: {
      what: "a restarted voter votes at once",
      rules: {
        mayGrantPreVote: ({ electionTerm, ourTerm, contact, upToDate }) =>
          electionTerm > ourTerm && !contact.heardLeader && upToDate,
        mayHearVote: ({ heardLeader, transfer }) => transfer || !heardLeader,
      },
      expects: { leaderChanges: atLeast(1) },
    },
  },
];
