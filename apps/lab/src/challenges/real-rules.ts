import type { Challenge } from "./challenge.ts";
import { leaderlessFor, staleRead, twoBelieve } from "./goal.ts";
import { at, cuts, requests, threeMembers } from "./worlds.ts";

/** With the rules that ship: what no rule can prevent, and what it costs. */
export const realRuleChallenges: readonly Challenge[] = [
  {
    name: "three-cuts",
    title: "Silence with three cuts",
    about: "Three members, the rules that ship. Nobody may die, and each cut stops one direction of one link.",
    seed: 1,
    setup: threeMembers(),
    goal: leaderlessFor(10),
    limit: 3,
    until: 30,
    allowed: ["block", ...requests],
    hints: [
      "To be elected, and to go on leading, a member needs another one that hears it and that it hears.",
      "There are three pairs of members. How many cuts does it take to spoil one pair?",
      "Cut one direction of each pair: 1 to 2, 2 to 3, 3 to 1.",
    ],
    shows:
      "Every member still hears one other, and is heard by one. But a vote is a question and an answer, and so is a heartbeat that counts: without two directions between two members there is no majority of three. Messages still get everywhere by way of the third member (1 to 3, 3 to 2, 2 to 1), but no protocol can serve here whose members do not pass on what others say.",
    story: "deaf-leader",
    solution: [
      at(4, { do: "block", from: 1, to: 2 }),
      at(4, { do: "block", from: 2, to: 3 }),
      at(4, { do: "block", from: 3, to: 1 }),
    ],
  },
  {
    name: "two-believe",
    title: "Two who believe that they lead",
    about: "Three members, the rules that ship. One action is enough.",
    seed: 1,
    setup: threeMembers(),
    goal: twoBelieve,
    limit: 1,
    until: 30,
    allowed: ["crash", "pause", "suspend", "partition", "block", ...requests],
    hints: [
      "A leader that is cut off notices after T that no quorum answers. What if it could not notice anything?",
      "Pause the process of the leader, and wait.",
    ],
    shows:
      "A process that stands still (a long pause of the garbage collector, a virtual machine that is moved) still believes what it believed. The shipped rules do not prevent that, since nothing can: they see to it that such a leader can neither commit nor answer a read.",
    story: "phantom-leader",
    solution: [at(4, { do: "pause", who: 3 })],
  },
  {
    name: "clock-out-of-bounds",
    title: "A stale read from the shipped lease",
    about:
      "Three members, the rules that ship; reads by lease rest on what the configuration says of clocks. Break that promise.",
    seed: 1,
    setup: threeMembers(),
    goal: staleRead,
    limit: 2,
    until: 30,
    allowed: ["drift-clock", ...cuts, ...requests],
    hints: [
      "A lease lasts a little less than T on the leader's own clock. The others wait for T on theirs.",
      "Let the leader's clock run at a quarter of its pace, cut the leader off, and wait until another leads.",
      "Write through the new leader, and read from the old one by its lease before it ends.",
    ],
    shows:
      "A lease is as good as the bound on clocks. That is why reads by lease are opt-in, and why a read asks a quorum (ReadIndex) unless told otherwise: ask the old leader for a plain read instead, and it is not answered.",
    story: "lease-and-clocks",
    solution: [
      at(3, { do: "drift-clock", who: 3, rate: 0.25 }),
      at(5, { do: "partition", groups: [[3]] }),
      at(7.5, { do: "write", to: 1, count: 1 }),
      at(7.8, { do: "read-by-clock", from: 3 }),
    ],
  },
];
