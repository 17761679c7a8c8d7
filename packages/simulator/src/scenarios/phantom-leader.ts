import { RandomStreams } from "../random-streams.ts";
import type { RandomStream } from "../random-streams.ts";
import type { DirectedScenario, DirectedStep, DirectedVariant } from "./directed.ts";
import { runDirected } from "./run-directed.ts";
import type { RoleLinks } from "./scenario.ts";

/** The bound that the configuration names, in parts per million. */
const clockDriftPpm = 100_000;

/** What may be otherwise in every course of events: clocks out of bound, or a rule that is broken. */
export type PhantomVariant = Pick<DirectedVariant, "what" | "rules"> & {
  /** By how much clocks differ, as a share of the bound: 1 unless given. */
  readonly driftShare?: number;
};

/** Each must be seen to let stale reads through: where the drawn courses of events come near the edge they fall over it. */
export const phantomVariants: readonly PhantomVariant[] = [
  { what: "the clocks differ by three times as much as the bound says", driftShare: 3 },
  {
    what: "a lease lasts as long as an election timeout, whatever clocks may do",
    rules: { leaseUntil: (sentAt, promisedTimeoutMs) => sentAt + promisedTimeoutMs },
  },
  {
    what: "a lease goes on when somebody was told to take over",
    rules: { mayServeLeaseRead: ({ committedInOwnTerm, now, leaseUntil }) => committedInOwnTerm && now < leaseUntil },
  },
  { what: "a lease has no end", rules: { leaseUntil: () => Number.POSITIVE_INFINITY } },
];

const fromLeader: RoleLinks = [
  ["leader", "a"],
  ["leader", "b"],
];
const toLeader: RoleLinks = [
  ["a", "leader"],
  ["b", "leader"],
];

/** How a leader may lose its voters without knowing. */
const losses = ["cut off", "not heard", "not heard", "asleep", "hands over", "a voter restarts"] as const;

/** So many reads in a row, from when the next leader has committed until the old one has stepped down for certain. */
const readsAsked = 24;

/**
 * A phantom leader (MISSION row 10), drawn anew for each seed: how long messages and answers take, whose clock is fast and
 * whose is slow, how and when the leader loses its voters, who stands when; then the old leader is asked by its clock, again
 * and again, while the new one commits.
 */
export function drawPhantomLeader(
  seed: number,
  { driftShare = 1 }: Pick<PhantomVariant, "driftShare"> = {},
): DirectedScenario {
  const random = new RandomStreams(seed).stream("phantom leader");
  const loss = random.pick(losses);
  const at = random.between(0.05, 1.2);
  const answersTake = random.chance(0.5) ? 0 : random.between(0, 0.45);
  const steps: DirectedStep[] = [
    { at: 0, do: "patience", who: ["a"], share: random.chance(0.5) ? 0 : random.between(0, 0.1) },
    { at: 0, do: "patience", who: ["b"], share: random.between(0.5, 0.95) },
    { at: 0, do: "delay", links: toLeader, lasts: answersTake },
    // While it leads for certain its clock may answer.
    { at: at / 2, do: "read-by-clock", from: "leader" },
    ...losing(loss, at, random),
    { at, once: { leads: "a" }, do: "propose", to: "a", count: random.integer(1, 3) },
    { at, once: { commits: "a", more: 2 }, do: loss === "asleep" ? "resume" : "start", who: ["leader"] },
  ];
  for (let read = 0; read < readsAsked; read++) {
    steps.push({ at, once: { passed: read === 0 ? 0 : random.between(0, 0.02) }, do: "read-by-clock", from: "leader" });
    if (read % 8 === 7) steps.push({ at, do: "propose", to: "a", count: 1 });
  }
  return {
    name: "phantom-leader",
    title: `The leader is one no more, and does not know: ${loss}.`,
    source: "Raft dissertation §6.4.1; MISSION row 10",
    members: 3,
    setting: {
      electionTimeoutMs: random.pick([200, 500, 1000]),
      asksFrom: 1000,
      clockDriftPpm,
      clockRates: drawClockRates(random, driftShare),
      link: { minDelayMs: random.pick([0.1, 1, 5]), meanDelayMs: random.pick([0.05, 1]) },
    },
    steps,
    lasts: 12,
    expects: { staleReads: { least: 0, most: 0 } },
  };
}

function losing(loss: (typeof losses)[number], at: number, random: RandomStream): DirectedStep[] {
  switch (loss) {
    case "cut off":
      return [{ at, do: "cut", links: fromLeader }];
    case "not heard":
      return [{ at, do: "block", links: fromLeader }];
    case "asleep":
      return [
        { at, do: "suspend", who: ["leader"] },
        { at, do: "block", links: random.chance(0.7) ? toLeader : [] },
      ];
    case "hands over":
      return [
        { at, do: "block", links: toLeader },
        { at, do: "hand-over", from: "leader", to: "a" },
      ];
    case "a voter restarts":
      return [
        { at, do: "cut", links: fromLeader },
        { at, do: "crash", who: ["b"] },
        { at, once: { passed: random.between(0, 0.2) }, do: "start", who: ["b"] },
      ];
  }
}

/** One clock at an end of what may be, the others anywhere, and mostly at the other end. */
function drawClockRates(random: RandomStream, driftShare: number): number[] {
  const half = (driftShare * clockDriftPpm) / 2_000_000;
  const rate = (end: number): number => (random.chance(0.7) ? 1 + end * half : random.between(1 - half, 1 + half));
  // The first member leads.
  return [rate(-1), rate(1), rate(1)];
}

/** What many seeds of it came to. */
export interface PhantomReport {
  readonly seeds: number;
  /** Reads that were answered, by the clock or by a quorum; by the clock; and with less than was committed by then. */
  readonly reads: number;
  readonly byClock: number;
  readonly stale: number;
  /** The seeds in which one was. */
  readonly staleSeeds: readonly number[];
  /** Seeds in which it did not come so far: nobody else, or the other one, was elected. */
  readonly other: number;
  /** Seeds in which something else fell. */
  readonly violations: readonly string[];
}

export interface PhantomOptions {
  readonly from: number;
  readonly count: number;
  readonly variant?: PhantomVariant | undefined;
  readonly progress?: ((seeds: number) => void) | undefined;
}

export function runPhantomLeader({ from, count, variant, progress }: PhantomOptions): PhantomReport {
  const totals = { reads: 0, byClock: 0, stale: 0, other: 0 };
  const staleSeeds: number[] = [];
  const violations: string[] = [];
  const { rules, what = "" } = variant ?? {};
  for (let seed = from; seed < from + count; seed++) {
    const scenario = drawPhantomLeader(seed, variant);
    const broken = rules === undefined ? undefined : { what, rules, expects: {} };
    const { outcome, readsByClock } = runDirected(scenario, { seed, broken });
    totals.byClock += readsByClock;
    totals.reads += outcome.readsAnswered;
    totals.stale += outcome.staleReads;
    if (outcome.staleReads > 0) staleSeeds.push(seed);
    if (outcome.violation?.startsWith("course:") === true) totals.other++;
    else if (outcome.violation !== undefined) violations.push(`seed ${seed}: ${outcome.violation}`);
    progress?.(seed - from + 1);
  }
  return { seeds: count, ...totals, staleSeeds, violations };
}
