import { between, exactly, nothingHappens, oneNewLeader, unnoticed } from "./bounds.ts";
import { onLyingDisks } from "./member-broken-parts.ts";
import type { MemberScenario, MemberStep } from "./member-scenario.ts";
import type { Role } from "./scenario.ts";

/** Dies and starts again, so many times, `every` so many election timeouts; in the end it is up. */
function crashLoop(role: Role, times: number, every: number): readonly MemberStep[] {
  return Array.from({ length: times }, (_, at): MemberStep[] => [
    { at: 2 + at * every, do: "power-cut", who: [role] },
    { at: 2 + (at + 0.5) * every, do: "start", who: [role] },
  ]).flat();
}

/** Processes and machines that stop at once. */
export const memberCrashScenarios: readonly MemberScenario[] = [
  {
    name: "leader-loses-power",
    title: "The leader's machine loses power, and comes back after ten election timeouts.",
    source: "Raft §5.2",
    members: 3,
    steps: [
      { at: 2, do: "power-cut", who: ["leader"] },
      { at: 12, do: "start", who: ["leader"] },
    ],
    lasts: 25,
    expects: { ...oneNewLeader, longestWrite: { leader: between(9, 14) } },
  },
  {
    name: "power-cut-everywhere",
    title: "All machines lose power at once, in the middle of their writes, and come back.",
    source: "raft-pitfalls B56; testing-anchors §5 (torn tails)",
    members: 3,
    steps: [
      { at: 2, do: "power-cut", who: ["leader", "a", "b"] },
      { at: 3, do: "start", who: ["leader", "a", "b"] },
    ],
    lasts: 20,
    expects: { ...oneNewLeader, finalLeader: ["leader", "a", "b"], longestOutage: between(1.8, 7) },
    broken: [onLyingDisks({ violation: ["durable log", "member"] })],
  },
  {
    name: "power-cuts-one-after-the-other",
    title: "Five machines lose power one after the other, each before the one before is back.",
    source: "testing-anchors §1.3 (rolling crashes)",
    members: 5,
    steps: (["leader", "a", "b", "c", "d"] as const).flatMap((role, at): MemberStep[] => [
      { at: 2 + 2 * at, do: "power-cut", who: [role] },
      { at: 5 + 2 * at, do: "start", who: [role] },
    ]),
    lasts: 30,
    expects: { leaderChanges: between(1, 6), longestOutage: between(0.5, 6), rivalLeaders: exactly(0), serves: true },
  },
  {
    name: "crash-loop-of-a-follower",
    title: "One follower dies forty times in twenty election timeouts, hardly ever long enough up to be of use.",
    source: "MISSION row 6; DESIGN §3 (a restarted voter is silent for T)",
    members: 3,
    steps: crashLoop("a", 40, 0.5),
    lasts: 30,
    expects: { ...nothingHappens, longestWrite: { leader: unnoticed, b: unnoticed } },
  },
  {
    name: "crash-loop-of-the-leader",
    title: "The one that leads dies forty times in twenty election timeouts.",
    source: "Raft §5.2",
    members: 3,
    steps: crashLoop("leader", 40, 0.5),
    lasts: 30,
    expects: oneNewLeader,
  },
];
