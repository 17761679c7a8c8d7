import type { RandomStreams } from "../../packages/simulator/src/random-streams.ts";

/** Who is struck. A leader is whoever leads when the fault begins. */
export type Victims = "leader" | "follower" | "majority" | "all";

/** What is done to each victim. */
export type Harm =
  | "kill"
  | "restart"
  | "stop"
  | "cut off"
  | "deaf"
  | "mute"
  | "link cut"
  | "link one-way"
  | "slow network"
  | "slow link"
  | "slow disk"
  | "stalled disk";

/** One fault of the schedule. Everything in it comes from the seed. */
export interface Fault {
  readonly harm: Harm;
  readonly victims: Victims;
  /** How long the cluster is left alone before it. */
  readonly quietMs: number;
  /** From the harm to its end: until the process is started again, say. */
  readonly durationMs: number;
  /** In [0, 1): chooses among the members that the description fits, and the other end of a link. */
  readonly choice: number;
  readonly otherEnd: number;
  /** Of slow links and disks. */
  readonly delayMs: number;
  /** Begins this long after the one before, which is still in force; undefined for a fault of its own. */
  readonly overlapsAfterMs: number | undefined;
}

interface Row {
  readonly harm: Harm;
  readonly weight: number;
  readonly durationMs: readonly [number, number];
  readonly delayMs?: readonly [number, number];
  /** Whether it may befall a majority or all at once. */
  readonly many: boolean;
}

/** Durations around the election timeout of 1 s on both sides, and delays from those of a town to those of an ocean. */
const rows: readonly Row[] = [
  { harm: "kill", weight: 6, durationMs: [0, 6000], many: true },
  { harm: "restart", weight: 2, durationMs: [0, 1500], many: true },
  { harm: "stop", weight: 4, durationMs: [200, 8000], many: true },
  { harm: "cut off", weight: 3, durationMs: [300, 10_000], many: true },
  { harm: "deaf", weight: 2, durationMs: [300, 10_000], many: false },
  { harm: "mute", weight: 2, durationMs: [300, 10_000], many: false },
  { harm: "link cut", weight: 2, durationMs: [300, 10_000], many: false },
  { harm: "link one-way", weight: 2, durationMs: [300, 10_000], many: false },
  { harm: "slow network", weight: 2, durationMs: [1000, 8000], delayMs: [5, 300], many: true },
  { harm: "slow link", weight: 1, durationMs: [1000, 8000], delayMs: [5, 300], many: false },
  { harm: "slow disk", weight: 3, durationMs: [1000, 8000], delayMs: [10, 500], many: true },
  { harm: "stalled disk", weight: 2, durationMs: [1000, 5000], delayMs: [60_000, 60_000], many: true },
];

/** After any of these a follower lacks what the others have. */
const absences: ReadonlySet<Harm> = new Set(["kill", "stop", "cut off", "deaf", "stalled disk"]);
/** What a leader suffers while a follower is behind. */
const downfalls: readonly Harm[] = ["kill", "stop", "cut off"];

/** Ends processes: left out where long lives are wanted. */
export function endsProcesses(harm: Harm): boolean {
  return harm === "kill" || harm === "restart";
}

/** The schedule: the same seed gives the same faults, in the same order, though not at the same moments of a write. */
export class FaultSchedule {
  readonly #streams;
  /** What comes after the fault that was given last, if that is decided. */
  #decided: Fault | undefined;

  constructor(streams: RandomStreams) {
    this.#streams = {
      harms: streams.stream("harms"),
      victims: streams.stream("victims"),
      times: streams.stream("times"),
      delays: streams.stream("delays"),
      overlaps: streams.stream("overlaps"),
      downfalls: streams.stream("downfalls"),
    };
  }

  next(mayEndProcesses: boolean): Fault {
    const decided = this.#decided;
    this.#decided = undefined;
    if (decided !== undefined) return decided;
    const fault = this.#draw(mayEndProcesses);
    if (fault.victims === "follower" && absences.has(fault.harm))
      this.#decided = this.#downfall(fault, mayEndProcesses);
    return fault;
  }

  /**
   * The leader falls while a follower is away, or as it comes back: who is elected now must not be the one that lacks
   * what was acknowledged meanwhile. By chance alone that would be rare.
   */
  #downfall({ durationMs }: Fault, mayEndProcesses: boolean): Fault | undefined {
    const { downfalls: random } = this.#streams;
    if (!random.chance(0.4)) return undefined;
    return {
      harm: random.pick(downfalls.filter((harm) => mayEndProcesses || !endsProcesses(harm))),
      victims: "leader",
      choice: random.next(),
      otherEnd: random.next(),
      quietMs: 0,
      durationMs: random.between(2000, 7000),
      delayMs: 0,
      overlapsAfterMs: random.between(0.3 * durationMs, durationMs + 200),
    };
  }

  #draw(mayEndProcesses: boolean): Fault {
    const { harms, victims, times, delays, overlaps } = this.#streams;
    const allowed = rows.filter(({ harm }) => mayEndProcesses || !endsProcesses(harm));
    let left = harms.next() * allowed.reduce((sum, { weight }) => sum + weight, 0);
    const row = allowed.find(({ weight }) => (left -= weight) < 0) ?? (allowed[0] as Row);
    const roll = victims.next();
    const many = row.many && roll >= 0.86;
    const overlapping = overlaps.chance(0.15);
    const afterMs = overlaps.between(0, 3000);
    return {
      harm: row.harm,
      victims: many ? (roll >= 0.93 ? "all" : "majority") : roll < 0.45 ? "leader" : "follower",
      choice: victims.next(),
      otherEnd: victims.next(),
      quietMs: Math.min(12_000, 500 + times.exponential(3000)),
      durationMs: times.between(...row.durationMs),
      // Short delays as often as long ones: evenly spread over the orders of magnitude.
      delayMs: row.delayMs === undefined ? 0 : row.delayMs[0] * (row.delayMs[1] / row.delayMs[0]) ** delays.next(),
      overlapsAfterMs: overlapping ? afterMs : undefined,
    };
  }
}
