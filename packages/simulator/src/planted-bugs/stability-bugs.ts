import { without } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What costs a healthy cluster its leader. */
export const stabilityBugs: readonly PlantedBug[] = [
  {
    name: "an answer to a heartbeat is no sign of life",
    breaks: "messages",
    distort: (message) => (message.type === "heartbeat-response" ? undefined : message),
    stalls: true,
    caughtBy: ["stability", "liveness"],
    seeds: 20,
  },
  {
    name: "heartbeats do not put the election off",
    breaks: "messages",
    distort: (message) => (message.type === "heartbeat" ? undefined : message),
    stalls: true,
    caughtBy: ["stability", "liveness"],
    seeds: 20,
  },
  {
    name: "a leader gives up before an answer to its heartbeats can come",
    breaks: "leadsUntil",
    rules: without({ leadsUntil: (quorumHeardAt, electionTimeoutMs) => quorumHeardAt + electionTimeoutMs / 20 }),
    stalls: true,
    caughtBy: ["stability", "liveness"],
    seeds: 20,
  },
];
