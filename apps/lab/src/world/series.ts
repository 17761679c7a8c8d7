import { NumbersMeter, type RunNumbers } from "./numbers.ts";
import type { Tape } from "./tape.ts";

/** The numbers of a run by some moment. */
export interface Sample {
  /** In µs since the beginning of what is compared. */
  readonly since: number;
  readonly numbers: RunNumbers;
}

/** The numbers of a run over time: so many moments, as far from each other, up to the run's own end. */
export function seriesOf(
  tape: Tape,
  fromMicros: number,
  lengthMicros: number,
  electionTimeoutMs: number,
  moments = 400,
): readonly Sample[] {
  const meter = new NumbersMeter(tape, fromMicros, electionTimeoutMs);
  const own = tape.endMicros - fromMicros;
  const samples: Sample[] = [];
  for (let moment = 0; moment <= moments; moment++) {
    const since = Math.round((moment / moments) * lengthMicros);
    samples.push({ since: Math.min(since, own), numbers: meter.until(fromMicros + Math.min(since, own)) });
    if (since >= own) break;
  }
  return samples;
}
