import type { Tuned } from "../tuning/tuning.ts";
import type { LabRun } from "../world/lab-run.ts";
import type { LabWorld } from "../world/lab-world.ts";
import { numbersOf } from "../world/numbers.ts";
import type { Story, StoryEnd } from "./story.ts";

/** The two runs of a story; the reader may take over in both at the same moment. */
export function runsOf({ scenario, broken }: Story, seed = 1, tuned: Tuned = {}): readonly [LabRun, LabRun] {
  const isTuned = Object.keys(tuned).length > 0;
  const run = (variant: number): LabRun => ({
    seed,
    setup: { kind: "scenario", name: scenario, broken: variant, leftAt: undefined, ...(isTuned ? { tuned } : {}) },
    actions: [],
  });
  return [run(0), run(broken)];
}

type EndedWorld = Pick<LabWorld, "tape" | "beganAt" | "electionTimeoutMs">;

/** What came of one side, as the page shows it. */
export function endOf({ tape, beganAt, electionTimeoutMs }: EndedWorld): StoryEnd {
  const fallen = [...new Set(tape.violations.map(({ property }) => property))];
  return { ...numbersOf(tape, beganAt, tape.endMicros, electionTimeoutMs), fallen };
}
