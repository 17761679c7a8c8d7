import { commitBugs } from "./planted-bugs/commit-bugs.ts";
import { durabilityBugs } from "./planted-bugs/durability-bugs.ts";
import { electionBugs } from "./planted-bugs/election-bugs.ts";
import { logBugs } from "./planted-bugs/log-bugs.ts";
import type { PlantedBug } from "./planted-bugs/planted-bug.ts";
import { readBugs } from "./planted-bugs/read-bugs.ts";

export type { PlantedBug } from "./planted-bugs/planted-bug.ts";

/** All planted bugs: `npm run mutants` kills each and writes docs/mutants.md. */
export const plantedBugs: readonly PlantedBug[] = [
  ...logBugs,
  ...electionBugs,
  ...commitBugs,
  ...durabilityBugs,
  ...readBugs,
];
