import { atLeast, between, exactly, nothingHappens, oneNewLeader } from "./bounds.ts";
import {
  leaderHoldsOnInVain,
  leadersFallAgainAndAgain,
  termsClimbInVain,
  withNaiveElections,
  withoutCheckQuorum,
  withoutFencing,
  withoutLogCheck,
} from "./broken-rules.ts";
import { allBut, linksBetween } from "./network-shapes.ts";
import type { Role, RoleLinks, Scenario, Step } from "./scenario.ts";

const five: readonly Role[] = ["leader", "a", "b", "c", "d"];

/** Of all links of five members, these are left. */
function onlyThese(links: RoleLinks): readonly Step[] {
  return [{ at: 1, do: "cut", links: allBut(five, links) }];
}

/** Whoever does not hear the leader is told by others that it is there. */
const leaderIsFollowed = {
  lasts: 40,
  expects: nothingHappens,
  broken: [termsClimbInVain, leadersFallAgainAndAgain],
} as const;

/** Networks that are neither whole nor in two: somebody sees both sides. */
export const partialPartitionScenarios: readonly Scenario[] = [
  {
    name: "cloudflare-2020",
    title: "The leader and one follower do not see each other; the other follower sees both (three in a chain).",
    source: "Cloudflare, A Byzantine failure in the real world (2020); OmniPaxos (EuroSys 2023), chained",
    members: 3,
    steps: [{ at: 1, do: "cut", links: [["leader", "a"]] }],
    ...leaderIsFollowed,
  },
  {
    name: "howard-abraham",
    title: "Three of five see each other; the fourth sees only one of them, the fifth only another.",
    source: "Howard and Abraham, Raft does not guarantee liveness in the face of network faults (2020)",
    members: 5,
    steps: onlyThese([
      ["leader", "a"],
      ["leader", "b"],
      ["a", "b"],
      ["c", "a"],
      ["d", "b"],
    ]),
    ...leaderIsFollowed,
  },
  {
    name: "howard-abraham-leader-outside",
    title: "The same network; the leader is the fourth member, and sees only one of the three.",
    source: "Howard and Abraham (2020), with check-quorum",
    members: 5,
    steps: onlyThese([
      ["a", "b"],
      ["a", "c"],
      ["b", "c"],
      ["leader", "a"],
      ["d", "b"],
    ]),
    lasts: 40,
    expects: oneNewLeader,
    broken: [withNaiveElections({ leaderChanges: atLeast(4), termGrowth: atLeast(8) })],
  },
  {
    name: "heard-without-a-quorum",
    title: "Three members see each other; the leader hears none of the other four, and all of them hear it.",
    source: "Howard and Abraham (2020): Pre-Vote needs check-quorum",
    members: 5,
    steps: [{ at: 1, do: "block", links: linksBetween(["a", "b", "c", "d"], ["leader"]) }],
    lasts: 40,
    expects: oneNewLeader,
    broken: [leaderHoldsOnInVain],
  },
  {
    name: "chained-five",
    title: "Five in a chain, the leader in the middle.",
    source: "OmniPaxos (EuroSys 2023), chained",
    members: 5,
    steps: onlyThese([
      ["c", "a"],
      ["a", "leader"],
      ["leader", "b"],
      ["b", "d"],
    ]),
    ...leaderIsFollowed,
  },
  {
    name: "chained-five-leader-at-the-end",
    title: "Five in a chain, the leader at one end: it sees one other, and no quorum.",
    source: "OmniPaxos (EuroSys 2023), chained",
    members: 5,
    steps: onlyThese([
      ["leader", "a"],
      ["a", "b"],
      ["b", "c"],
      ["c", "d"],
    ]),
    lasts: 40,
    expects: oneNewLeader,
    broken: [
      withoutCheckQuorum({ leaderChanges: exactly(1), rivalLeaders: atLeast(30), serves: true }),
      withoutFencing({ rivalLeaders: atLeast(30), staleReads: atLeast(100) }),
      withNaiveElections({ leaderChanges: atLeast(3), termGrowth: atLeast(8) }),
    ],
  },
  {
    name: "quorum-loss",
    title: "Only one follower still sees everybody; the leader sees that one alone.",
    source: "OmniPaxos (EuroSys 2023), quorum-loss",
    members: 5,
    steps: [{ at: 1, do: "cut", links: allBut(five, linksBetween(["a"], ["leader", "b", "c", "d"])) }],
    lasts: 60,
    expects: { ...oneNewLeader, finalLeader: ["a"] },
    broken: [leaderHoldsOnInVain],
  },
  {
    name: "constrained-election",
    title: "The leader is gone; the only member that sees a quorum has an old log, until one more link comes back.",
    source: "OmniPaxos (EuroSys 2023), constrained election",
    members: 5,
    steps: [
      { at: 1, do: "cut", links: linksBetween(["a"], ["leader", "b", "c", "d"]) },
      { at: 5, do: "heal" },
      { at: 5, do: "cut", links: allBut(five, linksBetween(["a"], ["b", "c", "d"])) },
      { at: 35, do: "mend", links: [["b", "c"]] },
    ],
    lasts: 60,
    expects: {
      ...oneNewLeader,
      longestOutage: between(29, 36),
      finalLeader: ["b", "c"],
    },
    broken: [
      withoutLogCheck({ violation: "leader completeness" }),
      withoutCheckQuorum({ rivalLeaders: atLeast(20), longestOutage: between(29, 36) }),
    ],
  },
  {
    name: "bridge",
    title: "Two halves of five do not see each other; one member sees both, and the leader is in a half.",
    source: "Jepsen's bridge; cockroachdb/cockroach 104042 (partial partitions)",
    members: 5,
    steps: [{ at: 1, do: "cut", links: linksBetween(["leader", "a"], ["c", "d"]) }],
    ...leaderIsFollowed,
  },
  {
    name: "leader-is-the-bridge",
    title: "Two pairs of followers do not see each other; the leader sees both.",
    source: "Jepsen's bridge",
    members: 5,
    steps: [{ at: 1, do: "cut", links: linksBetween(["a", "b"], ["c", "d"]) }],
    lasts: 40,
    expects: nothingHappens,
  },
];
