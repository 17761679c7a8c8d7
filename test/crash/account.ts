import type { Inserts } from "./inserts.ts";
import type { CrashOptions } from "./options.ts";
import type { Outages } from "./outages.ts";
import type { Registers } from "./registers.ts";
import type { CrashReport } from "./report.ts";
import { duration, number } from "./report.ts";
import type { Resources } from "./resources.ts";

/** What a laboratory's load has come to so far. */
export interface Load {
  readonly registers: Registers;
  readonly inserts: Inserts;
}

/** What a laboratory knows in the end. */
export interface Account extends Load {
  readonly options: CrashOptions;
  readonly electionTimeoutMs: number;
  readonly seconds: number;
  readonly checkpoints: number;
  /** How often each kind of fault or change happened. */
  readonly struck: Iterable<readonly [string, number]>;
  readonly outages: Outages;
  readonly resources: Resources;
  readonly findings: readonly string[];
  /** Where the evidence is kept; undefined where it is not. */
  readonly evidence: string | undefined;
}

/** A line for people who watch. */
export function progressLine(seconds: number, { registers, inserts }: Load, ...more: readonly string[]): string {
  return [
    duration(seconds),
    `${number(registers.operations)} operations`,
    `${number(inserts.acknowledged)} inserts`,
    `${registers.unknown + inserts.unknown} unknown`,
    `${registers.keysChecked} keys checked`,
    ...more,
  ].join("  ");
}

export function reportOf(account: Account): CrashReport {
  const { options, electionTimeoutMs, registers, inserts, checkpoints, outages, resources } = account;
  return {
    seed: options.seed,
    minutesAsked: options.minutes,
    seconds: Math.round(account.seconds),
    electionTimeoutMs,
    operations: registers.operations,
    keysChecked: registers.keysChecked,
    keysUndecided: registers.keysUndecided,
    inserts: inserts.count,
    insertsAcknowledged: inserts.acknowledged,
    unknown: registers.unknown + inserts.unknown,
    checkpoints,
    faults: Object.fromEntries([...account.struck].sort(([a], [b]) => (a < b ? -1 : 1))),
    outages: outages.rows(),
    lives: resources.report(),
    findings: account.findings,
    evidence: account.evidence,
  };
}
