import type { Measured, Phase } from "./measure.ts";
import type { WatchLabOptions } from "./options.ts";

/** The figures of one round as a table of Markdown. */
export function describe(options: WatchLabOptions, all: readonly Measured[], load: readonly number[]): string {
  const { connections, watchers, perSecond } = options;
  const lines = [
    `${connections} connections, ${watchers} watches, ${perSecond} puts/s; load average ${load.map((one) => one.toFixed(1)).join(", ")}`,
    "",
    "| | memory before | with watches | a watch | made in |",
    "| --- | --- | --- | --- | --- |",
    ...all.map(({ name, bytesBefore, bytesWatched, createMs }) => {
      const each = (bytesWatched - bytesBefore) / watchers / 1024;
      const row = [
        megabytes(bytesBefore),
        megabytes(bytesWatched),
        `${each.toFixed(1)} KiB`,
        `${(createMs / 1000).toFixed(1)} s`,
      ];
      return `| ${name} | ${row.join(" | ")} |`;
    }),
    "",
    "| watchers per key | | events/s | event p50 | p99 | max | put p50 | p99 | refused | processor: member | cluster | waits for it | peak memory |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
  ];
  for (const at of options.fanOuts.keys()) {
    for (const { name, phases } of all) {
      const phase = phases[at];
      if (phase !== undefined) lines.push(phaseRow(name, phase));
    }
  }
  return lines.join("\n");
}

function phaseRow(name: string, phase: Phase): string {
  const { watchersPerKey, events, seconds, eventMs, putMs, refused, memberShare, clusterShare, waitMs, peakBytes } =
    phase;
  const cells = [
    String(watchersPerKey),
    name,
    (events / seconds).toFixed(0),
    ...[eventMs.p50, eventMs.p99, eventMs.max, putMs.p50, putMs.p99].map((ms) => `${ms.toFixed(1)} ms`),
    String(refused),
    `${(100 * memberShare).toFixed(0)} %`,
    `${(100 * clusterShare).toFixed(0)} %`,
    `${waitMs.toFixed(2)} ms`,
    megabytes(peakBytes),
  ];
  return `| ${cells.join(" | ")} |`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
