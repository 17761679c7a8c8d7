import type { CrashOptions } from "./options.ts";
import type { OutageRow } from "./outages.ts";
import { drawOutages } from "./outages.ts";
import type { LifeReport } from "./resources.ts";

/** What a run did and found. */
export interface CrashReport {
  readonly seed: number;
  readonly minutesAsked: number;
  readonly seconds: number;
  readonly electionTimeoutMs: number;
  /** Reads, writes and compare-and-puts on registers. */
  readonly operations: number;
  readonly keysChecked: number;
  /** Keys whose history was too hard to decide. */
  readonly keysUndecided: number;
  readonly inserts: number;
  readonly insertsAcknowledged: number;
  /** Operations whose outcome the client never learned. */
  readonly unknown: number;
  readonly checkpoints: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly outages: readonly OutageRow[];
  readonly lives: readonly LifeReport[];
  /** Empty: nothing was found. */
  readonly findings: readonly string[];
  /** Where data folders, logs and history are, when they are kept. */
  readonly evidence: string | undefined;
}

/** For people. */
export function describeReport(report: CrashReport): string {
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  return [
    "",
    `${duration(report.seconds)}, seed ${report.seed}: ${number(faults)} faults, ${report.checkpoints} checks of the whole cluster`,
    `registers: ${number(report.operations)} operations, ${number(report.keysChecked)} keys checked for an order` +
      (report.keysUndecided > 0 ? `, ${report.keysUndecided} of them undecided` : ""),
    `inserts: ${number(report.inserts)}, ${number(report.insertsAcknowledged)} acknowledged; ${number(report.unknown)} operations without an outcome`,
    "",
    "How long no write was acknowledged, by cause:",
    drawOutages(report.outages),
    "",
    ...goals(report),
    ...report.lives.map(
      ({ member, minutes, heapFloorMiB, rssFloorMiB }) =>
        `memory of ${member} over a life of ${minutes} minutes: heap ${heapFloorMiB.join(" to ")} MiB, resident ${rssFloorMiB.join(" to ")} MiB (lowest of the first and of the last third)`,
    ),
    "",
    ...(report.findings.length === 0
      ? ["Nothing was found."]
      : ["FINDINGS", ...report.findings.map((text) => `  - ${text}`)]),
    ...(report.evidence === undefined ? [] : [`Data folders, logs and history: ${report.evidence}`]),
  ].join("\n");
}

/** Reported, not asserted: this machine does other things too. */
function goals({ outages, electionTimeoutMs }: CrashReport): readonly string[] {
  const row = (cause: string) => outages.find((outage) => outage.cause === cause);
  const leader = row("kill leader");
  const follower = row("kill follower");
  const calm = row("no fault");
  return [
    ...(leader === undefined
      ? []
      : [
          `goal: an outage under 2T (${2 * electionTimeoutMs} ms) after a leader is killed: ${reached(leader.p50 < 2 * electionTimeoutMs)} at the median (${leader.p50} ms), ${reached(leader.max < 2 * electionTimeoutMs)} at the longest (${leader.max} ms)`,
        ]),
    ...(follower === undefined
      ? []
      : [
          `goal: none after a follower is killed: ${follower.p50} ms at the median, ${follower.max} ms at the longest; without any fault ${calm?.p50 ?? 0} and ${calm?.max ?? 0} ms`,
        ]),
  ];
}

/** The row of docs/verification.md. */
export function ledgerRow(
  report: CrashReport,
  { members }: Pick<CrashOptions, "members">,
  commit: string,
  day: string,
): string {
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  const leader = report.outages.find(({ cause }) => cause === "kill leader");
  const outage =
    leader === undefined ? "" : `; outage after a killed leader: p50 ${leader.p50} ms, longest ${leader.max} ms`;
  const did =
    `seed ${report.seed}, ${duration(report.seconds)}: ${number(faults)} ${members ? "changes of members" : "faults"}, ${number(report.operations)} operations on ` +
    `${number(report.keysChecked)} keys, ${number(report.insertsAcknowledged)} inserts acknowledged${outage}`;
  const found = report.findings.length === 0 ? "none" : `FOUND: ${report.findings[0]}`;
  return `| ${day} | ${commit} | \`npm run crash -- --minutes ${report.minutesAsked} --seed ${report.seed}${members ? " --members" : ""}\` | ${did} | ${found.replaceAll("|", "\\|").slice(0, 300)} |`;
}

function reached(yes: boolean): string {
  return yes ? "reached" : "missed";
}

export function number(value: number): string {
  return value.toLocaleString("en");
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")} min`;
}
