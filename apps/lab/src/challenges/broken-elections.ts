import type { Challenge } from "./challenge.ts";
import { electedInTerm, falls, stuckFor } from "./goal.ts";
import { at, cuts, deaths, requests, threeMembers } from "./worlds.ts";

/** Worlds in which a rule of elections or of leadership is broken. */
export const electionChallenges: readonly Challenge[] = [
  {
    name: "term-bomb",
    title: "Drop a term bomb",
    about: "Whoever hears no leader stands for election at once: there is no Pre-Vote. Leave the leader alone.",
    seed: 1,
    setup: threeMembers("whoever hears no leader stands for election at once"),
    goal: electedInTerm(6),
    limit: 2,
    until: 40,
    allowed: [...cuts, ...requests],
    hints: [
      "A member that is alone counts its term up each time its timer ends.",
      "Cut one follower off, wait for some ten election timeouts, and mend the links.",
    ],
    shows:
      "The lone follower's term was worth nothing, and deposed a healthy leader all the same. With Pre-Vote it would have stayed in term 1.",
    story: "term-bomb",
    solution: [at(4, { do: "partition", groups: [[1]] }), at(16, { do: "heal" })],
  },
  {
    name: "deaf-leader",
    title: "A leader that nobody can get rid of",
    about: "A leader goes on without a quorum (no check-quorum). Nobody may die.",
    seed: 1,
    setup: threeMembers("a leader that nobody answers goes on (no check-quorum)"),
    goal: stuckFor(10),
    limit: 2,
    until: 40,
    allowed: ["block", "unblock", "mend", "heal", ...requests],
    hints: [
      "As long as followers hear a leader, they do not stand.",
      "Cut the two links to the leader, in that direction only, and write through it.",
    ],
    shows:
      "Its heartbeats keep everybody waiting, no acknowledgment ever comes, and nothing is committed again. With check-quorum it steps down after T, and falls silent.",
    story: "deaf-leader",
    solution: [
      at(4, { do: "block", from: 1, to: 3 }),
      at(4, { do: "block", from: 2, to: 3 }),
      at(5, { do: "write", to: 3, count: 1 }),
    ],
  },
  {
    name: "double-vote",
    title: "Two leaders in one term",
    about: "Every candidate of a term gets a vote, from everybody. Two must only stand in the same term.",
    seed: 1,
    setup: threeMembers("every candidate of a term gets a vote"),
    goal: falls("election safety", "two members are elected in one term"),
    limit: 2,
    until: 40,
    allowed: ["link", ...deaths, ...cuts, ...requests],
    hints: [
      "The second candidate stands in the same term only if it has not heard of the first one yet.",
      "Let messages from one follower to the other take 600 ms, and kill the leader.",
    ],
    shows: "One vote a term, written to disk before it is given, is what makes a leader the only one of its term.",
    story: "joint-consensus",
    solution: [
      at(3, { do: "link", from: 1, to: 2, delayMs: 600, jitterMs: 0, loss: 0, duplicates: 0 }),
      at(4, { do: "crash", who: 3 }),
    ],
  },
  {
    name: "stale-candidate",
    title: "Elect the one that missed something",
    about: "Votes are given without a look at the log.",
    seed: 1,
    setup: threeMembers("votes are given without a look at the log"),
    goal: falls("leader completeness", "somebody leads without an entry that was committed"),
    limit: 3,
    until: 40,
    allowed: [...deaths, ...cuts, ...requests],
    hints: [
      "Somebody has to miss a write that the two others commit.",
      "Kill the leader before the links are mended, or it brings the other one up to date.",
      "Cut off a follower, write, kill the leader, mend the links. If the wrong one stands first, take it back and cut off the other.",
    ],
    shows:
      "A majority has every committed entry, and a majority elects: the two share a member. That helps only if this member compares logs before it votes.",
    story: "stale-candidate",
    solution: [
      at(4, { do: "partition", groups: [[1]] }),
      at(4.1, { do: "write", to: 3, count: 1 }),
      at(4.5, { do: "crash", who: 3 }),
      at(4.6, { do: "heal" }),
    ],
  },
  {
    name: "storm",
    title: "From three to five at once",
    about: "Several voters change in one phase. Members 4 and 5 are spare: they run, and belong to nothing yet.",
    seed: 1,
    setup: { ...threeMembers("several voters change in one phase"), spares: 2 },
    goal: falls("election safety", "two members are elected in one term"),
    limit: 4,
    until: 60,
    allowed: ["members", "abandon", ...deaths, ...cuts, ...requests],
    hints: [
      "What a leader appends about the voters is in force at once, for whoever has it.",
      "Cut the two followers off, and then ask the leader for all five as voters: three of five store that.",
      "Who leads now has three of five, and so need not be elected anew. Kill it, and start it again.",
    ],
    shows:
      "Two of the old three elect one leader, three of the new five another, in the same term. While a configuration is joint, both majorities are needed, and these share members.",
    story: "joint-consensus",
    solution: [
      at(6, { do: "partition", groups: [[1, 2]] }),
      at(6.1, { do: "members", by: 3, voters: [1, 2, 3, 4, 5], learners: [], promotable: [] }),
      at(6.3, { do: "crash", who: 3 }),
      at(6.4, { do: "start", who: 3 }),
    ],
  },
];
