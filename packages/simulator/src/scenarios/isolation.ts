import { atLeast, atMost, exactly, nothingHappens, oneNewLeader } from "./bounds.ts";
import { withoutCheckQuorum, withoutFencing, withoutPreVote } from "./broken-rules.ts";
import { flapping, linksBetween } from "./network-shapes.ts";
import type { Scenario } from "./scenario.ts";

/** Members that are cut off, come and go, or are slow. */
export const isolationScenarios: readonly Scenario[] = [
  {
    name: "rejoin-after-isolation",
    title: "A follower is cut off for twenty election timeouts, and comes back (term bombing).",
    source: "Raft dissertation §9.6 (Pre-Vote); MISSION row 6; etcd-io/etcd 12959 and 14893",
    members: 3,
    steps: [
      { at: 1, do: "cut", links: linksBetween(["a"], ["leader", "b"]) },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: nothingHappens,
    broken: [withoutPreVote({ leaderChanges: atLeast(1), termGrowth: atLeast(6), serves: true })],
  },
  {
    name: "leader-cut-off",
    title: "The leader is cut off from all others, and comes back after twenty election timeouts.",
    source: "Raft §5.2; Kafka KIP-996 and KAFKA-15489 (check quorum)",
    members: 3,
    steps: [
      { at: 1, do: "cut", links: linksBetween(["leader"], ["a", "b"]) },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: oneNewLeader,
    broken: [
      withoutPreVote({ leaderChanges: atLeast(2), termGrowth: atLeast(5) }),
      withoutCheckQuorum({ leaderChanges: exactly(1), rivalLeaders: atLeast(15), serves: true }),
      withoutFencing({ rivalLeaders: atLeast(15), staleReads: atLeast(50) }),
    ],
  },
  {
    name: "leader-in-the-minority",
    title: "The leader and one follower are cut off from the other three for twenty election timeouts.",
    source: "Raft §5.2; MISSION row 16",
    members: 5,
    steps: [
      { at: 1, do: "cut", links: linksBetween(["leader", "a"], ["b", "c", "d"]) },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: oneNewLeader,
    broken: [
      withoutCheckQuorum({ leaderChanges: exactly(1), rivalLeaders: atLeast(15), serves: true }),
      withoutFencing({ rivalLeaders: atLeast(15), staleReads: atLeast(50) }),
    ],
  },
  {
    name: "minority-comes-back",
    title: "Two of five followers are cut off together for twenty election timeouts, and come back.",
    source: "Raft dissertation §9.6; MISSION row 6",
    members: 5,
    steps: [
      { at: 1, do: "cut", links: linksBetween(["c", "d"], ["leader", "a", "b"]) },
      { at: 21, do: "heal" },
    ],
    lasts: 40,
    expects: nothingHappens,
    broken: [withoutPreVote({ leaderChanges: atLeast(1), termGrowth: atLeast(6), serves: true })],
  },
  {
    name: "flapping-link",
    title: "The link between the leader and one follower is down half of the time, for one and a half timeouts each.",
    source: "Kafka KIP-996 (two servers with an unstable link)",
    members: 3,
    steps: flapping([["leader", "a"]], { from: 1, to: 30, period: 3 }),
    lasts: 40,
    expects: nothingHappens,
    broken: [withoutPreVote({ leaderChanges: atLeast(1), termGrowth: atLeast(2) })],
  },
  {
    name: "flapping-follower",
    title: "All links of one follower are down half of the time, for two and a half timeouts each.",
    source: "Raft dissertation §9.6; etcd-io/etcd 9563 (disruptive servers)",
    members: 3,
    steps: flapping(linksBetween(["a"], ["leader", "b"]), { from: 1, to: 30, period: 5 }),
    lasts: 40,
    expects: nothingHappens,
    broken: [withoutPreVote({ leaderChanges: atLeast(3), termGrowth: atLeast(6) })],
  },
  {
    name: "far-follower",
    title: "Every message to and from one follower takes a quarter of an election timeout.",
    source: "MISSION row 15 (the quorum-th fastest decides)",
    members: 3,
    steps: [
      { at: 1, do: "delay", links: linksBetween(["a"], ["leader", "b"]), lasts: 0.25 },
      { at: 1, do: "delay", links: linksBetween(["leader", "b"], ["a"]), lasts: 0.25 },
    ],
    lasts: 40,
    expects: nothingHappens,
  },
  {
    name: "slow-follower",
    title: "One follower takes a fiftieth of an election timeout for every event.",
    source: "MISSION row 15; testing-anchors §1.3 (a slow process)",
    members: 3,
    steps: [{ at: 1, do: "slow", who: ["a"], perEvent: 0.02 }],
    lasts: 40,
    expects: nothingHappens,
  },
  {
    name: "correlated-crash",
    title: "All members die at once, and start again.",
    source: "raft-pitfalls B56",
    members: 3,
    steps: [
      { at: 1, do: "crash", who: ["leader", "a", "b"] },
      { at: 2, do: "start", who: ["leader", "a", "b"] },
    ],
    lasts: 30,
    expects: { ...oneNewLeader, finalLeader: ["leader", "a", "b"] },
  },
  {
    name: "leader-dies",
    title: "The leader dies, and comes back after twenty election timeouts.",
    source: "Raft §5.2; cockroachdb/cockroach 107060 (check-quorum must not lengthen an outage)",
    members: 3,
    steps: [
      { at: 1, do: "crash", who: ["leader"] },
      { at: 21, do: "start", who: ["leader"] },
    ],
    lasts: 40,
    expects: oneNewLeader,
  },
  {
    name: "leader-paused",
    title: "The leader's process stands still for five election timeouts, and goes on.",
    source: "etcd-io/etcd 20418; Raft dissertation §6.4",
    members: 3,
    steps: [
      { at: 1, do: "pause", who: ["leader"] },
      { at: 6, do: "resume", who: ["leader"] },
    ],
    lasts: 30,
    expects: { ...oneNewLeader, rivalLeaders: atMost(0.2) },
  },
];
