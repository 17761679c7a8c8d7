import { connectivityScenarios } from "./connectivity.ts";
import type { DirectedScenario } from "./directed.ts";
import { electionScenarios } from "./elections.ts";
import { jointScenarios } from "./joint-changes.ts";
import { leaseScenarios } from "./leases.ts";
import { logScenarios } from "./logs.ts";
import { membershipScenarios } from "./membership.ts";
import { readScenarios } from "./reads.ts";
import { stateScenarios } from "./states.ts";

/** Every scenario of cores on modelled logs; `runDirected` runs each. */
export const coreScenarios: readonly DirectedScenario[] = [
  ...connectivityScenarios,
  ...electionScenarios,
  ...logScenarios,
  ...readScenarios,
  ...leaseScenarios,
  ...membershipScenarios,
  ...jointScenarios,
  ...stateScenarios,
];
