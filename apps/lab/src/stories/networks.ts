import type { Story } from "./story.ts";

export const networkStories: readonly Story[] = [
  {
    name: "cloudflare-2020",
    title: "One link is cut, of three members (Cloudflare, 2020)",
    part: "Networks",
    scenario: "cloudflare-2020",
    broken: 2,
    steps: [
      { at: 0, text: "The leader and one follower are about to lose sight of each other. The third sees both." },
      {
        at: 3,
        text: "Left, that follower hears no leader but learns that others do: it stays quiet, and catches up through nobody.",
      },
      {
        at: 12,
        text: "Right, without Pre-Vote and stickiness, it deposes the leader through the third member; then the old one does the same to it. They go on for ever.",
      },
    ],
    outcome: { shipped: "One leader all the time.", broken: "A new leader every few election timeouts." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections >= 5,
  },
  {
    name: "chained-five",
    title: "Five members in a chain: no stable leader",
    part: "Networks",
    scenario: "chained-five",
    broken: 2,
    steps: [
      {
        at: 0,
        text: "Soon each member sees its neighbours only. The leader stands in the middle, and sees two: a majority with itself.",
      },
      { at: 5, text: "Left, the ends of the chain would like to lead, and are told that a leader is alive." },
      { at: 20, text: "Right, the ends depose it through their neighbours, one after the other." },
    ],
    outcome: { shipped: "The middle leads throughout.", broken: "More than ten leaders." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections > 10,
  },
  {
    name: "deaf-leader",
    title: "A leader that hears nobody",
    part: "Networks",
    scenario: "deaf-leader",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "Soon everybody hears the leader, and the leader hears nobody: acknowledgments are lost on their way.",
      },
      {
        at: 2.5,
        text: "Left, it notices that no quorum answers (check-quorum) and steps down; the others elect another.",
      },
      { at: 20, text: "Right, its heartbeats keep everybody waiting, and nothing is ever committed again." },
    ],
    outcome: { shipped: "A pause of about two election timeouts.", broken: "Nothing is committed any more." },
    holds: (shipped, broken) => shipped.longestPauseMs < 1000 && broken.longestPauseMs > 3000,
  },
  {
    name: "unheard-leader",
    title: "A follower that does not hear its leader, and is heard",
    part: "Networks",
    scenario: "leader-not-heard-by-one",
    broken: 2,
    steps: [
      { at: 0, text: "One direction of one link breaks: a follower can speak to its leader, and does not hear it." },
      { at: 3, text: "Left, its pre-votes are refused: “a leader was heard within T”." },
      { at: 10, text: "Right, it stands, in a later term, and is listened to: the leader steps down." },
    ],
    outcome: { shipped: "Nothing changes.", broken: "A healthy leader is deposed." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections > 0,
  },
];
