import { atMost, between, exactly, nothingHappens } from "./bounds.ts";
import type { BrokenMemberVariant, MemberScenario } from "./member-scenario.ts";

/** Whoever joins is a stranger to those that it is to hear. */
const strangersAreTurnedAway: BrokenMemberVariant = {
  what: "nobody is let in whom a member does not know",
  parts: { events: (events) => ({ ...events, admits: () => false }) },
  expects: { serves: false, finalLeader: [], violation: "liveness" },
};

/** Whole members that join, leave and are replaced, while their clients ask on. */
export const memberChangeScenarios: readonly MemberScenario[] = [
  {
    name: "every-member-replaced",
    title:
      "Three members are replaced one by one, the leader last, with power cuts in between; then the old ones are off.",
    source: "Raft §6; MISSION row 8",
    members: 3,
    spares: 3,
    prunes: true,
    steps: [
      { at: 1, do: "administer", by: "leader", operation: { add: "c" } },
      { at: 4, do: "administer", by: "leader", operation: { remove: "b" } },
      { at: 5, do: "power-cut", who: ["a"] },
      { at: 6, do: "administer", by: "leader", operation: { add: "d" } },
      { at: 9, do: "start", who: ["a"] },
      { at: 12, do: "administer", by: "leader", operation: { remove: "a" } },
      { at: 14, do: "administer", by: "leader", operation: { add: "e" } },
      { at: 16, do: "power-cut", who: ["c"] },
      { at: 17, do: "start", who: ["c"] },
      { at: 22, do: "administer", by: "d", operation: { remove: "leader" } },
      { at: 25, do: "power-cut", who: ["leader", "a", "b"] },
    ],
    lasts: 32,
    gone: ["leader", "a", "b"],
    expects: {
      leaderChanges: between(1, 3),
      finalLeader: ["c", "d", "e"],
      longestOutage: atMost(1),
      rivalLeaders: exactly(0),
      serves: true,
    },
    broken: [strangersAreTurnedAway],
  },
  {
    name: "leader-loses-power-as-voters-change",
    title: "All voters are replaced in one change; the leader's machine loses power while that is under way.",
    source: "Raft §6; raft-pitfalls B74",
    members: 3,
    spares: 2,
    steps: [
      { at: 1, do: "administer", by: "leader", operation: { add: "c" } },
      { at: 2, do: "administer", by: "leader", operation: { add: "d" } },
      { at: 6, do: "administer", by: "leader", operation: { voters: ["a", "c", "d"] } },
      { at: 6.001, do: "power-cut", who: ["leader"] },
      { at: 14, do: "start", who: ["leader"] },
    ],
    lasts: 24,
    expects: {
      leaderChanges: between(1, 2),
      finalLeader: ["a", "b", "c", "d"],
      longestOutage: between(0.8, 6),
      serves: true,
    },
  },
  {
    name: "wiped-member-replaced",
    title: "A follower comes up with an empty disk, and stops; it is removed, and another member joins in its place.",
    source: "docs/decisions/0008 (starts that peers know); Raft §6",
    members: 3,
    spares: 1,
    prunes: true,
    steps: [
      { at: 5, do: "wipe-disk", who: ["a"] },
      { at: 6, do: "start", who: ["a"] },
      { at: 8, do: "administer", by: "leader", operation: { remove: "a" } },
      { at: 10, do: "administer", by: "b", operation: { add: "c" } },
      // Without the newcomer there is no quorum by then.
      { at: 14, do: "power-cut", who: ["b"] },
    ],
    lasts: 20,
    gone: ["a"],
    expects: nothingHappens,
    broken: [strangersAreTurnedAway],
  },
  {
    name: "newcomer-that-keeps-losing-power",
    title: "A newcomer loses power again and again while it catches up from a state.",
    source: "DESIGN §5 (what was verified is kept); Raft dissertation §4.2.1",
    members: 3,
    spares: 1,
    prunes: true,
    steps: [
      { at: 12, do: "administer", by: "leader", operation: { add: "c" } },
      ...Array.from({ length: 10 }, (_, at) => [
        { at: 12.02 + 0.3 * at, do: "power-cut", who: ["c"] } as const,
        { at: 12.2 + 0.3 * at, do: "start", who: ["c"] } as const,
      ]).flat(),
    ],
    lasts: 25,
    expects: nothingHappens,
  },
];
