import { atLeast, atMost, between, exactly } from "./bounds.ts";
import type { DirectedScenario } from "./directed.ts";
import { standsFirst } from "./directed-steps.ts";
import { linksBetween } from "./network-shapes.ts";

const slow = { electionTimeoutMs: 1000 };

/** Who the members are, and who of them leads, while that changes. */
export const membershipScenarios: readonly DirectedScenario[] = [
  {
    name: "membership-storm",
    title: "Three become five; the leader and both newcomers are cut off from the other two as the change begins.",
    source: "Raft §6 (Figure 10); MISSION rows 8 and 9",
    members: 3,
    setting: { ...slow, spares: 2, asksFrom: 3 },
    steps: [
      ...standsFirst("a", ["b", "leader", "c", "d"]),
      { at: 0.2, do: "members", by: "leader", learners: ["c", "d"] },
      { at: 1.5, once: { stores: "d", more: 1 }, do: "cut", links: linksBetween(["leader", "c", "d"], ["a", "b"]) },
      { at: 1.5, do: "members", by: "leader", voters: ["leader", "a", "b", "c", "d"], learners: [] },
      { at: 12, do: "heal" },
    ],
    lasts: 20,
    expects: { leaderChanges: between(1, 3), serves: true },
    broken: {
      what: "the voters change in one phase",
      rules: { needsJoint: () => false },
      expects: { violation: ["leader completeness", "state machine safety", "log matching"] },
    },
  },
  {
    name: "two-leaders-in-one-term",
    title:
      "Three become five as the network splits: the leader and both newcomers here, the other two there; once these three " +
      "have the change, the leader is killed and started again.",
    source: "Raft §6 (Figure 10: two majorities that share nobody); MISSION row 9",
    members: 3,
    setting: { ...slow, spares: 2, asksFrom: 2.5 },
    steps: [
      ...standsFirst("a", ["leader", "b", "d"]),
      { at: 0, do: "patience", who: ["c"], share: 0.3 },
      { at: 0.2, do: "members", by: "leader", learners: ["c", "d"] },
      { at: 1.5, once: { stores: "d", more: 1 }, do: "cut", links: linksBetween(["leader", "c", "d"], ["a", "b"]) },
      // It shall not learn that a majority has the change: what falls is the election, and nothing that was committed before.
      {
        at: 1.5,
        do: "drop",
        links: [
          ["c", "leader"],
          ["d", "leader"],
        ],
        types: ["append-accepted"],
      },
      { at: 1.5, do: "members", by: "leader", voters: ["leader", "a", "b", "c", "d"], learners: [] },
      { at: 1.5, once: { stores: "d", more: 2 }, do: "patience", who: ["d"], share: 0.9 },
      { at: 1.5, once: { stores: "leader", more: 2 }, do: "crash", who: ["leader"] },
      { at: 1.5, do: "start", who: ["leader"] },
      { at: 10, do: "heal" },
    ],
    lasts: 16,
    // The two that never heard of the change are a majority of the old voters; the three others need one of those.
    expects: { leaderChanges: exactly(1), finalLeader: ["a"], serves: true },
    broken: {
      what: "all members are changed at once",
      rules: { needsJoint: () => false },
      // Both write an entry of that term as they are elected, which is seen a moment earlier than that they lead.
      unwatched: ["log matching"],
      expects: { violation: "election safety", termGrowth: exactly(1) },
    },
  },
  {
    name: "all-members-at-once",
    title:
      "Three members are replaced by three others in one change, under load; the leader is one of those who leave.",
    source: "Raft §6; raft-pitfalls B75, B76",
    members: 3,
    setting: { ...slow, spares: 3 },
    steps: [
      { at: 0.2, do: "members", by: "leader", learners: ["c", "d", "e"] },
      { at: 2, do: "members", by: "leader", voters: ["c", "d", "e"], learners: [] },
    ],
    lasts: 14,
    expects: {
      leaderChanges: between(1, 2),
      finalLeader: ["c", "d", "e"],
      longestOutage: atMost(1),
      rivalLeaders: exactly(0),
      serves: true,
    },
  },
  {
    name: "removed-member-campaigns",
    title: "A member is removed while it is cut off; it comes back, knows nothing of that, and wants to lead.",
    source: "Raft §6 (disruptive servers), dissertation §4.2.3; raft-pitfalls B77",
    members: 3,
    setting: slow,
    steps: [
      { at: 0.2, do: "cut", links: linksBetween(["b"], ["leader", "a"]) },
      { at: 0.5, do: "members", by: "leader", voters: ["leader", "a"] },
      { at: 10, do: "heal" },
    ],
    lasts: 20,
    expects: {
      leaderChanges: exactly(0),
      termGrowth: exactly(0),
      longestOutage: exactly(0),
      finalLeader: ["leader"],
      serves: true,
    },
    broken: {
      what: "there is neither Pre-Vote nor stickiness",
      rules: { mayStandForElection: () => true, mayHearVote: () => true },
      expects: { termGrowth: atLeast(4), leaderChanges: between(0, 20) },
    },
  },
  {
    name: "learner-that-is-silent",
    title: "A learner that is to be promoted by itself is cut off; then a voter dies.",
    source: "Raft dissertation §4.2.1 and §4.2.2; raft-pitfalls B79",
    members: 3,
    setting: { ...slow, spares: 1 },
    steps: [
      { at: 0, do: "cut", links: linksBetween(["c"], ["leader", "a", "b"]) },
      { at: 0.2, do: "members", by: "leader", learners: ["c"], promotable: ["c"] },
      { at: 3, do: "crash", who: ["b"] },
    ],
    lasts: 10,
    expects: { leaderChanges: exactly(0), longestOutage: exactly(0), finalLeader: ["leader"], serves: true },
    broken: {
      what: "whoever may be promoted is, at once",
      rules: { mayPromote: () => true, mayChangeConfiguration: ({ isUnfinished }) => !isUnfinished },
      expects: { serves: false, finalLeader: [] },
    },
  },
  {
    name: "newcomer-dies-as-it-catches-up",
    title: "A newcomer that is to be promoted by itself dies while it is sent the state; then a voter dies.",
    source: "Raft dissertation §4.2.1; DESIGN §5 (a transfer that is cut off costs nobody anything)",
    members: 3,
    setting: {
      ...slow,
      spares: 1,
      states: { keptEntries: 0, stateBytes: 100, chunks: 15, installMs: 50 },
      link: { minDelayMs: 10 },
    },
    steps: [
      { at: 1, do: "prune", who: ["leader"] },
      { at: 1, do: "members", by: "leader", learners: ["c"], promotable: ["c"] },
      { at: 1.2, do: "crash", who: ["c"] },
      { at: 3, do: "crash", who: ["b"] },
      { at: 7, do: "start", who: ["b"] },
      { at: 8, do: "start", who: ["c"] },
      { at: 8, once: { counts: "c", voters: ["leader", "a", "b", "c"] }, do: "heal" },
    ],
    lasts: 25,
    // Logs keep nothing here: whoever was away needs a state, and the newcomer counts before another has it.
    expects: { leaderChanges: exactly(0), longestOutage: atMost(1), finalLeader: ["leader"], serves: true },
    broken: {
      what: "whoever may be promoted is, at once",
      rules: { mayPromote: () => true, mayChangeConfiguration: ({ isUnfinished }) => !isUnfinished },
      expects: { longestOutage: atLeast(3) },
    },
  },
  {
    name: "handover-to-a-member-that-lags",
    title: "A leader is told to hand over to a member that its entries do not reach.",
    source: "Raft dissertation §3.10; raft-pitfalls B90, B92",
    members: 3,
    setting: { ...slow, asksFrom: 8 },
    steps: [
      { at: 0.2, do: "drop", links: [["leader", "a"]], types: ["append"] },
      { at: 0.2, do: "propose", to: "leader", count: 5 },
      { at: 0.2, once: { commits: "leader", more: 5 }, do: "hand-over", from: "leader", to: "a" },
      { at: 4, do: "heal" },
    ],
    lasts: 12,
    expects: { leaderChanges: exactly(0), termGrowth: exactly(0), finalLeader: ["leader"], serves: true },
    broken: {
      what: "any voter is told to stand, whatever it holds",
      rules: { mayTransfer: ({ isVoter }) => isVoter },
      expects: { termGrowth: atLeast(1), serves: true },
    },
  },
];
