import { UsageError } from "../errors.ts";
import type { SimFlags } from "./sim-request.ts";
import { plantedBug, runSimReplay, runSimSeed } from "./sim-run.ts";
import { listScenarios, runSimScenario } from "./sim-scenario.ts";
import { runSimSeeds } from "./sim-seeds.ts";

/** `quorate sim`: exactly one of many seeds, some minutes of seeds, one seed, one kept run, or one scenario. */
export async function runSim(flags: SimFlags): Promise<number> {
  if (flags.scenarios === true) return listScenarios(flags);
  if (flags.scenario !== undefined) return runSimScenario(flags, flags.scenario);
  if (flags.broken !== undefined) throw new UsageError("--broken is for a scenario: use it with --scenario.");
  const { seeds, minutes, seed, replay } = flags;
  const given = [seeds, minutes, seed, replay].filter((value) => value !== undefined).length;
  if (given !== 1)
    throw new UsageError("sim needs one of --seeds, --minutes, --seed, --replay and --scenario (see --help).");
  const isOne = seed !== undefined || replay !== undefined;
  if (!isOne && (flags.trace === true || flags.shrink === true)) {
    throw new UsageError("--trace and --shrink are for one run: use them with --seed or --replay.");
  }
  if (seed !== undefined && flags.world === "both") {
    throw new UsageError("A seed means another run in each world: choose --world core or --world replica.");
  }
  if (flags.bug !== undefined && replay === undefined) plantedBug(flags.bug);
  if (replay !== undefined) return runSimReplay(flags, replay);
  if (seed !== undefined) return runSimSeed(flags, seed);
  return runSimSeeds(flags);
}
