import { without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";
import type { SwarmOptions } from "../swarm.ts";

/** What shows only where members hear some of the others and not all. */
export const connectivityBugs: readonly PlantedBug[] = [
  {
    name: "a leader that nobody answers goes on (no check-quorum)",
    breaks: "leadsUntil",
    rules: without({ leadsUntil: () => Number.POSITIVE_INFINITY }),
    adjust: withADeafMember,
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 50,
  },
];

/** One member is heard by all for good, and hears nobody: should it lead when that begins, nobody else will. */
function withADeafMember(swarm: SwarmOptions): SwarmOptions {
  return { ...swarm, link: { ...swarm.link, style: "datagrams" }, leftBehind: [{ id: 1, fault: "deaf" }] };
}
