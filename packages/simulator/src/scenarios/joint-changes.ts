import { atLeast, atMost, between, exactly, nothingHappens } from "./bounds.ts";
import type { DirectedScenario, DirectedStep } from "./directed.ts";
import { standsFirst } from "./directed-steps.ts";
import { linksBetween } from "./network-shapes.ts";
import type { Role } from "./scenario.ts";

/** No message overtakes another, so that each step finds what the one before it has left. */
const slow = {
  electionTimeoutMs: 1000,
  link: { minDelayMs: 1, meanDelayMs: 0, delayShape: "constant" },
} as const;

const five: readonly Role[] = ["leader", "a", "b", "c", "d"];
const others: readonly Role[] = ["a", "b", "c", "d"];
const fromLeader = others.map((other) => ["leader", other] as const);
const toLeader = others.map((other) => [other, "leader"] as const);

/** Three are to become five, both newcomers having caught up; whoever is to lead next is `a`. */
const threeToFive: readonly DirectedStep[] = [
  ...standsFirst("a", ["leader", "b", "c", "d"]),
  { at: 0.2, do: "members", by: "leader", learners: ["c", "d"] },
];
const asked: DirectedStep = { at: 1.5, do: "members", by: "leader", voters: five, learners: [] };
const dies: DirectedStep = { at: 1.5, do: "crash", who: ["leader"] };

/** The change is finished by the next leader, and the one that died finds that it is when it comes back. */
const finishedByTheNext: readonly DirectedStep[] = [
  { at: 1.5, do: "heal" },
  { at: 1.5, once: { counts: "a", voters: five }, do: "start", who: ["leader"] },
  { at: 5, once: { counts: "leader", voters: five }, do: "heal" },
];
/** It came to nothing. */
const cameToNothing: readonly DirectedStep[] = [
  { at: 1.5, do: "heal" },
  { at: 1.5, once: { leads: "a" }, do: "start", who: ["leader"] },
  { at: 5, once: { counts: "a", voters: ["leader", "a", "b"] }, do: "heal" },
  { at: 5, once: { counts: "leader", voters: ["leader", "a", "b"] }, do: "heal" },
];

/** Three members, and two more that may join. */
const growing = { members: 3, setting: { ...slow, spares: 2 } } as const;

const theNextLeads = {
  lasts: 9,
  expects: {
    leaderChanges: exactly(1),
    finalLeader: ["a"],
    longestOutage: between(0.8, 4),
    serves: true,
  },
} as const;

const jointIsNeverLeft = {
  what: "the joint configuration is never left",
  rules: { mayLeaveJoint: () => false },
  expects: { violation: "course" },
};

/** A joint configuration, step by step: who dies, and what is cut, while it is begun, in force and left. */
export const jointScenarios: readonly DirectedScenario[] = [
  {
    name: "leader-dies-before-it-begins-a-change",
    title: "The leader dies when it is asked to make five of three, before it has appended anything.",
    source: "Raft §6",
    ...growing,
    // Its process stands still when it is asked, and never goes on.
    steps: [...threeToFive, { at: 1.5, do: "pause", who: ["leader"] }, asked, dies, ...cameToNothing],
    ...theNextLeads,
  },
  {
    name: "leader-dies-with-a-joint-entry-that-nobody-has",
    title: "The leader dies when the joint configuration of three and five is on its own disk only, and comes back.",
    source: "Raft §6 (the latest configuration in the log, committed or not); raft-pitfalls B72",
    ...growing,
    steps: [
      ...threeToFive,
      { at: 1.5, do: "drop", links: fromLeader, types: ["append"] },
      asked,
      { at: 1.5, once: { joint: "leader", committed: false }, do: "patience", who: ["leader"], share: 0.9 },
      { ...dies, once: { passed: 0.02 } },
      ...cameToNothing,
    ],
    ...theNextLeads,
    broken: {
      what: "a configuration stays in force when its entry is cut off",
      rules: { staysInForce: () => true },
      expects: { violation: ["course", "invariant"] },
    },
  },
  {
    name: "leader-dies-with-a-joint-entry-that-others-have",
    title: "The leader dies when the others have the joint configuration of three and five, and it does not know that.",
    source: "Raft §6; raft-pitfalls B74 (a joint configuration that nobody leaves)",
    ...growing,
    steps: [
      ...threeToFive,
      { at: 1.5, do: "drop", links: toLeader, types: ["append-accepted"] },
      asked,
      { ...dies, once: { joint: "d", committed: false } },
      ...finishedByTheNext,
    ],
    ...theNextLeads,
    broken: jointIsNeverLeft,
  },
  {
    name: "leader-dies-as-it-ends-a-joint-configuration",
    title: "The joint configuration is committed; the leader dies with the new one on its own disk only.",
    source: "Raft §6; raft-pitfalls B74",
    ...growing,
    steps: [
      ...threeToFive,
      asked,
      { at: 1.5, once: { joint: "a", committed: false }, do: "drop", links: fromLeader, types: ["append"] },
      { ...dies, once: { counts: "leader", voters: five } },
      ...finishedByTheNext,
    ],
    ...theNextLeads,
    broken: jointIsNeverLeft,
  },
  {
    name: "leader-dies-with-the-new-configuration-stored",
    title: "A majority has the new configuration, and the leader dies before it knows that it is committed.",
    source: "Raft §6",
    ...growing,
    steps: [
      ...threeToFive,
      asked,
      { at: 1.5, once: { counts: "leader", voters: five }, do: "drop", links: toLeader, types: ["append-accepted"] },
      { ...dies, once: { counts: "d", voters: five } },
      ...finishedByTheNext,
    ],
    ...theNextLeads,
  },
  {
    name: "old-members-die-when-the-change-is-made",
    title: "The leader and another member are replaced; both die for good as soon as the change is made.",
    source: "Raft §6 (the old servers may be shut down once the new configuration is committed)",
    ...growing,
    steps: [
      ...threeToFive,
      { at: 1.5, do: "members", by: "leader", voters: ["a", "c", "d"], learners: [] },
      { at: 1.5, once: { counts: "c", voters: ["a", "c", "d"] }, do: "hand-over", from: "leader", to: "a" },
      { at: 1.5, once: { leads: "a" }, do: "crash", who: ["leader", "b"] },
    ],
    lasts: 8,
    expects: { leaderChanges: exactly(1), finalLeader: ["a"], longestOutage: atMost(1), serves: true },
    broken: jointIsNeverLeft,
  },
  {
    name: "one-link-cut-while-joint",
    title: "The leader and an old voter stop seeing each other while the configuration is joint.",
    source: "Raft §6; Cloudflare (2020)",
    ...growing,
    steps: [
      ...threeToFive,
      { at: 1.5, do: "drop", links: toLeader, types: ["append-accepted"] },
      asked,
      { at: 1.5, once: { joint: "d", committed: false }, do: "cut", links: [["leader", "a"]] },
      { at: 1.5, do: "drop", links: toLeader, types: [] },
      { at: 5, once: { counts: "leader", voters: five }, do: "heal" },
      { at: 8, once: { counts: "a", voters: five }, do: "heal" },
    ],
    lasts: 11,
    // While the answers are lost that would commit it, nothing is.
    expects: { ...nothingHappens, longestOutage: atMost(0.3) },
    broken: {
      what: "there is neither Pre-Vote nor stickiness",
      rules: { mayStandForElection: () => true, mayHearVote: () => true },
      expects: { leaderChanges: atLeast(1), termGrowth: atLeast(1) },
    },
  },
  {
    name: "all-members-one-by-one",
    title: "Three members are replaced by three others, one after the other, the leader last; then the old ones die.",
    source: "Raft §6; raft-pitfalls B75, B76",
    members: 3,
    setting: { ...slow, spares: 3 },
    steps: [
      { at: 0.2, do: "members", by: "leader", learners: ["c"] },
      { at: 1.5, do: "members", by: "leader", voters: ["leader", "a", "c"], learners: [] },
      { at: 2.5, do: "members", by: "leader", learners: ["d"] },
      { at: 4, do: "members", by: "leader", voters: ["leader", "c", "d"], learners: [] },
      { at: 5, do: "members", by: "leader", learners: ["e"] },
      { at: 6.5, do: "members", by: "leader", voters: ["c", "d", "e"], learners: [] },
      { at: 8, do: "crash", who: ["leader", "a", "b"] },
      { at: 9, once: { counts: "e", voters: ["c", "d", "e"] }, do: "heal" },
    ],
    lasts: 13,
    expects: {
      leaderChanges: exactly(1),
      finalLeader: ["c", "d", "e"],
      longestOutage: atMost(1),
      rivalLeaders: exactly(0),
      serves: true,
    },
    broken: {
      what: "a leader that is removed hands over to nobody",
      rules: { mayTransfer: () => false },
      expects: { leaderChanges: atLeast(1), longestOutage: atLeast(1.2), finalLeader: ["c", "d", "e"], serves: true },
    },
  },
  {
    name: "removed-leader-hears-nothing",
    title: "A leader removes itself, and is cut off from the others before the change is committed.",
    source: "Raft §6 (a leader that is not part of the new configuration); raft-pitfalls B75",
    ...growing,
    steps: [
      ...threeToFive,
      { at: 1.5, do: "members", by: "leader", voters: others, learners: [] },
      { at: 1.5, once: { joint: "a", committed: false }, do: "cut", links: linksBetween(["leader"], others) },
      { at: 1.5, once: { counts: "a", voters: others }, do: "heal" },
    ],
    ...theNextLeads,
    broken: jointIsNeverLeft,
  },
];
