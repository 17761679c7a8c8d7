import type { LabRun } from "../world/lab-run.ts";
import type { LabWorld } from "../world/lab-world.ts";
import { numbersOf } from "../world/numbers.ts";
import type { Story, StoryEnd } from "./story.ts";

/** The two runs of a story; the reader may take over in both at the same moment. */
export function runsOf({ scenario, broken }: Story, seed = 1): readonly [LabRun, LabRun] {
  const run = (variant: number): LabRun => ({
    seed,
    setup: { kind: "scenario", name: scenario, broken: variant, leftAt: undefined },
    actions: [],
  });
  return [run(0), run(broken)];
}

/** What came of one side, as the page shows it. */
export function endOf(world: LabWorld): StoryEnd {
  const { tape, beganAt } = world;
  const fallen = [...new Set(tape.violations.map(({ property }) => property))];
  return { ...numbersOf(tape, beganAt, tape.endMicros), fallen };
}
