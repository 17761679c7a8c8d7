import { parentPort, workerData } from "node:worker_threads";
import { bugOf, formatRunFile, recordSeed, runSeed } from "@quorate/simulator";
import type { WorldKind } from "@quorate/simulator";
import type { SimChunk, SimChunkResult, SimFailure, SimWorkerData } from "./sim-request.ts";

const { worlds, bug: bugName, quorate, stopAtFirst } = workerData as SimWorkerData;
const bug = bugOf(bugName === undefined ? {} : { bug: bugName });

/** Runs the seeds of a chunk; a failing one again, to make a file of it. */
function run({ from, count }: SimChunk): SimChunkResult {
  const totals = { runs: 0, events: 0, virtualMs: 0, elections: 0 };
  const failures: SimFailure[] = [];
  const mostFailures = stopAtFirst ? 1 : Number.POSITIVE_INFINITY;
  let seed = from;
  for (; seed < from + count && failures.length < mostFailures; seed++) {
    for (const world of worlds) {
      const result = runSeed({ world, seed, bug });
      totals.runs++;
      totals.events += result.events;
      totals.virtualMs += result.virtualMs;
      totals.elections += result.elections;
      if (result.violation !== undefined) failures.push(failureOf(world, seed, result.violation));
    }
  }
  return { from, seeds: seed - from, ...totals, failures };
}

function failureOf(world: WorldKind, seed: number, violation: { property: string; message: string }): SimFailure {
  const recorded = recordSeed({ world, seed, bug }, quorate);
  const file = recorded.outcome === "failed" ? formatRunFile(recorded.file) : undefined;
  const why = whyNoFile(recorded.outcome, recorded.outcome === "not reproducible" ? recorded.why : undefined);
  return { world, seed, ...violation, file, why };
}

function whyNoFile(outcome: "clean" | "failed" | "not reproducible", why: string | undefined): string | undefined {
  return outcome === "clean" ? "it is not deterministic: the second run of this seed was clean" : why;
}

parentPort?.on("message", (chunk: SimChunk) => parentPort?.postMessage(run(chunk)));
