import type { Question } from "./question.ts";

/** Reads that are too easy, and changes of members that are. */
export const readAndMemberQuestions: readonly Question[] = [
  {
    name: "read",
    title: "A leader is asked for a key",
    asks: "When is the answer too old?",
    excerpt: `function handleRead(state: State, key: Uint8Array): Answer {
  if (state.role.name !== "leader") return redirect(state.leader);
  return state.machine.get(key);
}`,
    options: [
      {
        text: "When another leader was elected, and this one does not know",
        isRight: true,
        why: "Its machine slept, or its links are cut: it still believes. It has to ask a quorum after the read came whether it leads (ReadIndex, dissertation §6.4), or hold a lease that clocks can be trusted with.",
      },
      {
        text: "When the key was written a moment ago",
        isRight: false,
        why: "If it was acknowledged by this leader, it was applied here before.",
      },
      {
        text: "Never: leaders have everything that is committed",
        isRight: false,
        why: "Leaders do. This one may be none any more.",
      },
    ],
    story: "phantom-leader",
  },
  {
    name: "read-round",
    title: "A leader asks before it answers",
    asks: "What is still wrong?",
    excerpt: `function handleRead(leader: Leader, read: Read): void {
  // A quorum has answered our newest heartbeats: we lead.
  if (leader.quorumAnsweredRound >= leader.newestAnsweredRound) {
    return answer(read, leader.commitIndex);
  }
  waitForNextRound(read);
}`,
    options: [
      {
        text: "The round may have been sent before the read came",
        isRight: true,
        why: "An answer says that a member followed us when it answered. If it was asked before the read came, another leader may have been elected since. The round has to be sent after.",
      },
      {
        text: "Answers must come from all members",
        isRight: false,
        why: "A quorum is enough: every other leader's quorum shares a member with it.",
      },
      {
        text: "It should use the applied index",
        isRight: false,
        why: "The read has to wait until the commit index is applied; that happens behind `answer` here.",
      },
    ],
    story: "round-before-the-read",
  },
  {
    name: "lease",
    title: "A leader with a lease",
    asks: "What does this take for granted?",
    excerpt: `const leaseUntil = sentAt + electionTimeoutMs;

function mayServe(now: number): boolean {
  return now < leaseUntil;
}`,
    options: [
      {
        text: "That all clocks run at the same speed",
        isRight: true,
        why: "On a fast clock the others' T is over before ours. A lease has to be shorter by the bound on how much clocks may differ, and that bound has to hold.",
      },
      {
        text: "That all clocks show the same time",
        isRight: false,
        why: "It counts from when the round was sent, on one clock. What the others show does not matter; how fast they run does.",
      },
      {
        text: "That the network is fast",
        isRight: false,
        why: "It counts from when the round was sent, not from when the answer came: slow answers only shorten it.",
      },
    ],
    story: "lease-and-clocks",
  },
  {
    name: "members",
    title: "From three voters to five",
    asks: "What can happen between two lines of this log?",
    excerpt: `11:20:00 A raft: configuration at 318: voters A B C D E (was A B C)
11:20:00 D raft: configuration at 318: voters A B C D E
11:20:00 E raft: configuration at 318: voters A B C D E
11:20:04 B raft: became candidate at term 9, voters A B C`,
    options: [
      {
        text: "B and C elect a leader while A, D and E commit without them",
        isRight: true,
        why: "B still goes by three voters: two are its majority. A goes by five: three are. The two share nobody. A joint configuration needs both majorities meanwhile (§6).",
      },
      {
        text: "B cannot be elected: two of five are no majority",
        isRight: false,
        why: "Of five they are none. But B does not know of five.",
      },
      {
        text: "Nothing: configurations take effect when they are committed",
        isRight: false,
        why: "They take effect when they are appended; and waiting for the commit has its own two majorities.",
      },
    ],
    story: "joint-consensus",
  },
  {
    name: "removed",
    title: "A member that was removed",
    asks: "It was down when that happened. What does it do when it starts?",
    excerpt: `09:00:00 C raft: started, voters A B C, term 5
09:00:02 C raft: election timeout, became candidate at term 6
09:00:02 A raft: stepped down: saw term 6 from C`,
    options: [
      {
        text: "It disturbs, again and again, unless members that hear a leader do not listen",
        isRight: true,
        why: "It knows nothing of its removal, and nobody sends to it any more. Pre-Vote and stickiness keep it from doing harm; Quorate's leader then tells it that it left.",
      },
      {
        text: "Nothing: the others know that it is no member",
        isRight: false,
        why: "They may not go by that: a candidate may be legitimate under a configuration that they have not seen (dissertation §4.1).",
      },
      {
        text: "It takes over the cluster with its old log",
        isRight: false,
        why: "Its log is too old for votes. It deposes leaders, and wins nothing.",
      },
    ],
    story: "removed-member",
  },
];
