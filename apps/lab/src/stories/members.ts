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
        text: "Two learners have joined three voters. As all five are to vote, the network splits: the leader and the newcomers here, the two old followers there.",
      },
      {
        at: 3,
        text: "Right, the leader goes by five already: it and the newcomers are a majority. The other two go by three: they are one as well.",
      },
      {
        at: 6,
        text: "Left, while the configuration is joint, both majorities are needed: the leader's side commits nothing.",
      },
      { at: 13, text: "The network is mended. Right, two histories were committed." },
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
        text: "It comes back and wants to lead. Left, nobody hears it out while the leader lives. Right, it deposes the leader with its later term.",
      },
    ],
    outcome: { shipped: "Nobody is disturbed.", broken: "A member that is none deposes the leader." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections > 0,
  },
  {
    name: "joint-lease",
    title: "A lease while two sets of voters decide",
    part: "Members",
    scenario: "phantom-leader-while-joint",
    broken: 1,
    steps: [
      { at: 0, text: "A leader begins a change of which the old voters hear nothing, since it is cut off from them." },
      {
        at: 4,
        text: "The old voters elect another. Left, a lease needs a quorum of both sets. Right, the new voters are enough for it.",
      },
    ],
    outcome: { shipped: "No lease, and so no stale read.", broken: "A stale read." },
    holds: (shipped, broken) => shipped.staleReads === 0 && broken.staleReads > 0,
  },
];
