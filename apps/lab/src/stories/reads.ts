import type { Story } from "./story.ts";

export const readStories: readonly Story[] = [
  {
    name: "phantom-leader",
    title: "The phantom leader: a read without asking anybody",
    part: "Reads",
    scenario: "phantom-leader-read",
    broken: 1,
    steps: [
      { at: 0, text: "The leader's machine goes to sleep. The others elect another, which commits new entries." },
      { at: 3, text: "The old leader wakes up. It still believes that it leads, and a client reads from it." },
      {
        at: 5,
        text: "Left, it asks a quorum whether anybody else leads (ReadIndex), and so finds out. Right, it answers from what it has.",
      },
    ],
    outcome: { shipped: "No stale read.", broken: "A read that misses what was committed before it was asked." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
  {
    name: "round-before-the-read",
    title: "Why the round has to be sent after the read came",
    part: "Reads",
    scenario: "phantom-leader-read",
    broken: 2,
    steps: [
      {
        at: 0,
        text: "The same phantom leader. Right, it does ask a quorum, but takes the answer to a question from before.",
      },
      { at: 4, text: "The old answers are on their way when it wakes: they say nothing about now." },
    ],
    outcome: { shipped: "No stale read.", broken: "A stale read, in spite of a quorum's answers." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
  {
    name: "lease-and-clocks",
    title: "A lease that forgets that clocks differ",
    part: "Reads",
    scenario: "phantom-leader-slow-clock",
    broken: 1,
    steps: [
      { at: 0, text: "The leader's clock runs 5 % slow, the others' 5 % fast; the configuration allows for 10 %." },
      {
        at: 1.5,
        text: "It is cut off. Left, its lease ends early enough for any clock within the bound. Right, it lasts a whole T of its own clock.",
      },
      { at: 3, text: "The others have elected another by then, and a client reads from the old one by its lease." },
    ],
    outcome: { shipped: "The lease is over: no stale read.", broken: "A stale read." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
  {
    name: "clocks-beyond-the-bound",
    title: "A lease, and clocks that break their promise",
    part: "Reads",
    scenario: "phantom-leader-slow-clock",
    broken: 2,
    steps: [
      {
        at: 0,
        text: "The rules are the shipped ones on both sides. Right, the clocks differ by more than the configuration says.",
      },
      { at: 3, text: "No rule can help against that: this is what “opt-in” means for reads by lease." },
    ],
    outcome: { shipped: "No stale read.", broken: "A stale read: the price of a lease, if clocks cannot be trusted." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
];
