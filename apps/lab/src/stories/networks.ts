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
        text: "Left, that follower hears no leader, and asks the third member, which does hear one and says so: it stays in its term. What it misses comes once the link is back.",
      },
      {
        at: 12,
        text: "Right, without Pre-Vote and stickiness, it stands in a later term each time its timer ends. The third member refuses its vote, for its log lacks entries, but takes over the term. That deposes the leader, which has to be elected again. And again.",
      },
      {
        at: 39.5,
        text: "Yet next to nothing was unavailable. Quorate has a third remedy, which is still in force on the right: a leader whose quorum is fresh asks for a later term itself, at once, where others step down and wait for a timer to end. So each fall costs a few round trips, and a message takes a fifth of a millisecond here: too short to be counted as a pause. Each new term begins with an entry of its own, which is why more was committed right than left. Let messages take 10 ms (“Break and change it”), and on the right writes stand still for 7 of 40 election timeouts in all.",
      },
    ],
    outcome: {
      shipped: "One leader all the time.",
      broken: "A healthy leader is deposed every few election timeouts, and elected again within a few round trips.",
    },
    // T is 100 ms: a fall costs less than a fifth of that.
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections >= 5 && broken.longestPauseMs < 20,
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
      {
        at: 20,
        text: "Right, the ends stand again and again. Their neighbours refuse their votes, but take over their terms, and that deposes the leader: it has to be elected anew each time.",
      },
    ],
    outcome: { shipped: "The middle leads throughout.", broken: "More than ten elections, and the terms climb." },
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
        at: 2,
        text: "Left, it has noticed that no quorum answers (check-quorum), and has stepped down.",
      },
      {
        at: 3.2,
        text: "Left, the others, who hear it no more, have elected another.",
      },
      { at: 20, text: "Right, its heartbeats keep everybody waiting, and nothing is ever committed again." },
    ],
    outcome: {
      shipped: "A pause of two to four election timeouts: one until the leader notices, the rest until another stands.",
      broken: "Nothing is committed any more.",
    },
    // T is 100 ms, and the leader hears nobody from 1 T to 40 T.
    holds: (shipped, broken) =>
      shipped.longestPauseMs >= 190 && shipped.longestPauseMs <= 400 && broken.longestPauseMs >= 3900,
  },
  {
    name: "unheard-follower",
    title: "A follower that hears its leader, and is not heard",
    part: "Networks",
    scenario: "leader-does-not-hear-one",
    broken: 1,
    steps: [
      {
        at: 0,
        text: "One direction of one link is about to break: a follower hears its leader, and the leader does not hear it. What is missing is its answers; the third member hears both, and is heard.",
      },
      {
        at: 2,
        text: "The follower hears heartbeats, so its timer never ends: nobody stands, and no term is counted up. The leader cannot know whether it has anything, and goes by the other one: with itself, a majority. Left, writes go on.",
      },
      {
        at: 5,
        text: "Right, an entry is committed once every voter has acknowledged it. One acknowledgment never comes, so nothing is: the leader leads, everybody follows it, and no client gets an answer.",
      },
      {
        at: 16,
        text: "Left, the follower has fallen behind: it got entries until 256 appends were unanswered, which is as many as may be on their way. From there on the leader waits for its answer. The others do not.",
      },
    ],
    outcome: {
      shipped: "No election, no new term, and writes go on.",
      broken: "No election either, and nothing is committed any more.",
    },
    // T is 100 ms, and the link is broken from 1 T to 40 T.
    holds: (shipped, broken) =>
      shipped.elections === 0 &&
      shipped.term === 1 &&
      shipped.unavailableMs === 0 &&
      broken.elections === 0 &&
      broken.unavailableMs > 3800,
  },
  {
    name: "unheard-leader",
    title: "The reverse: a follower that does not hear its leader, and is heard",
    part: "Networks",
    scenario: "leader-not-heard-by-one",
    broken: 2,
    steps: [
      { at: 0, text: "One direction of one link breaks: a follower can speak to its leader, and does not hear it." },
      { at: 3, text: "Left, its pre-votes are refused: “a leader was heard within T”." },
      {
        at: 4.4,
        text: "Right, it stood, in a later term, and was listened to: the leader stepped down, and another was elected.",
      },
    ],
    outcome: { shipped: "Nothing changes.", broken: "A healthy leader is deposed." },
    holds: (shipped, broken) => shipped.elections === 0 && broken.elections > 0,
  },
];
