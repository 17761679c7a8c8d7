import type { Conditions } from "./conditions.ts";
import type { BenchOptions } from "./options.ts";
import type { Probes } from "./probes.ts";
import { leastPutMs } from "./probes.ts";
import type { Range, Summary, SystemSummary } from "./summary.ts";

/** What was measured, and where. */
export interface Results {
  readonly conditions: Conditions;
  /** Load averages before and after. */
  readonly loads: readonly [string, string];
  readonly probes: Probes;
  readonly summaries: readonly Summary[];
}

/** In Markdown that is also readable on a terminal. */
export function describeResults(results: Results, options: BenchOptions): string {
  const { summaries } = results;
  return [
    describeConditions(results, options),
    table(
      ["operations per second", "in flight", "Quorate", "etcd", "ratio"],
      summaries.map(({ title, inFlight, quorate, etcd, ratio }) => [
        title,
        String(inFlight),
        perSecond(quorate.perSecond),
        perSecond(etcd.perSecond),
        `${ratio.median.toFixed(2)} (${ratio.least.toFixed(2)} to ${ratio.most.toFixed(2)})`,
      ]),
    ),
    table(
      ["latency p50 / p90 / p99 / p99.9, ms", "in flight", "Quorate", "etcd", "ratio of p50", "ratio of p99"],
      summaries.map(({ title, inFlight, quorate, etcd }) => [
        title,
        String(inFlight),
        latencies(quorate),
        latencies(etcd),
        (quorate.latencyMs.p50 / etcd.latencyMs.p50).toFixed(2),
        (quorate.latencyMs.p99 / etcd.latencyMs.p99).toFixed(2),
      ]),
    ),
    table(
      [
        "µs of processor per operation: leader, all members",
        "in flight",
        "Quorate",
        "etcd",
        "ratio of all",
        "generator",
      ],
      summaries.map(({ title, inFlight, quorate, etcd }) => [
        title,
        String(inFlight),
        `${quorate.leaderMicros.toFixed(0)}, ${quorate.allMicros.toFixed(0)}`,
        `${etcd.leaderMicros.toFixed(0)}, ${etcd.allMicros.toFixed(0)}`,
        (quorate.allMicros / etcd.allMicros).toFixed(2),
        `${quorate.generatorMicros.toFixed(1)}, ${etcd.generatorMicros.toFixed(1)}`,
      ]),
    ),
    table(
      ["peak resident memory, MiB: leader, larger follower", "in flight", "Quorate", "etcd"],
      summaries.map(({ title, inFlight, quorate, etcd }) => [
        title,
        String(inFlight),
        `${mebibytes(quorate.leaderMemory)}, ${mebibytes(quorate.followerMemory)}`,
        `${mebibytes(etcd.leaderMemory)}, ${mebibytes(etcd.followerMemory)}`,
      ]),
    ),
    ...describeSingleClient(results),
  ].join("\n\n");
}

function describeConditions({ conditions: where, loads, probes }: Results, options: BenchOptions): string {
  const { rounds, seconds, to } = options;
  const { syncMs, roundTripMs } = probes;
  return [
    `${where.date}, commit ${where.commit}; ${where.processors}, ${where.memoryGib} GiB, ${where.system}, ${where.filesystem}; ` +
      `Node.js ${where.node}, ${where.etcd}, ${where.h2load}.`,
    `Medians of ${rounds} rounds of ${seconds} s, with the extremes in brackets; the systems in turns (A B, B A, ...), both running ` +
      `throughout; asked: ${to === "all" ? "all members" : `the ${to}`}. Load averages before ${loads[0]}, after ${loads[1]}.`,
    `This machine: write and fdatasync ${milliseconds(syncMs.p50)} ms (p99 ${milliseconds(syncMs.p99)}), loopback round trip ` +
      `${milliseconds(roundTripMs.p50)} ms (p99 ${milliseconds(roundTripMs.p99)}).`,
  ].join("\n");
}

/** The latency of one client's puts beside what the machine allows. */
function describeSingleClient({ probes, summaries }: Results): readonly string[] {
  const least = leastPutMs(probes);
  return summaries
    .filter(({ operation, inFlight }) => operation === "put" && inFlight === 1)
    .map(({ quorate, etcd }) => {
      const times = ({ latencyMs }: SystemSummary) => `${(latencyMs.p50 / least).toFixed(2)} times`;
      return (
        `A single client's put takes at least one sync and two round trips, ${milliseconds(least)} ms by the medians above. ` +
        `The median of Quorate is ${times(quorate)} that, etcd's ${times(etcd)}.`
      );
    });
}

/** A Markdown table with columns of equal width. */
export function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [heading, ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(heading), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

function perSecond({ median, least, most }: Range): string {
  return `${grouped(median)} (${grouped(least)} to ${grouped(most)})`;
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function latencies({ latencyMs: { p50, p90, p99, p999 } }: SystemSummary): string {
  return [p50, p90, p99, p999].map(milliseconds).join(" / ");
}

/** Three digits that count. */
function milliseconds(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(value >= 1 ? 2 : 3);
}

function mebibytes(bytes: number): string {
  return Math.round(bytes / 2 ** 20).toString();
}
