import { clientBugs } from "./planted-bugs/client-bugs.ts";
import { commitBugs } from "./planted-bugs/commit-bugs.ts";
import { connectivityBugs } from "./planted-bugs/connectivity-bugs.ts";
import { determinismBugs } from "./planted-bugs/determinism-bugs.ts";
import { diskBugs } from "./planted-bugs/disk-bugs.ts";
import { durabilityBugs } from "./planted-bugs/durability-bugs.ts";
import { electionBugs } from "./planted-bugs/election-bugs.ts";
import { flowBugs } from "./planted-bugs/flow-bugs.ts";
import { logBugs } from "./planted-bugs/log-bugs.ts";
import { memberChangeBugs } from "./planted-bugs/member-change-bugs.ts";
import { membershipBugs } from "./planted-bugs/membership-bugs.ts";
import type { PlantedBug } from "./planted-bugs/planted-bug.ts";
import { readBugs } from "./planted-bugs/read-bugs.ts";
import { recoveryBugs } from "./planted-bugs/recovery-bugs.ts";
import { stabilityBugs } from "./planted-bugs/stability-bugs.ts";
import { stateBugs } from "./planted-bugs/state-bugs.ts";
import { handoverBugs, leaseBugs, transferBugs } from "./planted-bugs/transfer-bugs.ts";
import { transportBugs } from "./planted-bugs/transport-bugs.ts";

export type { PlantedBug } from "./planted-bugs/planted-bug.ts";

/** All planted bugs: `npm run mutants` kills each and writes docs/mutants.md. */
export const plantedBugs: readonly PlantedBug[] = [
  ...logBugs,
  ...electionBugs,
  ...commitBugs,
  ...durabilityBugs,
  ...readBugs,
  ...flowBugs,
  ...stabilityBugs,
  ...connectivityBugs,
  ...diskBugs,
  ...recoveryBugs,
  ...transportBugs,
  ...stateBugs,
  ...clientBugs,
  ...membershipBugs,
  ...memberChangeBugs,
  ...transferBugs,
  ...leaseBugs,
  ...handoverBugs,
  ...determinismBugs,
];
