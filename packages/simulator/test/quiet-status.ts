import { defaultTiming } from "@quorate/raft";
import type { ObservedStatus } from "../src/index.ts";
import { simulatedConfiguration } from "../src/simulated-members.ts";

/** A follower of term 1 in a cluster of three, with nothing in its log, that has heard nobody. */
export const quietStatus: ObservedStatus = {
  role: "follower",
  term: 1,
  vote: 0,
  leader: 0,
  commitIndex: 0,
  last: { index: 0, term: 0 },
  base: { index: 0, term: 0 },
  configuration: simulatedConfiguration([1, 2, 3], defaultTiming),
  configurationIndex: 0,
  durableIndex: 0,
  followers: [],
  quarantined: false,
  uncommittedBytes: 0,
  unappliedBytes: 0,
  cachedBytes: 0,
  pendingReads: 0,
  transferringTo: 0,
};
