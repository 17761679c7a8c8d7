import { without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** Which reads are served. */
export const readBugs: readonly PlantedBug[] = [
  {
    name: "a new leader serves reads before it knows what is committed",
    breaks: "mayServeRead",
    rules: without({
      mayServeRead: ({ confirmedRound, readRound }) => readRound !== undefined && confirmedRound >= readRound,
    }),
    caughtBy: ["read freshness"],
    seeds: 300,
  },
];
