import type { FreeSetup } from "./lab-run.ts";
import { LabWorld } from "./lab-world.ts";
import { viewAt } from "./tape.ts";

/** What elections of the shipped core came to, in many worlds that differ in their seed only. */
export interface MeasuredElections {
  readonly worlds: number;
  /** From the leader's death to the next leader, in ms, ascending. */
  readonly times: readonly number[];
  /** How many needed more than one term. */
  readonly split: number;
}

const settleTimeouts = 6;
const waitTimeouts = 30;

/** Kills the leader of one world, and waits for the next one. */
export function measureElection(
  seed: number,
  setup: Pick<FreeSetup, "members" | "electionTimeoutMs" | "delayMs" | "timerSpread">,
): { readonly ms: number; readonly terms: number } | undefined {
  const { electionTimeoutMs } = setup;
  const killAt = settleTimeouts * electionTimeoutMs * 1000;
  const free = { kind: "free" as const, spares: 0, broken: [], ...setup };
  const calm = new LabWorld({ seed, setup: free, actions: [] });
  calm.advance(killAt);
  const last = calm.tape.events.length - 1;
  const leader = calm.tape.members.find((id) => viewAt(calm.tape, id, last).role === "leader");
  if (leader === undefined) return undefined;
  const { term } = viewAt(calm.tape, leader, last);
  const world = new LabWorld({ seed, setup: free, actions: [{ at: killAt, action: { do: "crash", who: leader } }] });
  for (let waited = 1; waited <= waitTimeouts; waited++) {
    world.advance(killAt + waited * electionTimeoutMs * 1000);
    const { tape } = world;
    for (const changes of tape.views) {
      const won = changes.find(({ view }) => view.isUp && view.role === "leader" && view.term > term);
      if (won !== undefined) {
        return { ms: ((tape.events[won.event]?.at ?? 0) - killAt) / 1000, terms: won.view.term - term };
      }
    }
  }
  return undefined;
}
