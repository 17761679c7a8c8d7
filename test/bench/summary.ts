import type { Latency, Measurement } from "./measurement.ts";
import type { Operation } from "./operations.ts";
import { median } from "./statistics.ts";

/** All rounds of one operation with one number in flight. */
export interface Case {
  readonly operation: Operation;
  readonly inFlight: number;
  /** Of round after round. */
  readonly quorate: readonly Measurement[];
  readonly etcd: readonly Measurement[];
}

/** Medians over the rounds. */
export interface Summary {
  readonly operation: string;
  readonly title: string;
  readonly inFlight: number;
  /** Quorate's operations per second over etcd's, of the two measurements of a round: median, least, most. */
  readonly ratio: Range;
  readonly quorate: SystemSummary;
  readonly etcd: SystemSummary;
}

export interface Range {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface SystemSummary {
  readonly perSecond: Range;
  readonly latencyMs: Latency;
  /** Of processor, per operation: of the member that led, and of all members together. */
  readonly leaderMicros: number;
  readonly allMicros: number;
  /** Bytes, of the leader and of the follower that held more, the most over the rounds. */
  readonly leaderMemory: number;
  readonly followerMemory: number;
  readonly generatorMicros: number;
  /** Measurements that were repeated because the leader changed. */
  readonly repeated: number;
}

export function summarize({ operation, inFlight, quorate, etcd }: Case): Summary {
  return {
    operation: operation.id,
    title: operation.title,
    inFlight,
    ratio: range(quorate.map(({ perSecond }, round) => perSecond / (etcd[round]?.perSecond ?? Number.NaN))),
    quorate: summaryOf(quorate),
    etcd: summaryOf(etcd),
  };
}

function summaryOf(rounds: readonly Measurement[]): SystemSummary {
  const middle = (of: (one: Measurement) => number) => median(rounds.map(of));
  return {
    perSecond: range(rounds.map(({ perSecond }) => perSecond)),
    latencyMs: {
      p50: middle(({ latencyMs }) => latencyMs.p50),
      p90: middle(({ latencyMs }) => latencyMs.p90),
      p99: middle(({ latencyMs }) => latencyMs.p99),
      p999: middle(({ latencyMs }) => latencyMs.p999),
    },
    leaderMicros: middle(({ members }) => members[0]?.microsPerOperation ?? Number.NaN),
    allMicros: middle(({ members }) => members.reduce((sum, one) => sum + one.microsPerOperation, 0)),
    leaderMemory: Math.max(...rounds.map(({ members }) => members[0]?.peakMemory ?? Number.NaN)),
    followerMemory: Math.max(...rounds.flatMap(({ members }) => members.slice(1).map((one) => one.peakMemory))),
    generatorMicros: middle(({ generatorMicros }) => generatorMicros),
    repeated: rounds.reduce((sum, one) => sum + one.repeated, 0),
  };
}

function range(values: readonly number[]): Range {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}
