import { atLeast, exactly, nothingHappens } from "./bounds.ts";
import type { DirectedScenario, DirectedVariant } from "./directed.ts";

/**
 * How long a member stops for a MB of its state, in ms, where it does nothing else meanwhile: what one core of ours got through
 * at best, reading a state and making it into chunks, was 98 MB a second (docs/store.md). Disks and networks that are slower
 * than that make it worse.
 */
export const standstillMsPerMegabyte = 10;

/** What changed since the checkpoint before, and since a member was away: of the whole state. */
export const changedShare = 0.01;

/** As the store's (docs/store.md). */
const chunkBytes = 256 * 1024;
const oneWayMs = 5;
/** Each piece is answered before the next one is sent here, which makes 25 MB a second: an increment of ours had 28. */
const chunksPerSecond = 90;

const electionTimeoutMs = 1000;
/** A process that stands still for longer than this is shown no longer, in election timeouts. */
const mostShown = 40;

/** Checkpoints are kept when the course says so, and logs keep nothing behind them. */
function settingOf(stateBytes: number, chunks: number): NonNullable<DirectedScenario["setting"]> {
  return {
    electionTimeoutMs,
    link: { minDelayMs: oneWayMs, meanDelayMs: 0.5 },
    states: { keptEntries: 0, checkpointShare: 0, stateBytes, chunks, installMs: 200 },
  };
}

function changedSetting(stateBytes: number): NonNullable<DirectedScenario["setting"]> {
  return settingOf(stateBytes * changedShare, chunksOf(stateBytes));
}

function chunksOf(stateBytes: number): number {
  return Math.ceil((stateBytes * changedShare) / chunkBytes);
}

/** The same with a whole state that all else waits for. */
function standingStill(
  what: string,
  stateBytes: number,
  standsStill: NonNullable<DirectedVariant["deviceBugs"]>["standsStill"] & object,
): DirectedVariant {
  return {
    what,
    deviceBugs: { standsStill },
    setting: settingOf(stateBytes, 1),
    expects: { leaderChanges: atLeast(1), termGrowth: atLeast(1), longestOutage: atLeast(0.8), serves: true },
  };
}

/** How long that is seen, in election timeouts. */
function standstillShown(stateBytes: number): number {
  const standstillMs = (stateBytes / 1_000_000) * standstillMsPerMegabyte;
  return Math.min(mostShown, standstillMs / electionTimeoutMs);
}

/** A leader that keeps a checkpoint of a state of this size. Expectations are those of states that take several seconds. */
export function checkpointOfState(stateBytes: number): DirectedScenario {
  return {
    name: "checkpoint-of-a-large-state",
    title: "The leader keeps a checkpoint of a large state, and prunes its log.",
    source: "Raft §7 (copy-on-write, so that the snapshot does not delay normal operation); MISSION row 12",
    members: 3,
    setting: changedSetting(stateBytes),
    steps: [{ at: 2, do: "prune", who: ["leader"] }],
    lasts: 12 + standstillShown(stateBytes),
    expects: nothingHappens,
    broken: standingStill("a member does nothing else while it writes its whole state", stateBytes, {
      writing: standstillMsPerMegabyte,
    }),
  };
}

/** A state of this size is sent to a member that was away, of which a hundredth has changed meanwhile. */
export function sendingOfState(stateBytes: number): DirectedScenario {
  return {
    name: "large-state-is-sent",
    title: "A follower was away for longer than the log reaches back; the leader sends it a large state.",
    source: "Raft §7; MISSION row 12 (a large state never makes a member miss heartbeats)",
    members: 3,
    setting: changedSetting(stateBytes),
    steps: [
      { at: 0.5, do: "crash", who: ["a"] },
      { at: 2, do: "prune", who: ["leader"] },
      { at: 3, do: "start", who: ["a"] },
      { at: 5, once: { applies: "a", more: 30 }, do: "heal" },
    ],
    lasts: 12 + Math.max(standstillShown(stateBytes), chunksOf(stateBytes) / chunksPerSecond),
    expects: { ...nothingHappens, rejections: exactly(1) },
    broken: standingStill("a member does nothing else while it sends its whole state", stateBytes, {
      sending: standstillMsPerMegabyte,
    }),
  };
}

const fewSeconds = 400_000_000;

/** States that take longer to write and to send than followers wait for their leader. */
export const largeStateScenarios: readonly DirectedScenario[] = [
  checkpointOfState(fewSeconds),
  sendingOfState(fewSeconds),
];
