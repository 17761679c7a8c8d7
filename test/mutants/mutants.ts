import { plantedBugs, workloadBugs } from "@quorate/simulator";
import { plantedMutant, workloadMutant } from "./kill.ts";
import type { Mutant } from "./kill.ts";

/** Every planted bug, in the order of docs/mutants.md. */
export const mutants: readonly Mutant[] = [...plantedBugs.map(plantedMutant), ...workloadBugs.map(workloadMutant)];
