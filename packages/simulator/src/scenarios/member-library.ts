import { memberChangeScenarios } from "./member-changes.ts";
import { memberCrashScenarios } from "./member-crashes.ts";
import { memberDiskScenarios } from "./member-disks.ts";
import { memberMachineScenarios } from "./member-machines.ts";
import type { MemberScenario } from "./member-scenario.ts";

/** What happens to whole members, and what their clients see of it. */
export const memberScenarios: readonly MemberScenario[] = [
  ...memberDiskScenarios,
  ...memberCrashScenarios,
  ...memberMachineScenarios,
  ...memberChangeScenarios,
];
