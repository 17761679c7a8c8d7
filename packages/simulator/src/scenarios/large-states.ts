import { atLeast, exactly, nothingHappens } from "./bounds.ts";
import type { DirectedScenario } from "./directed.ts";

/** A share of it was changed since the checkpoint before, and since a member was away. */
const stateBytes = 400_000_000;
const changedBytes = stateBytes / 100;

/**
 * What one core of ours got through at best, reading a state and making it into chunks: 98 MB a second, measured (docs/store.md).
 * Whoever stops for a whole state stops for that long, and no disk is slower than its processor here.
 */
const msPerMegabyte = 10;

/** Checkpoints are kept when the course says so. Pieces of 256 KiB, each answered before the next: about 25 MB a second. */
const large = {
  electionTimeoutMs: 1000,
  link: { minDelayMs: 5, meanDelayMs: 0.5 },
  states: { keptEntries: 0, checkpointShare: 0, stateBytes: changedBytes, chunks: 15, installMs: 200 },
} as const;
const whole = { states: { ...large.states, stateBytes, chunks: 1 } };

/** States that take longer to write and to send than followers wait for their leader. */
export const largeStateScenarios: readonly DirectedScenario[] = [
  {
    name: "checkpoint-of-a-large-state",
    title: "The leader keeps a checkpoint of a large state, and prunes its log.",
    source: "Raft §7 (copy-on-write, so that the snapshot does not delay normal operation); MISSION row 12",
    members: 3,
    setting: large,
    steps: [{ at: 2, do: "prune", who: ["leader"] }],
    lasts: 16,
    expects: nothingHappens,
    broken: {
      what: "a member does nothing else while it writes its whole state",
      deviceBugs: { standsStill: { writing: msPerMegabyte } },
      setting: whole,
      expects: { leaderChanges: atLeast(1), termGrowth: atLeast(1), longestOutage: atLeast(0.8), serves: true },
    },
  },
  {
    name: "large-state-is-sent",
    title: "A follower was away for longer than the log reaches back; the leader sends it a large state.",
    source: "Raft §7; MISSION row 12 (a large state never makes a member miss heartbeats)",
    members: 3,
    setting: large,
    steps: [
      { at: 0.5, do: "crash", who: ["a"] },
      { at: 2, do: "prune", who: ["leader"] },
      { at: 3, do: "start", who: ["a"] },
      { at: 5, once: { applies: "a", more: 30 }, do: "heal" },
    ],
    lasts: 16,
    expects: { ...nothingHappens, rejections: exactly(1) },
    broken: {
      what: "a member does nothing else while it sends its whole state",
      deviceBugs: { standsStill: { sending: msPerMegabyte } },
      setting: whole,
      expects: { leaderChanges: atLeast(1), termGrowth: atLeast(1), longestOutage: atLeast(0.8), serves: true },
    },
  },
];
