import type { SimulationResult, Violation } from "./simulation.ts";
import { eventsPerDigest } from "./world.ts";

/**
 * Runs the same twice, and says where the two histories part: something in the run reads a real clock, real randomness,
 * what an earlier run left behind, or the order of something that has none. Whatever else was seen in such a run means
 * nothing (testing-anchors §1.4, invariant 21). Undefined when they are the same.
 */
export function checkReplay(simulate: () => SimulationResult): Violation | undefined {
  const first = simulate();
  const second = simulate();
  if (first.hash === second.hash && first.events === second.events) return undefined;
  const at = first.digests.findIndex((digest, number) => digest !== second.digests[number]);
  const place = (at < 0 ? Math.min(first.digests.length, second.digests.length) : at) * eventsPerDigest;
  return {
    property: "determinism",
    message:
      `determinism: seed ${first.seed} was run twice, with ${first.events} events (history ${first.hash}) and with ` +
      `${second.events} (history ${second.hash}); the two part after event ${place}, at most ${eventsPerDigest} later`,
  };
}
