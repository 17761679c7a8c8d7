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
        text: "The leader is about to be cut off, and to take ten writes that reach nobody.",
      },
      {
        at: 1.25,
        text: "The others elected another, which committed four entries and died. The old leader is back, with a longer log, of an older term.",
      },
      {
        at: 3.15,
        text: "The third member leads now, and sends its first entry. Left, an append names the entry before it, which the old leader does not have: it is refused, and the logs are made to meet. Right, it is spliced in behind whatever is there.",
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
        text: "Member 5 leads in term 1. Follow the coloured cells in the logs: the number is the term of an entry.",
      },
      { at: 0.25, text: "Its entry 2, of term 1, has reached member 1 alone, and both have crashed." },
      {
        at: 1.25,
        text: "Member 4 was elected in term 2, wrote an entry 2 of its own that reached nobody, and crashed.",
      },
      {
        at: 2.42,
        text: "Member 5 is back, was elected in term 3, and has brought the old entry 2 to a majority. Right, it was taken for committed because of that. Left, counting says nothing about older terms.",
      },
      {
        at: 3.55,
        text: "Right, member 4 is back. Its last entry is of term 2, later than what the voters hold: it was elected, and overwrites entry 2 of term 1, which was committed.",
      },
      {
        at: 4.35,
        text: "Left, an entry of term 3 came to a majority before member 5 died, and committed the old one with it. Whoever lacks it cannot be elected: member 1 leads.",
      },
    ],
    outcome: { shipped: "What was acknowledged stays.", broken: "A committed entry is erased." },
    holds: (shipped, broken) => shipped.fallen.length === 0 && broken.fallen.includes("leader completeness"),
  },
  {
    name: "stale-candidate",
    title: "Handler 3: voting without a look at the log",
    part: "Logs",
    scenario: "stale-log-candidate",
    broken: 1,
    steps: [
      { at: 0, text: "One follower is about to be cut off, and to miss five entries that the other two commit." },
      { at: 0.3, text: "They are committed, the leader has died, and the follower's links are mended." },
      {
        at: 1.35,
        text: "The follower that missed them is the first to stand. Right, it has won, and the five entries are lost.",
      },
      { at: 2.15, text: "Left, its log ended too early for a vote; the other one is elected." },
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
        text: "Member 2 holds five thousand entries of other terms than the others. Who leads will have to find out where the logs meet.",
      },
      {
        at: 1.05,
        text: "There is a leader. Left, a refusal names a whole term to skip, and a few questions were enough: member 2 has the leader's log. Right, the leader tries entry after entry.",
      },
      {
        at: 3.05,
        text: "Right, it has found the place as well, a round trip for each entry later.",
      },
    ],
    outcome: { shipped: "A handful of refusals.", broken: "Thousands of round trips." },
    holds: (shipped, broken) => shipped.rejections < 20 && broken.rejections > 1000,
  },
  {
    name: "state-instead-of-a-walk",
    title: "Handler 4, and snapshot: a follower that diverged long ago is sent the state",
    part: "Logs",
    scenario: "diverged-beyond-its-worth",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "Member 2 holds a thousand entries of five terms in which the others have other entries. A message takes 5 ms. The state they all make up is small: 2 kB, where the entries are many times that.",
      },
      {
        at: 1.028,
        text: "There is a leader, and member 2 has refused its first append. Left, the refusal names a term, and the leader skips all of it. Right, it asks again one entry earlier.",
      },
      {
        at: 1.041,
        text: "Left, the second refusal has come, from deeper still. By now the leader weighs what is to be sent from there on: the entries would have to be read back from its disk, and cost more than the state. It stops asking, and offers the state.",
      },
      {
        at: 1.15,
        text: "Left, the state came in four pieces, and is installed; member 2 has everything. Two refusals, and a tenth of an election timeout. Right, a tenth of the way back is not gone yet.",
      },
      {
        at: 11.1,
        text: "Right, a thousand round trips later, the place where the logs meet is found, and everything behind it was sent as entries.",
      },
    ],
    outcome: {
      shipped: "Two refusals, and the state.",
      broken: "A thousand round trips, and then all entries.",
    },
    // Clients begin when all logs are the same: nothing new is committed before. The first second is the first election's.
    holds: (shipped, broken) =>
      shipped.rejections === 2 &&
      shipped.longestPauseMs < 1200 &&
      broken.rejections === 1000 &&
      broken.longestPauseMs > 10_000,
  },
  {
    name: "kept-conflict",
    title: "A conflicting entry that is kept",
    part: "Logs",
    scenario: "deposed-leader-returns",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "A leader is about to be cut off with ten writes of its own; another will commit others in their place.",
      },
      {
        at: 1.25,
        text: "The other one was elected, and has committed four. The links are mended.",
      },
      {
        at: 1.45,
        text: "The old leader hears the new one. Left, its log is cut at the first entry that contradicts. Right, what is there stays there.",
      },
    ],
    outcome: { shipped: "The logs are the same.", broken: "Two members apply different entries at one place." },
    holds: (shipped, broken) => shipped.fallen.length === 0 && safetyFell(broken.fallen),
  },
];
