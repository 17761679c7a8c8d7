import { atLeast, atMost, between, nothingHappens, oneNewLeader, stuck } from "./bounds.ts";
import { membersWithNaiveElections, membersWithoutFencing } from "./member-broken-parts.ts";
import { linksBetween } from "./network-shapes.ts";
import type { MemberScenario } from "./member-scenario.ts";

/** A day, in election timeouts of a second. */
const day = 86_400;

/** Machines that stand still, sleep, or are wrong about the time; and whole members that are cut off. */
export const memberMachineScenarios: readonly MemberScenario[] = [
  {
    name: "leader-process-paused",
    title: "The leader's process stands still for five election timeouts, while its clients ask on.",
    source: "etcd-io/etcd 20418 (a stale read after a pause); Raft dissertation §6.4",
    members: 3,
    steps: [
      { at: 2, do: "pause", who: ["leader"] },
      { at: 7, do: "resume", who: ["leader"] },
    ],
    lasts: 20,
    expects: { ...oneNewLeader, rivalLeaders: atMost(0.3), longestRead: { leader: between(4.5, 8) } },
    broken: [membersWithoutFencing({ staleReads: atLeast(10), violation: "linearizability" })],
  },
  {
    name: "follower-process-paused",
    title: "A follower's process stands still for five election timeouts.",
    source: "DESIGN §3: take in what the sockets hold before concluding that the leader is gone",
    members: 3,
    steps: [
      { at: 2, do: "pause", who: ["a"] },
      { at: 7, do: "resume", who: ["a"] },
    ],
    lasts: 20,
    expects: { ...nothingHappens, longestWrite: stuck("a", 5) },
  },
  {
    name: "leader-machine-sleeps",
    title: "The leader's machine sleeps for ten election timeouts, and its monotonic clock with it.",
    source: "DESIGN §3 (monotonic clocks stop while a machine is suspended)",
    members: 3,
    steps: [
      { at: 2, do: "suspend", who: ["leader"] },
      { at: 12, do: "resume", who: ["leader"] },
    ],
    lasts: 25,
    expects: { ...oneNewLeader, rivalLeaders: atMost(0.3), longestRead: { leader: between(9.5, 14) } },
    broken: [membersWithoutFencing({ staleReads: atLeast(10), violation: "linearizability" })],
  },
  {
    name: "follower-machine-sleeps",
    title: "A follower's machine sleeps for ten election timeouts, and its monotonic clock with it.",
    source: "DESIGN §3",
    members: 3,
    steps: [
      { at: 2, do: "suspend", who: ["a"] },
      { at: 12, do: "resume", who: ["a"] },
    ],
    lasts: 25,
    expects: { ...nothingHappens, longestWrite: stuck("a", 10) },
  },
  {
    name: "all-machines-sleep",
    title: "All machines sleep for ten election timeouts (a laptop is closed).",
    source: "DESIGN §3",
    members: 3,
    steps: [
      { at: 2, do: "suspend", who: ["leader", "a", "b"] },
      { at: 12, do: "resume", who: ["leader", "a", "b"] },
    ],
    lasts: 25,
    expects: { ...nothingHappens, longestOutage: between(9.7, 13) },
  },
  {
    name: "wall-clocks-jump",
    title: "The wall clocks jump by a day, forward at the leader and back at a follower, and then all the other way.",
    source: "MISSION row 11 (never wall-clock time)",
    members: 3,
    steps: [
      { at: 2, do: "jump-clock", who: ["leader"], monotonic: 0, wall: day },
      { at: 2, do: "jump-clock", who: ["a"], monotonic: 0, wall: -day },
      { at: 6, do: "jump-clock", who: ["leader", "a", "b"], monotonic: 0, wall: -2 * day },
      { at: 8, do: "jump-clock", who: ["leader", "a", "b"], monotonic: 0, wall: 3 * day },
    ],
    lasts: 15,
    expects: nothingHappens,
  },
  {
    name: "monotonic-clock-of-the-leader-jumps",
    title: "The leader's monotonic clock leaps forward by three election timeouts.",
    source: "testing-anchors §1.3 (clock jumps)",
    members: 3,
    steps: [{ at: 2, do: "jump-clock", who: ["leader"], monotonic: 3, wall: 0 }],
    lasts: 15,
    expects: { ...nothingHappens, longestOutage: atMost(1) },
  },
  {
    name: "monotonic-clock-of-a-follower-jumps",
    title: "A follower's monotonic clock leaps forward by three election timeouts.",
    source: "testing-anchors §1.3 (clock jumps)",
    members: 3,
    steps: [{ at: 2, do: "jump-clock", who: ["a"], monotonic: 3, wall: 0 }],
    lasts: 15,
    expects: nothingHappens,
  },
  {
    name: "slow-leader",
    title: "The leader's process takes a five-hundredth of an election timeout for every event.",
    source: "Roblox outage (2021): a slow leader that is not replaced",
    members: 3,
    steps: [
      { at: 2, do: "slow", who: ["leader"], perEvent: 0.002 },
      { at: 22, do: "slow", who: ["leader"], perEvent: 0 },
    ],
    lasts: 30,
    expects: { ...nothingHappens, longestOutage: atMost(1) },
  },
  {
    name: "leader-cut-off-from-members",
    title: "The leader is cut off from the other members for ten election timeouts, and its clients are not.",
    source: "MISSION rows 10 and 16 (phantom leader, fencing)",
    members: 3,
    steps: [
      { at: 2, do: "cut", links: linksBetween(["leader"], ["a", "b"]) },
      { at: 12, do: "heal" },
    ],
    lasts: 25,
    expects: {
      ...oneNewLeader,
      longestWrite: { leader: between(9.5, 14) },
      longestRead: { leader: between(9.5, 14) },
    },
    broken: [
      membersWithoutFencing({ rivalLeaders: atLeast(5), staleReads: atLeast(20), violation: "linearizability" }),
    ],
  },
  {
    name: "follower-cut-off-from-members",
    title: "A follower is cut off from the other members for ten election timeouts, and its clients are not.",
    source: "MISSION row 6; cockroachdb/cockroach 92089",
    members: 3,
    steps: [
      { at: 2, do: "cut", links: linksBetween(["a"], ["leader", "b"]) },
      { at: 12, do: "heal" },
    ],
    lasts: 25,
    expects: { ...nothingHappens, longestWrite: stuck("a", 10), longestRead: stuck("a", 10) },
    broken: [membersWithNaiveElections({ leaderChanges: atLeast(1), termGrowth: atLeast(3) })],
  },
];
