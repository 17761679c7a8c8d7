import { without, withCrashes } from "./conditions.ts";
import type { PlantedBug } from "./planted-bug.ts";

/** What is on the disk when it is said to be, and after a crash. */
export const durabilityBugs: readonly PlantedBug[] = [
  {
    name: "answers leave before the disk has what they promise",
    breaks: "mayPromise",
    rules: without({ mayPromise: () => true }),
    caughtBy: ["promise durability"],
    seeds: 5,
  },
  {
    name: "the vote is not written",
    breaks: "durable log",
    deviceBugs: { hardState: (written) => ({ ...written, vote: 0 }) },
    caughtBy: ["promise durability"],
    seeds: 5,
  },
  {
    name: "the term is not written",
    breaks: "durable log",
    deviceBugs: { hardState: (written, before) => ({ ...written, term: before.term }) },
    adjust: withCrashes,
    caughtBy: ["promise durability", "monotonic state", "invariant"],
    seeds: 5,
  },
  {
    name: "the log says stored before the sync is done",
    breaks: "durable log",
    deviceBugs: { reportsEarly: true },
    adjust: withCrashes,
    caughtBy: ["promise durability", "quorum durability", "state machine safety", "invariant"],
    seeds: 5,
  },
  {
    name: "promises are never made",
    breaks: "mayPromise",
    rules: without({ mayPromise: () => false }),
    stalls: true,
    caughtBy: ["liveness"],
    seeds: 5,
  },
  {
    name: "the last entry of each record is not written",
    breaks: "durable log",
    deviceBugs: { entries: (written) => written.slice(0, -1) },
    caughtBy: ["promise durability", "quorum durability", "invariant"],
    seeds: 5,
  },
  {
    name: "a restart finds one entry less than was stored",
    breaks: "durable log",
    deviceBugs: { lostAtStart: 1 },
    adjust: withCrashes,
    caughtBy: ["promise durability", "quorum durability", "leader completeness", "state machine safety", "invariant"],
    seeds: 100,
  },
  {
    name: "the checkpoint says that it holds one entry more than it does",
    breaks: "durable log",
    deviceBugs: { checkpointSkew: 1 },
    adjust: withCrashes,
    stalls: true,
    caughtBy: ["state agreement", "liveness", "state machine safety", "invariant"],
    seeds: 50,
  },
  {
    name: "an entry is applied twice after a restart",
    breaks: "durable log",
    deviceBugs: { checkpointSkew: -1 },
    adjust: withCrashes,
    stalls: true,
    caughtBy: ["state agreement", "liveness", "state machine safety"],
    seeds: 200,
  },
];
