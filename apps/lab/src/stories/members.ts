import type { Story } from "./story.ts";

export const memberStories: readonly Story[] = [
  {
    name: "joint-consensus",
    title: "From three members to five, in one step or through a joint configuration",
    part: "Members",
    scenario: "membership-storm",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "Three voters, and two newcomers that will follow as learners at first, until they have the log.",
      },
      {
        at: 1.55,
        text: "As all five are to vote, the network splits: the leader and the newcomers here, the two old followers there. Right, the leader goes by five already: with the newcomers it has three, a majority.",
      },
      {
        at: 2.55,
        text: "Right, the two old followers still go by three, of which they are a majority as well: they elected a leader of their own, and both sides commit. Left, while the configuration is joint, both majorities are needed: the old leader committed nothing, and stepped down.",
      },
      {
        at: 12.05,
        text: "The network is mended. Right, two histories were committed, and one has to go: the core notices, and refuses to go on.",
      },
    ],
    outcome: {
      shipped: "One history; the change is made, or not.",
      broken: "Two leaders commit, and committed entries are lost.",
    },
    holds: (shipped, broken) => shipped.fallen.length === 0 && broken.fallen.includes("leader completeness"),
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
