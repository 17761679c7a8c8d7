import { atLeast, between, exactly, nothingHappens, oneNewLeader } from "./bounds.ts";
import {
  termsClimbInVain,
  withCommitByAll,
  withNaiveElections,
  withoutCheckQuorum,
  withoutPreVote,
} from "./broken-rules.ts";
import type { RoleLinks, Scenario, Step } from "./scenario.ts";

/** From now on nothing gets through on these. */
function blocked(links: RoleLinks): Step {
  return { at: 1, do: "block", links };
}

/** Links that carry one direction only. */
export const oneWayScenarios: readonly Scenario[] = [
  {
    name: "deaf-follower",
    title: "One follower hears nobody, and is heard by all (a send-only node).",
    source: "MISSION row 5; TigerBeetle's one-way links",
    members: 3,
    steps: [
      blocked([
        ["leader", "a"],
        ["b", "a"],
      ]),
    ],
    lasts: 40,
    expects: nothingHappens,
    broken: [
      termsClimbInVain,
      withNaiveElections({ leaderChanges: atLeast(3), termGrowth: atLeast(8), unavailable: atLeast(6) }),
    ],
  },
  {
    name: "mute-follower",
    title: "One follower hears all, and nobody hears it (a receive-only node).",
    source: "MISSION row 5",
    members: 3,
    steps: [
      blocked([
        ["a", "leader"],
        ["a", "b"],
      ]),
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
      blocked([
        ["a", "leader"],
        ["b", "leader"],
      ]),
    ],
    lasts: 40,
    expects: oneNewLeader,
    broken: [
      withoutCheckQuorum({
        leaderChanges: exactly(0),
        longestOutage: exactly(39),
        finalLeader: ["leader"],
        serves: false,
      }),
    ],
  },
  {
    name: "mute-leader",
    title: "The leader hears all, and nobody hears it.",
    source: "MISSION row 5; Raft §5.2",
    members: 3,
    steps: [
      blocked([
        ["leader", "a"],
        ["leader", "b"],
      ]),
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: oneNewLeader,
  },
  {
    name: "leader-not-heard-by-one",
    title: "One follower is heard by the leader and does not hear it.",
    source: "MISSION row 5; etcd-io/etcd 12959 and 14893",
    members: 3,
    steps: [blocked([["leader", "a"]])],
    lasts: 40,
    expects: nothingHappens,
    broken: [
      termsClimbInVain,
      withNaiveElections({ leaderChanges: atLeast(1), termGrowth: atLeast(2), unavailable: atLeast(0.8) }),
    ],
  },
  {
    name: "leader-does-not-hear-one",
    title: "One follower hears the leader, and the leader does not hear it.",
    source: "MISSION row 5; cockroachdb/cockroach 92089",
    members: 3,
    steps: [blocked([["a", "leader"]])],
    lasts: 40,
    expects: nothingHappens,
    broken: [
      withCommitByAll({
        leaderChanges: exactly(0),
        termGrowth: exactly(0),
        longestOutage: exactly(39),
        finalLeader: ["leader"],
        serves: false,
      }),
    ],
  },
  {
    name: "ring-of-one-way-links",
    title: "Every link carries one direction only, so that messages go round in a circle and no answer comes back.",
    source: "one-way links; raft-pitfalls B13",
    members: 3,
    steps: [
      blocked([
        ["a", "leader"],
        ["b", "a"],
        ["leader", "b"],
      ]),
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: {
      leaderChanges: exactly(1),
      termGrowth: between(1, 3),
      longestOutage: between(19.8, 24),
      rivalLeaders: exactly(0),
      serves: true,
    },
    broken: [withoutPreVote({ leaderChanges: atLeast(1), termGrowth: atLeast(6), serves: true })],
  },
];
