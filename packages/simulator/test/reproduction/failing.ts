import { plantedBugs } from "../../src/index.ts";
import type { PlantedBug } from "../../src/index.ts";

/** A planted bug by its name. */
export function failing(name: string): PlantedBug {
  const bug = plantedBugs.find((planted) => planted.name === name);
  if (bug === undefined) throw new RangeError(`there is no planted bug "${name}"`);
  return bug;
}
