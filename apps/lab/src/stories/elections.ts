import type { Story } from "./story.ts";

export const electionStories: readonly Story[] = [
  {
    name: "term-bomb",
    title: "Pre-Vote against the term bomb",
    part: "Elections",
    scenario: "rejoin-after-isolation",
    broken: 1,
    steps: [
      { at: 0, text: "Three members with a healthy leader. Writes go on all the time, on both sides." },
      { at: 1.5, text: "One follower is cut off. It hears no leader, and its election timer ends again and again." },
      {
        at: 8,
        text: "Left, it asks first whether anybody would vote for it (Pre-Vote), hears nothing, and stays in its term. Right, each timeout is a new term: watch its number climb.",
      },
      {
        at: 21.05,
        text: "The link is mended. Right, its later term has reached the leader, which had to give up its own and stand for election again, although nothing was wrong with it.",
      },
      { at: 24, text: "Left, the returning member takes the log from the leader that was there all the time." },
    ],
    outcome: {
      shipped: "The term stays 1, and the leader stays.",
      broken: "The term jumps to more than 10, and a healthy leader has to be elected again.",
    },
    holds: (shipped, broken) =>
      shipped.term === 1 && shipped.elections === 0 && broken.term > 10 && broken.elections > 0,
  },
  {
    name: "two-bombs",
    title: "Two members come back, one bomb each",
    part: "Elections",
    scenario: "term-bombing",
    broken: 1,
    steps: [
      { at: 0, text: "Five members. Two followers are about to be cut off, each alone." },
      { at: 10, text: "Right, both count their terms up on their own, each at the pace of its own timer." },
      {
        at: 21.2,
        text: "Both come back at once. Right, the cluster follows the later of their terms: one election for nothing.",
      },
    ],
    outcome: { shipped: "Nobody notices.", broken: "An election for nothing, in term 10 or later." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections > 0 && broken.term > 8,
  },
  {
    name: "late-vote-request",
    title: "Why a follower does not hear a vote request while its leader lives",
    part: "Elections",
    scenario: "late-vote-request",
    broken: 1,
    steps: [
      { at: 0, text: "Three members; the leader is about to fall silent for a moment." },
      { at: 1.15, text: "It is not heard any more, and a follower will be promised votes (Pre-Vote passes)." },
      { at: 2.65, text: "The leader is heard again. The follower's vote request is still on its way." },
      {
        at: 3.35,
        text: "It arrives. Left, whoever hears a leader does not even look at it. Right, the other votes, and the leader is deposed.",
      },
    ],
    outcome: { shipped: "The leader stays.", broken: "Two elections that nobody needed." },
    holds: (shipped, broken) => shipped.elections < broken.elections,
  },
  {
    name: "equal-timers",
    title: "Election timers that are not random",
    part: "Elections",
    scenario: "dueling-candidates",
    broken: 1,
    steps: [
      { at: 0, text: "The leader is about to die. Clocks, disks and links of the two others are exactly alike." },
      {
        at: 1.2,
        text: "It has died. Left, their timers are drawn from [T, 2.5T), since T is short here and a window is 150 ms at least: one of them will end first.",
      },
      { at: 2.75, text: "Left, that one has asked for votes before the other woke up, and is elected." },
      {
        at: 10,
        text: "Right, both end at the same time, each votes for itself, and neither wins. And again. And again.",
      },
    ],
    outcome: { shipped: "One election, at once.", broken: "No leader in forty election timeouts." },
    holds: (shipped, broken) => shipped.elections === 1 && broken.elections === 0 && broken.term > 20,
  },
  {
    name: "narrow-window",
    title: "A window that is too narrow for the round trip",
    part: "Elections",
    scenario: "window-near-the-round-trip",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "A round trip takes 900 ms here, and T is 1 s: votes take almost as long to come as timers to end.",
      },
      { at: 2.1, text: "The leader has died." },
      {
        at: 7,
        text: "Left, the window widens with the measured round trip: one candidate got ahead, and is elected.",
      },
      {
        at: 20,
        text: "Right, timers differ by a fiftieth of T: both candidates stand before they can hear of each other.",
      },
    ],
    outcome: { shipped: "A leader within a few election timeouts.", broken: "Split votes without an end." },
    holds: (shipped, broken) => shipped.elections === 1 && broken.elections === 0,
  },
];
