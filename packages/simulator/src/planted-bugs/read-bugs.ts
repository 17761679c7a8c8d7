import { createRaft } from "@quorate/raft";
import { withReadsOfTheRestarted, without } from "./conditions.ts";
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
  {
    name: "each start of a member numbers its reads from the same place",
    breaks: "core",
    createCore: (options) => createRaft({ ...options, incarnation: 1 }),
    adjust: withReadsOfTheRestarted,
    caughtBy: ["read freshness"],
    seeds: 300,
  },
];
