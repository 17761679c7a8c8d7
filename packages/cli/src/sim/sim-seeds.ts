import { randomInt } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { describeViolation } from "@quorate/simulator";
import { exitCodes } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { version } from "../version.ts";
import { runInPool } from "./sim-pool.ts";
import type { SimChunk, SimChunkResult, SimFailure, SimFlags } from "./sim-request.ts";

/** Seeds that a worker takes at a time: some seconds of work at most. */
const chunkSeeds = 10;

/** A first seed that nobody chose is below this, so that it stays short to type. */
const firstSeedBelow = 1_000_000_000;

/** When the same code fails so often, more of it tells nothing. */
const maxFailures = 20;

/** What a run of many seeds came to, as `--json` prints it. */
interface SimSummary {
  readonly from: number;
  seeds: number;
  runs: number;
  events: number;
  virtualMs: number;
  elections: number;
  readonly milliseconds: number;
  readonly workers: number;
  readonly failures: readonly ToldFailure[];
}

type ToldFailure = Omit<SimFailure, "file"> & { readonly file: string | undefined; readonly again: string };

/** `quorate sim --seeds N` or `--minutes M`: many seeds, in workers. */
export async function runSimSeeds(flags: SimFlags): Promise<number> {
  const from = flags.from ?? (flags.minutes === undefined ? 1 : randomInt(firstSeedBelow));
  const workers = flags.workers ?? availableParallelism();
  const worlds = flags.world === undefined || flags.world === "both" ? (["core", "replica"] as const) : [flags.world];
  const begun = Date.now();
  const until = flags.minutes === undefined ? Number.POSITIVE_INFINITY : begun + flags.minutes * 60_000;
  const end = flags.minutes === undefined ? from + (flags.seeds ?? 0) : Number.MAX_SAFE_INTEGER;
  const totals = { seeds: 0, runs: 0, events: 0, virtualMs: 0, elections: 0 };
  const failures: ToldFailure[] = [];
  const line = progressLine();
  if (flags.minutes !== undefined) process.stderr.write(`first seed ${from}\n`);

  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
  };
  // What was done until then is summed up; a second interrupt ends it at once.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  // Without a time limit the first failure ends it; a soak goes on.
  const isOver = (): boolean =>
    interrupted ||
    failures.length >= maxFailures ||
    (flags.minutes === undefined && failures.length > 0) ||
    Date.now() >= until;
  let nextSeed = from;
  const next = (): SimChunk | undefined => {
    if (nextSeed >= end || isOver()) return undefined;
    const chunk = { from: nextSeed, count: Math.min(chunkSeeds, end - nextSeed) };
    nextSeed += chunk.count;
    return chunk;
  };
  const done = (result: SimChunkResult): void => {
    addTo(totals, result);
    for (const failure of result.failures) {
      line.clear();
      const told = keep(failure, flags);
      failures.push(told);
      process.stderr.write(`${failureText(told)}\n`);
    }
    line.show(progressText(totals, failures.length, Date.now() - begun));
  };
  const quorate = { version, ...(flags.commit === undefined ? {} : { commit: flags.commit }) };
  const stopAtFirst = flags.minutes === undefined;
  await runInPool({ workers, data: { worlds, bug: flags.bug, quorate, stopAtFirst }, next, done });
  line.clear();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.off(signal, interrupt);

  const summary: SimSummary = { from, ...totals, milliseconds: Date.now() - begun, workers, failures };
  process.stdout.write(flags.json === true ? `${JSON.stringify(summary)}\n` : summaryText(summary));
  return failures.length === 0 ? exitCodes.done : exitCodes.failure;
}

function addTo(totals: Omit<SimSummary, "from" | "milliseconds" | "workers" | "failures">, result: SimChunkResult) {
  totals.seeds += result.seeds;
  totals.runs += result.runs;
  totals.events += result.events;
  totals.virtualMs += result.virtualMs;
  totals.elections += result.elections;
}

/** Writes the file of a failing run. */
function keep(failure: SimFailure, flags: SimFlags): ToldFailure {
  const { world, seed, file: text } = failure;
  const planted = flags.bug === undefined ? "" : ` --bug "${flags.bug}"`;
  const again = `quorate sim --world ${world} --seed ${seed}${planted} --trace`;
  if (text === undefined) return { ...failure, file: undefined, again };
  const file = join(flags.out, `quorate-sim-${world}-${seed}.json`);
  mkdirSync(flags.out, { recursive: true });
  writeFileSync(file, text);
  return { ...failure, file, again };
}

function failureText(failure: ToldFailure): string {
  const { world, seed, file, why, again } = failure;
  const kept = file === undefined ? `no file was made of it: ${why}` : `kept in ${file}`;
  return `${world} seed ${seed}: ${describeViolation(failure).join("\n")}\n  ${kept}\n  again: ${again}`;
}

function progressText(totals: { seeds: number; events: number; virtualMs: number }, failures: number, ms: number) {
  const found = failures === 0 ? "" : `, ${failures} failed`;
  return `${totals.seeds} seeds, ${rates(totals, ms)}${found}`;
}

function summaryText(summary: SimSummary): string {
  const { seeds, runs, events, virtualMs, elections, milliseconds, failures, from } = summary;
  const hours = virtualMs / 3_600_000;
  return (
    `${seeds} seeds from ${from} (${runs} runs): ${events} events, ${hours.toFixed(2)} simulated hours, ` +
    `${elections} elections in ${(milliseconds / 1000).toFixed(1)} s (${rates(summary, milliseconds)}); ` +
    `${failures.length === 0 ? "every property held" : `${failures.length} failed`}\n`
  );
}

function rates({ events, virtualMs }: { events: number; virtualMs: number }, milliseconds: number): string {
  const ms = Math.max(1, milliseconds);
  return `${Math.round((events / ms) * 1000)} events/s, ${(virtualMs / ms).toFixed(1)} x real time`;
}
