import type { Timing } from "@quorate/raft";
import { drawSwarm, perfectLink, World } from "@quorate/simulator";
import type { RunPlan, WorldKind } from "@quorate/simulator";

/** Members that are asked nothing, in a world where nothing fails. */
export function idleCluster(world: WorldKind, members: number, timing: Timing, durationMs: number): RunPlan {
  return {
    world,
    seed: 1,
    safetyOnly: true,
    events: [],
    swarm: {
      ...drawSwarm(new World(1).streams.stream("swarm")),
      members,
      timing,
      limits: {},
      link: perfectLink,
      clockRates: Array.from({ length: members }, () => 1),
      gatherMs: 0,
      disk: { meanSyncMs: 0.2, stallProbability: 0, meanStallMs: 0 },
      leftBehind: [],
      carrier: "messages",
      durationMs,
    },
  };
}
