import { realRules } from "@quorate/raft";
import type { PlantedBug } from "./planted-bug.ts";
import { without } from "./conditions.ts";

/** What one run leaves behind for the next: as a clock, a cache of the process or the order of a hash table would be. */
let votesAsked = 0;
let commandsApplied = 0;

/** Nodes that do not do the same twice. No checker of one run can see it. */
export const determinismBugs: readonly PlantedBug[] = [
  {
    name: "a vote depends on how many were asked for since the process began",
    breaks: "isUpToDate",
    rules: without({
      isUpToDate: (candidate, ours) => realRules.isUpToDate(candidate, ours) && ++votesAsked % 3 !== 0,
    }),
    replayed: true,
    caughtBy: ["determinism"],
    seeds: 10,
  },
  {
    name: "a state machine counts what other clusters in its process apply",
    breaks: "state machine",
    world: "replica",
    member: {
      state: (state) => ({
        apply: (command) => state.apply(++commandsApplied % 100 === 0 ? command.slice().fill(0, 4) : command),
        snapshot: () => state.snapshot(),
        restore: (snapshot) => state.restore(snapshot),
      }),
    },
    replayed: true,
    caughtBy: ["determinism"],
    seeds: 60,
  },
];
