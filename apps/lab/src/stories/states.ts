import type { Story } from "./story.ts";

export const stateStories: readonly Story[] = [
  {
    name: "blocking-checkpoint",
    title: "A checkpoint in the background, or one that all else waits for",
    part: "States",
    scenario: "checkpoint-of-a-large-state",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "Three members with a state of 400 MB each, and clients that write all the time. Soon the leader keeps a checkpoint, so that it can prune its log.",
      },
      {
        at: 2.01,
        text: "Left, the state is on disk already, what changed is written beside everything else, and nothing is to be seen. Right, the process writes the whole state and does nothing else: four seconds, at 100 MB a second. It is drawn as paused.",
      },
      {
        at: 3.3,
        text: "Right, the followers have heard nothing for T, and wait no longer than 2 T: watch their timers run out.",
      },
      {
        at: 4.1,
        text: "Right, one of them was elected, for no better reason than a checkpoint. Until then nothing was committed.",
      },
      { at: 6.2, text: "Right, the old leader has finished its checkpoint, and finds that it is a follower." },
    ],
    outcome: {
      shipped: "Nobody misses a heartbeat.",
      broken: "Both followers do, and a healthy leader is replaced.",
    },
    holds: (shipped, broken) =>
      shipped.elections === 0 && broken.elections > 0 && broken.longestSilenceMs > 3 * shipped.longestSilenceMs,
  },
  {
    name: "blocking-transfer",
    title: "A follower needs the state: what changed, in pieces, or all of it at once",
    part: "States",
    scenario: "large-state-is-sent",
    broken: 1,
    steps: [
      { at: 0, text: "Three members with a state of 400 MB each. One of them is about to be killed." },
      {
        at: 2.05,
        text: "While it is away one percent of the state changes, and the leader prunes its log beyond what it has.",
      },
      {
        at: 3.06,
        text: "It is back, and needs the state. Left, the leader sends what changed, 4 MB, in pieces of 256 KiB between which heartbeats, appends and clients have their turn. Right, it sends all 400 MB, and does nothing else meanwhile.",
      },
      {
        at: 3.6,
        text: "Left, the state has arrived and is installed. Right, the leader stands still for four seconds.",
      },
      { at: 5.2, text: "Right, the other follower heard nothing for too long, and another leads." },
      { at: 7.1, text: "Right, the old leader has sent everything, and finds that it is a follower." },
    ],
    outcome: {
      shipped: "4 MB are sent, and nobody misses a heartbeat.",
      broken: "400 MB are sent, and a healthy leader is replaced meanwhile.",
    },
    holds: (shipped, broken) =>
      shipped.elections === 0 && broken.elections > 0 && broken.longestSilenceMs > 3 * shipped.longestSilenceMs,
  },
];
