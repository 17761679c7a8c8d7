import { isolationScenarios } from "./isolation.ts";
import { oneWayScenarios } from "./one-way-links.ts";
import { partialPartitionScenarios } from "./partial-partitions.ts";
import type { Scenario } from "./scenario.ts";

/** Who sees whom, and what comes of it. */
export const connectivityScenarios: readonly Scenario[] = [
  ...oneWayScenarios,
  ...partialPartitionScenarios,
  ...isolationScenarios,
];
