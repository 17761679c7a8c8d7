import { connectivityScenarios } from "./connectivity.ts";
import type { DirectedScenario } from "./directed.ts";
import { electionScenarios } from "./elections.ts";
import { logScenarios } from "./logs.ts";
import { readScenarios } from "./reads.ts";

/** Every scenario of cores on modelled logs; `runDirected` runs each. */
export const coreScenarios: readonly DirectedScenario[] = [
  ...connectivityScenarios,
  ...electionScenarios,
  ...logScenarios,
  ...readScenarios,
];
