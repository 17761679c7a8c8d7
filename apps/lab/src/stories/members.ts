import type { Story } from "./story.ts";

export const memberStories: readonly Story[] = [
  {
    name: "joint-consensus",
    title: "From three members to five at once: two leaders in one term",
    part: "Members",
    scenario: "two-leaders-in-one-term",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "Three voters, and two newcomers that follow as learners at first, until they have the log.",
      },
      {
        at: 1.505,
        text: "All five are to vote, just as the network splits: the leader and the newcomers here, the two followers there. The entry that says so is on the disks of those three, and the leader was killed and started again before it heard of that. Right, the entry says “five voters”, and whoever holds it goes by five. Left, it says “the old three and the new five”.",
      },
      {
        at: 2.5,
        text: "The two followers never heard of the change, and go by three. Two of three is a majority: one of them leads term 2. So far both sides are the same.",
      },
      {
        at: 2.81,
        text: "Right, the other three go by five. Three of five is a majority as well, of other members: a second leader of the same term 2. Left, the same three ask for votes in vain: while the configuration is joint, a majority of the old three is needed too, and two of those are on the other side of the split.",
      },
      {
        at: 6,
        text: "Right, both leaders commit, different entries at the same places, and both tell their clients so.",
      },
      {
        at: 10.005,
        text: "The network is mended. Left, the change came to nothing, and can be asked for again. Right, the leaders hear of each other, and the core refuses to go on: a term has one leader.",
      },
    ],
    outcome: {
      shipped: "One leader, one history; the change is made later.",
      broken: "Two leaders in one term, and both commit.",
    },
    holds: (shipped, broken) =>
      shipped.fallen.length === 0 &&
      shipped.elections === 1 &&
      broken.elections === 2 &&
      broken.term === shipped.term &&
      broken.fallen.includes("election safety"),
  },
  {
    name: "removed-member",
    title: "A removed member that never heard of it",
    part: "Members",
    scenario: "removed-member-campaigns",
    broken: 1,
    steps: [
      { at: 0, text: "A follower is cut off, and removed meanwhile. It knows nothing of that." },
      {
        at: 10.2,
        text: "Its links are mended. Left, nobody hears it out while the leader lives.",
      },
      { at: 11.3, text: "Right, its timer has ended: it stood, in a later term, and that deposed the leader." },
    ],
    outcome: { shipped: "Nobody is disturbed.", broken: "A member that was removed deposes the leader." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections > 0,
  },
  {
    name: "joint-lease",
    title: "A lease while two sets of voters decide",
    part: "Members",
    scenario: "phantom-leader-while-joint",
    broken: 1,
    steps: [
      { at: 0, text: "Three voters, and two learners that are to take the place of two of them." },
      { at: 2.1, text: "The leader begins the change as it is cut off from those two: they hear nothing of it." },
      {
        at: 3,
        text: "The two have elected another. Left, a lease needs a quorum of both sets. Right, the new voters are enough for it.",
      },
    ],
    outcome: { shipped: "No lease, and so no stale read.", broken: "A stale read." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
];
