import type { Story } from "./story.ts";

const safetyFell = (fallen: readonly string[]): boolean => fallen.includes("state machine safety");

export const logStories: readonly Story[] = [
  {
    name: "append-without-check",
    title: "Handler 1: appending without the check of the entry before",
    part: "Logs",
    scenario: "append-without-check",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "The leader is cut off, and takes ten writes that reach nobody. The others elect another, which commits four.",
      },
      { at: 3, text: "The old leader comes back, with a longer log, of an older term." },
      {
        at: 8,
        text: "Left, an append names the entry before it, which the old leader does not have: it is refused, and the logs are made to meet. Right, it is spliced in behind whatever is there.",
      },
    ],
    outcome: {
      shipped: "All logs are the same.",
      broken: "Two logs differ below the same last entry, for ever, and nobody notices but the checkers.",
    },
    holds: (shipped, broken) => shipped.fallen.length === 0 && broken.fallen.includes("log matching"),
  },
  {
    name: "figure-8",
    title: "Handler 2: committing an older term's entry by counting (Figure 8)",
    part: "Logs",
    scenario: "figure-8",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "An entry of term 1 reaches one follower. Leaders come and go; follow the coloured cells in the logs.",
      },
      { at: 5, text: "A leader of a later term brings that old entry to a majority." },
      {
        at: 10,
        text: "Right, it is taken for committed because it was counted on a majority. Then a member with a later last term is elected, and erases it.",
      },
      { at: 15, text: "Left, a leader commits only entries of its own term by counting, and older ones with them." },
    ],
    outcome: { shipped: "What was acknowledged stays.", broken: "A committed entry is erased." },
    holds: (shipped, broken) => shipped.fallen.length === 0 && safetyFell(broken.fallen),
  },
  {
    name: "stale-candidate",
    title: "Handler 3: voting without a look at the log",
    part: "Logs",
    scenario: "stale-log-candidate",
    broken: 1,
    steps: [
      { at: 0, text: "One follower is cut off while five entries are committed. Then the leader dies." },
      { at: 2, text: "The follower that missed them is the first to stand." },
      {
        at: 4,
        text: "Left, its log ends too early for a vote; the other one is elected. Right, it wins, and the five entries are gone.",
      },
    ],
    outcome: { shipped: "The member that has everything leads.", broken: "Five committed entries are lost." },
    holds: (shipped, broken) => shipped.fallen.length === 0 && broken.fallen.includes("leader completeness"),
  },
  {
    name: "conflict-hints",
    title: "Handler 4: going back one entry at a time",
    part: "Logs",
    scenario: "long-diverged-follower",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "A follower holds five thousand entries of other terms than its leader's. Where do the logs meet?",
      },
      {
        at: 1,
        text: "Left, a refusal names a whole term to skip: one question for each term. Right, the leader tries entry after entry.",
      },
    ],
    outcome: { shipped: "A handful of refusals.", broken: "Thousands of round trips." },
    holds: (shipped, broken) => shipped.rejections < 20 && broken.rejections > 1000,
  },
  {
    name: "kept-conflict",
    title: "A conflicting entry that is kept",
    part: "Logs",
    scenario: "deposed-leader-returns",
    broken: 1,
    steps: [
      { at: 0, text: "A leader is cut off with ten writes of its own; another one commits others in their place." },
      {
        at: 3,
        text: "The old leader returns. Left, its log is cut at the first entry that contradicts. Right, what is there stays there.",
      },
    ],
    outcome: { shipped: "The logs are the same.", broken: "Two members apply different entries at one place." },
    holds: (shipped, broken) => shipped.fallen.length === 0 && safetyFell(broken.fallen),
  },
];
