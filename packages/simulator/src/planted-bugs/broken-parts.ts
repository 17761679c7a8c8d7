import type { CoreSimulationOptions } from "../core/core-simulation.ts";
import type { BrokenParts } from "../replica/replica-cluster.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What a bug breaks of cores on modelled logs; nothing where there is no bug. */
export function brokenCoreParts(
  bug: PlantedBug | undefined,
): Pick<CoreSimulationOptions, "rules" | "createCore" | "deviceBugs" | "distort"> {
  const { rules, createCore, deviceBugs, distort } = bug ?? {};
  return given({ rules, createCore, deviceBugs, distort });
}

/** What a bug breaks of production members; nothing where there is no bug. */
export function brokenMemberParts(bug: PlantedBug | undefined): BrokenParts {
  const { rules, createCore, drive, member } = bug ?? {};
  return given({ rules, createCore, drive, ...member });
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Without what is undefined. */
function given<T extends object>(parts: T): Given<T> {
  return Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)) as Given<T>;
}
