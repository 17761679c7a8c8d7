import { realRules } from "@quorate/raft";
import { aroundCore } from "../planted-bugs/around.ts";
import type { Distortion } from "../core/core-member-options.ts";
import { exactly } from "./bounds.ts";
import type { DirectedScenario, DirectedStep, DirectedVariant } from "./directed.ts";
import type { RoleLinks } from "./scenario.ts";

const toLeader: RoleLinks = [
  ["a", "leader"],
  ["b", "leader"],
];
const fromLeader: RoleLinks = [
  ["leader", "a"],
  ["leader", "b"],
];

/** Another is elected as soon as the voters may, and commits; the old leader is asked for a read at once. */
const electedAndAsked: readonly DirectedStep[] = [
  { at: 0.2, once: { leads: "a" }, do: "propose", to: "a", count: 3 },
  { at: 0.2, once: { commits: "a", more: 4 }, do: "read-by-clock", from: "leader" },
  { at: 4, do: "delay", links: toLeader, lasts: 0 },
  { at: 4, do: "heal" },
];

const patient: readonly DirectedStep[] = [
  { at: 0, do: "patience", who: ["a"], share: 0.02 },
  { at: 0, do: "patience", who: ["b"], share: 0.9 },
];

/** The new leader's write is not in what the old one answers. */
const isStale = { leaderChanges: exactly(1), staleReads: exactly(1), serves: true };
const isFresh = { leaderChanges: exactly(1), finalLeader: ["a"], staleReads: exactly(0), serves: true } as const;

/** Whatever round a follower answers is taken for the newest that was sent. */
const answersCountFromNow: Distortion = (message) =>
  message.type === "heartbeat-response" ? { ...message, round: Number.MAX_SAFE_INTEGER } : message;

const withoutDrift: DirectedVariant = {
  what: "a lease lasts as long as an election timeout, whatever clocks may do",
  rules: { leaseUntil: (sentAt, promisedTimeoutMs) => sentAt + promisedTimeoutMs },
  expects: isStale,
};

/** Reads that a leader answers by its clock, when somebody else leads already. */
export const leaseScenarios: readonly DirectedScenario[] = [
  {
    name: "phantom-leader-slow-clock",
    title:
      "A leader with a slow clock is cut off from voters with fast ones, within the bound; it is asked by its clock.",
    source: "Raft dissertation §6.4.1; MISSION row 10; raft-pitfalls B85 to B89",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 8, clockDriftPpm: 100_000, clockRates: [0.95, 1.05, 1.05] },
    steps: [...patient, { at: 0.2, do: "cut", links: fromLeader }, ...electedAndAsked],
    lasts: 12,
    expects: isFresh,
    broken: [
      withoutDrift,
      {
        what: "the clocks differ by more than the bound says",
        setting: { clockRates: [0.8, 1.2, 1.2] },
        expects: isStale,
      },
    ],
  },
  {
    name: "phantom-leader-slow-answers",
    title: "Answers take half an election timeout; the leader is not heard any more, and still hears the last of them.",
    source: "Raft dissertation §6.4.1 (from the start of the round); raft-pitfalls B89",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 8, clockRates: [1, 1, 1] },
    steps: [
      ...patient,
      { at: 0, do: "delay", links: toLeader, lasts: 0.5 },
      { at: 1, do: "block", links: fromLeader },
      { at: 1, once: { leads: "a" }, do: "propose", to: "a", count: 3 },
      { at: 1, once: { commits: "a", more: 4 }, do: "read-by-clock", from: "leader" },
      { at: 5, do: "delay", links: toLeader, lasts: 0 },
      { at: 5, do: "heal" },
    ],
    lasts: 12,
    expects: isFresh,
    broken: {
      what: "a lease counts from when an answer came",
      distort: answersCountFromNow,
      expects: isStale,
    },
  },
  {
    name: "phantom-leader-after-a-handover",
    title: "A leader hands over, and hears nothing of what comes of it; it is asked by its clock.",
    source: "Raft dissertation §3.10 and §6.4.1; raft-pitfalls B88",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 8, clockRates: [1, 1, 1] },
    steps: [
      { at: 0.2, do: "block", links: toLeader },
      { at: 0.2, do: "hand-over", from: "leader", to: "a" },
      ...electedAndAsked,
    ],
    lasts: 12,
    expects: isFresh,
    broken: {
      what: "a lease goes on when somebody was told to take over",
      rules: { mayServeLeaseRead: ({ committedInOwnTerm, now, leaseUntil }) => committedInOwnTerm && now < leaseUntil },
      expects: isStale,
    },
  },
  {
    name: "phantom-leader-while-joint",
    title:
      "A leader with a slow clock begins a change of which the old voters, with fast ones, hear nothing; they elect another.",
    source: "Raft §6 (both majorities) and dissertation §6.4.1; MISSION rows 8 and 10",
    members: 3,
    setting: {
      electionTimeoutMs: 1000,
      asksFrom: 9,
      clockDriftPpm: 100_000,
      clockRates: [0.95, 1.05, 1.05],
      spares: 2,
    },
    steps: [
      ...patient,
      { at: 0.2, do: "members", by: "leader", learners: ["c", "d"] },
      { at: 2, do: "cut", links: fromLeader },
      { at: 2, do: "members", by: "leader", voters: ["leader", "c", "d"], learners: [] },
      { at: 2, once: { leads: "a" }, do: "propose", to: "a", count: 3 },
      { at: 2, once: { commits: "a", more: 5 }, do: "read-by-clock", from: "leader" },
      { at: 6, do: "heal" },
    ],
    lasts: 14,
    expects: isFresh,
    broken: {
      what: "a lease needs a majority of the new voters only",
      rules: {
        leaseHeldUntil: ({ voters }, promisedUntil) =>
          realRules.leaseHeldUntil({ voters, outgoing: [] }, promisedUntil),
      },
      expects: isStale,
    },
  },
  {
    name: "phantom-leader-that-slept",
    title: "A leader's machine sleeps, and its clock with it; it wakes when another leads, and is asked by its clock.",
    source: "DESIGN §3 (clocks that stop while a machine is suspended); raft-pitfalls B87",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 8, clockRates: [1, 1, 1] },
    steps: [
      ...patient,
      { at: 0.2, do: "suspend", who: ["leader"] },
      { at: 0.2, do: "block", links: toLeader },
      { at: 0.2, once: { leads: "a" }, do: "propose", to: "a", count: 3 },
      { at: 0.2, once: { commits: "a", more: 4 }, do: "resume", who: ["leader"] },
      { at: 0.2, do: "read-by-clock", from: "leader" },
      { at: 5, do: "heal" },
    ],
    lasts: 12,
    expects: isFresh,
    broken: {
      what: "a lease goes on through the sleep of its machine",
      createCore: aroundCore(() => ({ dropLease: () => {} })),
      expects: isStale,
    },
  },
  {
    name: "phantom-leader-set-back",
    title: "A leader is cut off, and its wall clock is set back; another leads, and the old one is asked by its clock.",
    source: "MISSION rows 10 and 11 (never wall-clock time)",
    members: 3,
    setting: { electionTimeoutMs: 1000, asksFrom: 8, clockRates: [1, 1, 1] },
    steps: [
      ...patient,
      { at: 0.2, do: "cut", links: fromLeader },
      { at: 0.2, do: "jump-clock", who: ["leader"], monotonic: 0, wall: -3 },
      ...electedAndAsked,
    ],
    lasts: 12,
    expects: isFresh,
    broken: {
      what: "time is read from the wall clock, and stands still where that is set back",
      deviceBugs: { readsWallClock: true },
      expects: isStale,
    },
  },
];
