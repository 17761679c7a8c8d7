import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  bugOf,
  describeRun,
  describeViolation,
  formatRunFile,
  recordSeed,
  replay,
  runPlan,
  shrink,
} from "@quorate/simulator";
import type { Recorded, RunFile, SimulationResult } from "@quorate/simulator";
import { exitCodes, UsageError } from "../errors.ts";
import { progressLine } from "../progress-line.ts";
import { version } from "../version.ts";
import { readRun } from "./read-run.ts";
import type { SimFlags } from "./sim-request.ts";
import { traceFilter } from "./trace-filter.ts";

/** `quorate sim --seed N`: one run, with its trace and its smallest schedule if asked. */
export function runSimSeed(flags: SimFlags, seed: number): number {
  const bug = plantedBug(flags.bug);
  const asked = flags.world === "both" ? undefined : flags.world;
  const world = asked ?? bug?.world ?? "core";
  const quorate = { version, ...(flags.commit === undefined ? {} : { commit: flags.commit }) };
  const recorded = recordSeed({ world, seed, bug, trace: tracer(flags) }, quorate);
  const path = join(flags.out, `quorate-sim-${world}-${seed}.json`);
  if (recorded.outcome !== "failed") return tellOutcome(recorded, `${world} seed ${seed}`, flags);
  save(path, recorded.file);
  return tellFailure(recorded.file, recorded.result, path, flags);
}

/** `quorate sim --replay FILE`: a kept run, twice, compared with what the file says. */
export function runSimReplay(flags: SimFlags, path: string): number {
  const { file } = readRun(path);
  const traced = tracer(flags);
  if (traced !== undefined) runPlan(file, bugOf(file), traced);
  const answer = replay(file);
  if (answer.verdict === "not deterministic") {
    const [first, second] = answer.hashes;
    return tell(flags, { verdict: answer.verdict, hashes: answer.hashes }, [
      `not deterministic: two runs of this file had the histories ${first} and ${second}`,
    ]);
  }
  const { result, verdict } = answer;
  if (verdict !== "did not fall") return tellFailure(file, result, path, flags, verdict);
  const instead = result.violation === undefined ? "nothing fell" : result.violation.message;
  tell(flags, { verdict, violation: result.violation, hash: result.hash }, [
    `"${file.violation.property}" did not fall this time: ${instead}`,
  ]);
  return result.violation === undefined ? exitCodes.done : exitCodes.failure;
}

function tellOutcome(recorded: Exclude<Recorded, { outcome: "failed" }>, name: string, flags: SimFlags): number {
  const { events, virtualMs, hash, violation } = recorded.result;
  const what = `${events} events in ${virtualMs.toFixed(0)} ms of virtual time, history ${hash}`;
  const lines = [`${name}: ${what}`];
  if (recorded.outcome === "not reproducible") {
    lines.push(
      ...(violation === undefined ? [] : describeViolation(violation)),
      `no file was made of it: ${recorded.why}`,
    );
  }
  tell(flags, { outcome: recorded.outcome, events, virtualMs, hash, violation }, lines);
  return recorded.outcome === "clean" ? exitCodes.done : exitCodes.failure;
}

function tellFailure(file: RunFile, result: SimulationResult, path: string, flags: SimFlags, verdict = "same"): number {
  const { violation, events, hash } = result;
  if (flags.shrink !== true) {
    const changed = verdict === "same" ? "" : " (the history is not that of the file: the code has changed since)";
    return tell(flags, { verdict, violation, events, hash, file: path, external: file.events.length }, [
      ...(violation === undefined ? [] : describeViolation(violation)),
      `${events} events, ${file.events.length} from outside, history ${hash}${changed}`,
      `kept in ${path}; again: quorate sim --replay ${path} --trace; smaller: quorate sim --replay ${path} --shrink`,
      `to look at, event by event: quorate lab ${path}`,
    ]);
  }
  const line = progressLine();
  const until = Date.now() + flags.shrinkSeconds * 1000;
  const shrunk = shrink(file, {
    keepGoing: () => Date.now() < until,
    progress: ({ step, runs, events: left }) => line.show(`${left} events from outside, ${runs} runs; ${step}`),
  });
  line.clear();
  const smallPath = path.replace(/(?:\.small)?\.json$|$/, ".small.json");
  save(smallPath, shrunk.file);
  const minimal = shrunk.isMinimal ? "none can be taken away" : "out of time; more may be taken away";
  return tell(flags, { violation: shrunk.file.violation, ...shrunk, file: smallPath, events: shrunk.file.events }, [
    ...describeRun(shrunk.file),
    `${file.events.length} events from outside became ${shrunk.file.events.length} in ${shrunk.runs} runs (${minimal})`,
    `kept in ${smallPath}`,
    `to look at, event by event: quorate lab ${smallPath}`,
  ]);
}

/** Prints, and says that something fell. */
function tell(flags: SimFlags, json: object, lines: readonly string[]): number {
  process.stdout.write(flags.json === true ? `${JSON.stringify(json)}\n` : `${lines.join("\n")}\n`);
  return exitCodes.failure;
}

export function tracer(flags: SimFlags): ((line: string) => void) | undefined {
  if (flags.trace !== true) return undefined;
  process.stdout.on("error", endWithReader);
  const isShown = traceFilter(flags.member, flags.kind);
  return (line) => {
    if (isShown(line)) process.stdout.write(`${line}\n`);
  };
}

/** Whoever read the trace has seen enough, as `head` has: that is no failure. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
  process.exit(exitCodes.done);
}

/** @throws UsageError when there is no planted bug of that name */
export function plantedBug(name: string | undefined): ReturnType<typeof bugOf> {
  try {
    return bugOf(name === undefined ? {} : { bug: name });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function save(path: string, file: RunFile): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, formatRunFile(file));
}
