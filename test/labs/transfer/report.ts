import type { Peaks } from "../member-watch.ts";
import type { WritesReport } from "../writes.ts";

/** One part of a run. */
export interface Phase {
  readonly name: string;
  readonly seconds: number;
  /** Who led when it began. */
  readonly leader: string;
  /** Terms that began meanwhile. */
  readonly elections: number;
  readonly writes: WritesReport | undefined;
  /** By name of the member. */
  readonly peaks: Readonly<Record<string, Peaks>>;
}

/** A state that a member took over, or began to. */
export interface StateTaken {
  readonly member: string;
  readonly phase: string;
  readonly kind: "whole" | "increment" | "broken off";
  /** That were received in this session. */
  readonly bytes: number;
  readonly tookMs: number;
  readonly message: string;
}

export interface TransferReport {
  readonly gigabytes: number;
  readonly valueBytes: number;
  readonly keys: number;
  readonly electionTimeoutMs: number;
  readonly writesPerSecond: number;
  readonly absenceSeconds: number;
  /** Of one member's data folder once it was filled. */
  readonly stateBytes: number;
  /** Bytes of values that were written while the member was away. */
  readonly changedBytes: number;
  readonly phases: readonly Phase[];
  readonly taken: readonly StateTaken[];
  /** That all members agree on; undefined when they do not. */
  readonly hash: string | undefined;
  readonly findings: readonly string[];
}

const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;

/** The tables of docs/membership-lab.md. */
export function describeReport(report: TransferReport): string {
  const { gigabytes, keys, valueBytes, electionTimeoutMs, writesPerSecond, absenceSeconds } = report;
  return [
    `${gigabytes} GB in ${keys.toLocaleString("en")} keys of ${valueBytes} bytes, T = ${electionTimeoutMs} ms, ` +
      `${writesPerSecond} writes of 4 KiB a second, away for ${absenceSeconds} s. Members' hash: ${report.hash ?? "DIFFERS"}.`,
    "",
    "| part | time | writes: p50, p99, longest, failed | longest gap between heartbeats | leader's event loop late: p99.9, longest | leader's memory, and mapped files |",
    "| --- | --- | --- | --- | --- | --- |",
    ...report.phases.map(phaseRow),
    "",
    "| member | part | state taken over | bytes | time |",
    "| --- | --- | --- | --- | --- |",
    ...report.taken.map(
      ({ member, phase, kind, bytes, tookMs }) =>
        `| ${member} | ${phase} | ${kind} | ${mega(bytes)} | ${tookMs === 0 ? "" : `${(tookMs / 1000).toFixed(1)} s`} |`,
    ),
    "",
    `Written while the member was away: ${mega(report.changedBytes)}.`,
    ...(report.findings.length === 0
      ? ["Nothing was found."]
      : ["FINDINGS", ...report.findings.map((text) => `  - ${text}`)]),
  ].join("\n");
}

function phaseRow({ name, seconds, leader, writes, peaks }: Phase): string {
  const gaps = Object.entries(peaks).map(([member, { heartbeatGapMs }]) => ({ member, heartbeatGapMs }));
  const [worst] = gaps.sort((a, b) => b.heartbeatGapMs - a.heartbeatGapMs);
  const own = peaks[leader];
  const wrote =
    writes === undefined ? "" : `${writes.p50Ms}, ${writes.p99Ms}, ${writes.longestMs} ms; ${writes.failed}`;
  const late = own === undefined ? "" : `${own.loopDelayP999Ms}, ${own.loopDelayLongestMs} ms`;
  const memory = own === undefined ? "" : `${mega(own.ownBytes)}, ${mega(own.fileBytes)}`;
  return `| ${name} | ${seconds.toFixed(0)} s | ${wrote} | ${worst?.heartbeatGapMs ?? 0} ms (${worst?.member ?? ""}) | ${late} | ${memory} |`;
}
