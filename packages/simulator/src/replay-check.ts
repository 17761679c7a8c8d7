import type { SimulationResult, Violation } from "./simulation.ts";
import { eventsPerDigest } from "./world.ts";

/** As many lines of a trace are compared: a run has a bounded number of events, and a few lines for each. */
const mostLines = 2_000_000;

/**
 * Runs the same twice, and names the first event in which the two histories differ: something in the run reads a real
 * clock, real randomness, what an earlier run left behind, or the order of something that has none. Whatever else was seen
 * in such a run means nothing (testing-anchors §1.4, invariant 21). Undefined when they are the same.
 *
 * `simulate` is given who reads the trace; where it does not use that, only the stretch of events is named.
 */
export function checkReplay(simulate: (trace: (line: string) => void) => SimulationResult): Violation | undefined {
  const lines: string[] = [];
  const first = simulate((line) => {
    if (lines.length < mostLines) lines.push(line);
  });
  let at = 0;
  let difference: string | undefined;
  const second = simulate((line) => {
    if (difference === undefined && at < mostLines && line !== lines[at]) difference = partAt(at, lines[at], line);
    at++;
  });
  if (difference === undefined && at < lines.length) difference = partAt(at, lines[at], undefined);
  if (difference === undefined && first.hash === second.hash && first.events === second.events) return undefined;
  return {
    property: "determinism",
    message:
      `determinism: seed ${first.seed} was run twice, with ${first.events} events (history ${first.hash}) and with ` +
      `${second.events} (history ${second.hash}); ${difference ?? stretch(first, second)}`,
  };
}

/** Where the lines of two traces part: at line `at`, counted from 0. */
function partAt(at: number, once: string | undefined, again: string | undefined): string {
  return `the first event that differs is on line ${at + 1} of the trace: ${told(once)}, then ${told(again)}`;
}

function told(line: string | undefined): string {
  return line === undefined ? "nothing more" : `"${line.trim().replaceAll(/ +/g, " ")}"`;
}

/** What the hashes alone tell. */
function stretch(first: SimulationResult, second: SimulationResult): string {
  const at = first.digests.findIndex((digest, number) => digest !== second.digests[number]);
  const place = (at < 0 ? Math.min(first.digests.length, second.digests.length) : at) * eventsPerDigest;
  return `the two part after event ${place}, at most ${eventsPerDigest} later`;
}
