import { SafetyViolation } from "../observation.ts";
import type { Checker } from "../observation.ts";

/**
 * The same commands make the same state on every member, at every moment and after every restart (Schneider 1990, replica
 * coordination; testing-anchors §1.4, invariant 16). State Machine Safety says the same of the commands; this says it of
 * what a state machine and its checkpoints make of them.
 */
export function stateAgreement(): Checker {
  const hashes = new Map<number, number>();
  return {
    name: "state agreement",
    stateReached(id, commands, hash) {
      const known = hashes.get(commands);
      if (known === undefined) hashes.set(commands, hash);
      else if (known !== hash) {
        throw new SafetyViolation(this.name, `member ${id} makes another state of the first ${commands} commands`);
      }
    },
  };
}
