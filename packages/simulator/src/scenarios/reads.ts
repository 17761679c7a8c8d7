import { oldRoundsCount } from "../planted-bugs/scenario-bugs.ts";
import { exactly } from "./bounds.ts";
import type { DirectedScenario } from "./directed.ts";
import { standsFirst } from "./directed-steps.ts";

/** What an old leader may answer. */
export const readScenarios: readonly DirectedScenario[] = [
  {
    name: "phantom-leader-read",
    title: "A leader sleeps with its machine, others elect another and commit; it wakes, and is asked for a read.",
    source: "Raft dissertation §6.4; etcd-io/etcd 20418; MISSION row 10",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 8 },
    steps: [
      ...standsFirst("a", ["b"]),
      // Answers to the rounds before it falls asleep wait for it when it wakes; nothing newer does.
      {
        at: 0.2,
        do: "delay",
        links: [
          ["a", "leader"],
          ["b", "leader"],
        ],
        lasts: 0.9,
      },
      { at: 0.65, do: "suspend", who: ["leader"] },
      {
        at: 0.65,
        do: "block",
        links: [
          ["a", "leader"],
          ["b", "leader"],
        ],
      },
      { at: 0.65, once: { leads: "a" }, do: "propose", to: "a", count: 3 },
      { at: 0.65, once: { commits: "a", more: 4 }, do: "resume", who: ["leader"] },
      { at: 0.65, do: "read", from: "leader" },
      {
        at: 5,
        do: "delay",
        links: [
          ["a", "leader"],
          ["b", "leader"],
        ],
        lasts: 0,
      },
      { at: 5, do: "heal" },
    ],
    lasts: 12,
    expects: { leaderChanges: exactly(1), finalLeader: ["a"], staleReads: exactly(0), serves: true },
    broken: [
      {
        what: "a read needs no round",
        rules: { mayServeRead: ({ committedInOwnTerm }) => committedInOwnTerm },
        expects: { leaderChanges: exactly(1), staleReads: exactly(1), serves: true },
      },
      {
        what: "the round before the read is enough",
        rules: {
          mayServeRead: ({ committedInOwnTerm, confirmedRound, readRound }) =>
            committedInOwnTerm && readRound !== undefined && confirmedRound >= readRound - 1,
        },
        expects: { leaderChanges: exactly(1), staleReads: exactly(1), serves: true },
      },
    ],
  },
  {
    name: "rounds-of-an-older-term",
    title: "A leader restarts, leads again and is deposed; answers to its first leadership's rounds still arrive.",
    source: "Raft dissertation §6.4; raft-pitfalls B84 (round ids that are used again)",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 36 },
    steps: [
      ...standsFirst("leader", ["a", "b"]),
      // Twenty rounds of two hundred are answered by a, and the answers are long under way.
      { at: 20, do: "delay", links: [["a", "leader"]], lasts: 8 },
      { at: 22, do: "crash", who: ["leader"] },
      { at: 22, do: "cut", links: [["a", "b"]] },
      { at: 22, do: "block", links: [["leader", "a"]] },
      { at: 22.1, do: "start", who: ["leader"] },
      { at: 22.1, once: { leads: "leader" }, do: "patience", who: ["b"], share: 0 },
      { at: 28.3, do: "cut", links: [["leader", "b"]] },
      { at: 28.3, do: "mend", links: [["a", "b"]] },
      { at: 28.3, once: { leads: "b" }, do: "propose", to: "b", count: 3 },
      { at: 28.3, once: { commits: "b", more: 5 }, do: "read", from: "leader" },
      { at: 33, do: "delay", links: [["a", "leader"]], lasts: 0 },
      { at: 33, do: "heal" },
    ],
    lasts: 40,
    expects: { leaderChanges: exactly(2), finalLeader: ["b"], staleReads: exactly(0), serves: true },
    broken: {
      what: "answers to rounds of an older term count, and a restarted leader numbers its rounds anew",
      distort: oldRoundsCount,
      expects: { staleReads: exactly(1) },
    },
  },
];
