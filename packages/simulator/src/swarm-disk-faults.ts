import type { RandomStream } from "./random-streams.ts";
import type { SwarmOptions } from "./swarm.ts";

/** How many of the runs have disks that fail often, how often that is, and how long it lasts at most, in T. */
const often = { share: 0.4, every: [0.7, 4], lasts: 2 } as const;

/**
 * A drawn swarm with disks that fail often enough for writes and syncs to be hit: errors every ten election timeouts hardly
 * ever meet a write. For whole members: what a modelled log loses of a failed write is what any crash takes of it. From a stream of its own, so that a seed's other faults stay what they were.
 */
export function withDiskErrors(swarm: SwarmOptions, random: RandomStream): SwarmOptions {
  if (!random.chance(often.share)) return swarm;
  const t = swarm.timing.electionTimeoutMs;
  const [low, high] = often.every;
  const diskErrors = { everyMs: t * random.between(low, high), lastsMs: t * random.between(0.05, often.lasts) };
  return { ...swarm, faults: { ...swarm.faults, diskErrors } };
}
