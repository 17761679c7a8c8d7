import { electionChallenges } from "./broken-elections.ts";
import { logChallenges } from "./broken-logs.ts";
import type { Challenge } from "./challenge.ts";
import { realRuleChallenges } from "./real-rules.ts";

/** All challenges, those that take the fewest actions first. */
export const challenges: readonly Challenge[] = [
  ...realRuleChallenges,
  ...electionChallenges,
  ...logChallenges,
].toSorted((one, other) => one.limit - other.limit);
