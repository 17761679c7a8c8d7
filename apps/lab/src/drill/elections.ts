import type { Question } from "./question.ts";

/** Who is elected, and whom that disturbs. */
export const electionQuestions: readonly Question[] = [
  {
    name: "timeout",
    title: "An election timer ends",
    asks: "A member with a broken link comes back after an hour. What happens?",
    excerpt: `function electionTimeout(state: State): void {
  state.term += 1;
  state.role = "candidate";
  state.vote = state.id;
  persist(state);
  broadcast(state, { type: "vote-request", term: state.term });
}`,
    options: [
      {
        text: "Its term is far ahead, and deposes a healthy leader",
        isRight: true,
        why: "Each timeout while it was cut off was a new term. The leader, seeing a later one, has to step down. Asking first, without a new term (Pre-Vote, dissertation §9.6), prevents that.",
      },
      {
        text: "It wins the election: its term is the latest",
        isRight: false,
        why: "Its log is an hour old, so the others refuse their votes. It disturbs, and does not win.",
      },
      {
        text: "Nothing: its term is ignored",
        isRight: false,
        why: "Terms are never ignored: whoever sees a later one takes it over (§5.1). That is just the trouble.",
      },
    ],
    story: "term-bomb",
  },
  {
    name: "window",
    title: "How long to wait",
    asks: "Three members 450 ms apart. After the leader died there is none for minutes. Why?",
    excerpt: `const electionTimeoutMs = 1000;

function drawTimeout(random: () => number): number {
  return electionTimeoutMs + 20 * random();
}`,
    options: [
      {
        text: "Both followers stand before either can hear of the other, each time",
        isRight: true,
        why: "A request for votes takes 450 ms, and the timers differ by 20 ms at most. The window has to be about ten round trips wide, so that one is usually far ahead.",
      },
      {
        text: "The timeout is shorter than a round trip",
        isRight: false,
        why: "It is a little longer than one. What is too small is the difference between two timers.",
      },
      {
        text: "Two of three members are no majority",
        isRight: false,
        why: "They are: two is the majority of three.",
      },
    ],
    story: "narrow-window",
  },
  {
    name: "log-cloudflare",
    title: "Three members, one broken link",
    asks: "A and C do not see each other, B sees both. What is the fix?",
    excerpt: `10:00:01 A raft: became leader at term 41
10:00:03 C raft: election timeout, became candidate at term 42
10:00:03 B raft: term 41 -> 42, voted for C
10:00:03 A raft: stepped down: saw term 42 from B
10:00:05 A raft: election timeout, became candidate at term 43
10:00:05 B raft: term 42 -> 43, voted for A
10:00:05 C raft: stepped down: saw term 43 from B`,
    options: [
      {
        text: "B must not hear a vote request while it hears a leader",
        isRight: true,
        why: "B heard its leader all the time. With stickiness (and Pre-Vote, so that C does not even begin a term) the first leader stays: it has a majority with B.",
      },
      {
        text: "Longer election timeouts",
        isRight: false,
        why: "Then they change leaders less often, and go on for ever all the same.",
      },
      {
        text: "A fourth member",
        isRight: false,
        why: "That makes the quorum three, and what may fail stays one.",
      },
      {
        text: "B should become the leader and stay it",
        isRight: false,
        why: "It would help, but nothing in the protocol prefers B; and the cluster is fine with either once it is not disturbed.",
      },
    ],
    story: "cloudflare-2020",
  },
  {
    name: "deaf",
    title: "A leader that is heard",
    asks: "Its acknowledgments are lost on their way, its heartbeats arrive. What must it do?",
    excerpt: `function tick(state: State, leader: Leader, now: number): void {
  if (now >= leader.nextHeartbeatAt) {
    broadcast(state, { type: "heartbeat", term: state.term });
    leader.nextHeartbeatAt = now + heartbeatMs;
  }
}`,
    options: [
      {
        text: "Step down once no quorum has answered for T",
        isRight: true,
        why: "Its heartbeats keep everybody from electing another, and it can commit nothing. Check-quorum (dissertation §6.2) ends that.",
      },
      {
        text: "Send heartbeats more often",
        isRight: false,
        why: "They arrive already. It is the answers that do not.",
      },
      {
        text: "Go on: it may hear them again",
        isRight: false,
        why: "It may. Until then nothing is committed anywhere, although a majority is fit to.",
      },
    ],
    story: "deaf-leader",
  },
  {
    name: "divergence-log",
    title: "A follower far behind",
    asks: "What does this log say, and what helps most?",
    excerpt: `15:42:08 INFO raft: AppendEntries -> D failure (mismatch at idx=400100 term=12 vs follower idx=400100 term=11)
15:42:09 INFO raft: AppendEntries -> D retry prevIdx=400050 (decremented)
15:42:09 INFO raft: AppendEntries -> D failure (mismatch at idx=400050 term=12 vs follower idx=400050 term=10)
15:42:10 INFO raft: AppendEntries -> D retry prevIdx=399000 (decremented)
15:42:10 INFO raft: AppendEntries -> D failure (mismatch at idx=399000 term=12 vs follower idx=399000 term=8)`,
    options: [
      {
        text: "D diverged long ago, over several terms: send it the state",
        isRight: true,
        why: "Rejection after rejection, at ever lower places and in ever older terms of the follower: the logs have little in common. Stop walking, and send the state. Quorate's leader skips terms, and compares what the log would cost with what the state would.",
      },
      {
        text: "The network loses D's answers",
        isRight: false,
        why: "They arrive, and what they say is no.",
      },
      {
        text: "D has a later term and should lead",
        isRight: false,
        why: "The terms of its entries are older, not later.",
      },
      {
        text: "Remove D: its disk is broken",
        isRight: false,
        why: "Nothing says so. It holds entries of leaders that were deposed, which happens to healthy members.",
      },
    ],
    story: "state-instead-of-a-walk",
  },
];
