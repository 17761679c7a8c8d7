import { atLeast, atMost, between, exactly, nothingHappens, oneNewLeader, stuck, unnoticed } from "./bounds.ts";
import type { MemberExpectation, MemberScenario, MemberStep } from "./member-scenario.ts";
import { takingFailedSyncsForDone, whoeverLeadsStays } from "./member-broken-parts.ts";

/** The leader hands over, and only its own clients notice that its disk stands still (docs/raft.md). */
const stepsAside: MemberExpectation = {
  leaderChanges: exactly(1),
  termGrowth: between(1, 2),
  longestOutage: atMost(0.5),
  rivalLeaders: exactly(0),
  finalLeader: ["a", "b"],
  serves: true,
};

/** Disks that are slow, full, wrong or gone. */
export const memberDiskScenarios: readonly MemberScenario[] = [
  {
    name: "leader-disk-stalls",
    title: "Nothing on the leader's disk completes for five election timeouts.",
    source: "Roblox outage (2021); testing-anchors §1.3",
    members: 3,
    steps: [{ at: 2, do: "stall-disk", who: ["leader"], lasts: 5 }],
    lasts: 15,
    expects: { ...stepsAside, longestWrite: stuck("leader", 5), longestRead: stuck("leader", 5) },
    broken: [
      whoeverLeadsStays({ ...nothingHappens, longestWrite: stuck("leader", 5), longestRead: stuck("leader", 5) }),
    ],
  },
  {
    name: "leader-disk-hangs",
    title:
      "Nothing on the leader's disk completes for thirty election timeouts, three times as long as a request may take.",
    source: "LeaseGuard (faux leader); Roblox outage (2021)",
    members: 3,
    steps: [{ at: 2, do: "stall-disk", who: ["leader"], lasts: 30 }],
    lasts: 45,
    expects: { ...stepsAside, longestWrite: stuck("leader", 30), longestRead: stuck("leader", 30) },
  },
  {
    name: "leader-disk-slow",
    title: "Every sync of the leader takes a third of an election timeout.",
    source: "Roblox outage (2021)",
    members: 3,
    steps: [
      { at: 2, do: "fail-disk", who: ["leader"], faults: { meanSync: 0.33 } },
      { at: 22, do: "heal-disk", who: ["leader"] },
    ],
    lasts: 30,
    // Whether one sync takes longer than a leader may is up to the seed.
    expects: {
      ...stepsAside,
      leaderChanges: atMost(3),
      termGrowth: atMost(3),
      finalLeader: ["leader", "a", "b"],
      longestWrite: { leader: between(0.5, 6), a: unnoticed, b: unnoticed },
    },
  },
  {
    name: "follower-disk-stalls",
    title: "Nothing on one follower's disk completes for ten election timeouts.",
    source: "MISSION row 15 (the quorum-th fastest decides)",
    members: 3,
    steps: [{ at: 2, do: "stall-disk", who: ["a"], lasts: 10 }],
    lasts: 20,
    expects: { ...nothingHappens, longestWrite: stuck("a", 10), longestRead: stuck("a", 10) },
  },
  {
    name: "both-followers-disks-stall",
    title: "Nothing on both followers' disks completes for five election timeouts.",
    source: "Raft §5.3: nothing is committed without a quorum of disks",
    members: 3,
    steps: [{ at: 2, do: "stall-disk", who: ["a", "b"], lasts: 5 }],
    lasts: 15,
    expects: {
      ...nothingHappens,
      longestOutage: between(4.7, 6),
      longestRead: { leader: unnoticed, a: unnoticed, b: unnoticed },
    },
  },
  {
    name: "leader-fsync-fails",
    title: "A sync of the leader fails; its process stops and is started again, by then on a sound disk.",
    source: "PostgreSQL's fsyncgate (2018); DESIGN §4",
    members: 3,
    steps: [
      { at: 2, do: "fail-disk", who: ["leader"], faults: { syncErrorProbability: 1 } },
      { at: 2.3, do: "heal-disk", who: ["leader"] },
    ],
    lasts: 20,
    expects: { ...oneNewLeader, finalLeader: ["leader", "a", "b"], stoppedByDisk: between(1, 10) },
  },
  {
    name: "follower-fsync-fails",
    title: "A sync of a follower fails; its process stops and is started again, by then on a sound disk.",
    source: "PostgreSQL's fsyncgate (2018); DESIGN §4",
    members: 3,
    steps: [
      { at: 2, do: "fail-disk", who: ["a"], faults: { syncErrorProbability: 1 } },
      { at: 2.3, do: "heal-disk", who: ["a"] },
    ],
    lasts: 20,
    expects: {
      ...nothingHappens,
      stoppedByDisk: between(1, 10),
      longestWrite: { leader: unnoticed, a: between(0.1, 6), b: unnoticed },
    },
  },
  {
    name: "fsync-fails-before-a-power-cut",
    title: "A sync of every member fails, one after the other; later all machines lose power at once.",
    source: "PostgreSQL's fsyncgate (2018): a failed sync marks pages clean, and only a power cut tells",
    members: 3,
    steps: [
      ...(["leader", "a", "b"] as const).flatMap((role, at): MemberStep[] => [
        { at: 2 + 4 * at, do: "fail-disk", who: [role], faults: { syncErrorProbability: 0.5 } },
        { at: 3 + 4 * at, do: "heal-disk", who: [role] },
      ]),
      { at: 16, do: "power-cut", who: ["leader", "a", "b"] },
      { at: 17, do: "start", who: ["leader", "a", "b"] },
    ],
    lasts: 25,
    expects: {
      leaderChanges: between(1, 10),
      longestOutage: between(1.5, 8),
      serves: true,
      stoppedByDisk: between(1, 30),
    },
    broken: [takingFailedSyncsForDone({ violation: ["durable log", "member"] })],
  },
  {
    name: "leader-disk-full",
    title: "The leader's disk is full for ten election timeouts.",
    source: "testing-anchors §1.3 (ENOSPC)",
    members: 3,
    steps: [
      { at: 2, do: "fail-disk", who: ["leader"], faults: { freeBytes: 0 } },
      { at: 12, do: "heal-disk", who: ["leader"] },
    ],
    lasts: 25,
    expects: { ...oneNewLeader, leaderChanges: between(1, 3), stoppedByDisk: between(1, 100) },
  },
  {
    name: "follower-disk-full",
    title: "A follower's disk is full for ten election timeouts.",
    source: "testing-anchors §1.3 (ENOSPC)",
    members: 3,
    steps: [
      { at: 2, do: "fail-disk", who: ["a"], faults: { freeBytes: 0 } },
      { at: 12, do: "heal-disk", who: ["a"] },
    ],
    lasts: 25,
    expects: { ...nothingHappens, stoppedByDisk: between(1, 100), longestWrite: { leader: unnoticed, b: unnoticed } },
  },
  {
    name: "damaged-follower",
    title: "A follower comes up with a block of its log gone bad.",
    source: "Protocol-aware recovery (FAST 2018); DESIGN §4 (quarantine)",
    members: 3,
    steps: [
      { at: 5, do: "damage-log", who: ["a"], kind: "garbage" },
      { at: 6, do: "start", who: ["a"] },
    ],
    lasts: 15,
    expects: { ...nothingHappens, quarantined: exactly(1), healed: exactly(1) },
  },
  {
    name: "damaged-leader",
    title: "The leader dies, and comes up with a block of its log gone bad.",
    source: "Protocol-aware recovery (FAST 2018); DESIGN §4 (quarantine)",
    members: 3,
    steps: [
      { at: 5, do: "damage-log", who: ["leader"], kind: "garbage" },
      { at: 6, do: "start", who: ["leader"] },
    ],
    lasts: 20,
    expects: { ...oneNewLeader, quarantined: exactly(1), healed: exactly(1) },
  },
  {
    name: "wiped-member",
    title: "A follower comes up with an empty disk, which the others know to have held more.",
    source: "docs/decisions/0008 (starts that peers know)",
    members: 3,
    steps: [
      { at: 5, do: "wipe-disk", who: ["a"] },
      { at: 6, do: "start", who: ["a"] },
    ],
    lasts: 15,
    gone: ["a"],
    expects: { ...nothingHappens, longestWrite: { a: atLeast(8) }, longestRead: { a: atLeast(8) } },
  },
  {
    name: "restored-member",
    title: "A follower comes up with an older copy of its disk.",
    source: "docs/decisions/0008 (starts that peers know)",
    members: 3,
    steps: [
      { at: 2, do: "copy-disk", who: ["a"] },
      { at: 3, do: "crash", who: ["a"] },
      { at: 4, do: "start", who: ["a"] },
      { at: 8, do: "restore-disk", who: ["a"] },
      { at: 9, do: "start", who: ["a"] },
    ],
    lasts: 18,
    gone: ["a"],
    expects: { ...nothingHappens, longestWrite: { a: atLeast(8) }, longestRead: { a: atLeast(8) } },
  },
];
