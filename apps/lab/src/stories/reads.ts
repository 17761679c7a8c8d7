import type { Story } from "./story.ts";

export const readStories: readonly Story[] = [
  {
    name: "phantom-leader",
    title: "The phantom leader: a read without asking anybody",
    part: "Reads",
    scenario: "phantom-leader-read",
    broken: 1,
    steps: [
      { at: 0, text: "The leader's machine is about to go to sleep." },
      { at: 1.3, text: "It sleeps. The others hear no leader, and will elect another." },
      {
        at: 1.65,
        text: "The other one was elected, and has committed new entries. The old leader woke up, still believes that it leads, and a client reads from it. Right, it answered from what it has.",
      },
      {
        at: 2.65,
        text: "Left, it asked a quorum whether it still leads (ReadIndex). None said so: the read was not answered, and it stepped down.",
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
        text: "The same phantom leader. Right, it does ask a quorum, but takes an answer to a question from before the read.",
      },
      { at: 1.3, text: "The leader sleeps. Answers to its last heartbeats are still on their way to it." },
      {
        at: 1.65,
        text: "It woke up while another leads, and was asked. Right, the old answers counted, though they say nothing about now.",
      },
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
    tunes: ["drift", "bound"],
    steps: [
      { at: 0, text: "The leader's clock runs 5 % slow, the others' 5 % fast; the configuration allows for 10 %." },
      {
        at: 0.3,
        text: "It is cut off. Left, its lease ends early enough for any clock within the bound. Right, it lasts a whole T of its own clock.",
      },
      {
        at: 1.1,
        text: "The others have elected another, which has committed; and a client asks the old one for a read by lease.",
      },
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
    tunes: ["drift-right", "bound"],
    steps: [
      {
        at: 0,
        text: "The rules are the shipped ones on both sides. Right, the clocks differ by more than the configuration says.",
      },
      { at: 1, text: "No rule can help against that: this is what “opt-in” means for reads by lease." },
    ],
    outcome: { shipped: "No stale read.", broken: "A stale read: the price of a lease, if clocks cannot be trusted." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
  {
    name: "wall-clock-lease",
    title: "A lease by the wall clock",
    part: "Reads",
    scenario: "phantom-leader-set-back",
    broken: 1,
    steps: [
      { at: 0, text: "Three members; the leader may answer reads by its lease. All clocks run alike." },
      {
        at: 0.25,
        text: "The leader was cut off, and somebody set its machine's time back by 3 T. Left, it goes by a monotonic clock, which nobody can set. Right, it reads the time of day, and for 3 T no time passes for it.",
      },
      {
        at: 1.3,
        text: "The others waited for T, elected another, and that one has committed new entries. A client asks the old leader. Left, its lease is over. Right, it goes on: the answer was stale.",
      },
    ],
    outcome: { shipped: "The lease is over: no stale read.", broken: "A stale read, with clocks that run perfectly." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
];
