import type { Question } from "./question.ts";

/** The four handlers in which Raft's bugs hide. */
export const handlerQuestions: readonly Question[] = [
  {
    name: "append",
    title: "A follower takes entries",
    asks: "What is missing before the entries are written?",
    excerpt: `function handleAppend(state: State, message: Append): Reply {
  if (message.term < state.term) return rejected(state);
  becomeFollower(state, message.term, message.leader);
  if (message.previous.index > state.log.lastIndex) {
    return rejected(state, state.log.lastIndex);
  }
  const from = state.log.firstConflict(message.entries);
  if (from !== undefined) state.log.truncateFrom(from);
  state.log.append(message.entries);
  return accepted(state, message.previous.index + message.entries.length);
}`,
    options: [
      {
        text: "The term of the entry before them is not compared",
        isRight: true,
        why: "An entry at that index may be there and be another one. Without a look at its term, entries are spliced behind a history that is not the leader's: two logs then differ below the same last entry, and nothing ever notices (Log Matching, §5.3).",
      },
      {
        text: "The log must be cut before anything is compared",
        isRight: false,
        why: "That would be a bug of its own: a late, short append would erase entries that were acknowledged. Only a real conflict cuts.",
      },
      {
        text: "A message of the same term should be rejected",
        isRight: false,
        why: "The leader of this term sends with this very term: rejecting it would stop all replication.",
      },
      {
        text: "The reply must wait until the entries are committed",
        isRight: false,
        why: "The leader commits because followers acknowledge; waiting for the commit here waits for ever. It must wait for the disk, though.",
      },
    ],
    story: "append-without-check",
  },
  {
    name: "commit",
    title: "A leader moves its commit index",
    asks: "When does this lose something that was acknowledged?",
    excerpt: `function advanceCommit(state: State, leader: Leader): void {
  const matches = state.voters.map((id) => leader.matchOf(id)).sort(descending);
  const index = matches[majority(state.voters.length) - 1];
  if (index > state.log.commit) {
    state.log.commitTo(index);
    applyCommitted(state);
  }
}`,
    options: [
      {
        text: "When that index holds an entry of an older term",
        isRight: true,
        why: "A majority stores it, and still a candidate with a later last term, that does not have it, can win and overwrite it (Figure 8). Only entries of the leader's own term may be committed by counting; older ones are committed with them (§5.4.2).",
      },
      {
        text: "When two members have the same match index",
        isRight: false,
        why: "Equal numbers sort in any order and give the same majority.",
      },
      {
        text: "When a follower acknowledges an index that was acknowledged before",
        isRight: false,
        why: "The index is already committed then, and the comparison above leaves it alone.",
      },
      {
        text: "When the leader counts its own log",
        isRight: false,
        why: "It may, up to what its own disk holds. That is another trap, but not the one in this code.",
      },
    ],
    story: "figure-8",
  },
  {
    name: "vote",
    title: "A member is asked for its vote",
    asks: "Which property of Raft does this break?",
    excerpt: `function handleVoteRequest(state: State, request: VoteRequest): boolean {
  if (request.term < state.term) return false;
  if (request.term > state.term) becomeFollower(state, request.term);
  const isFree = state.vote === 0 || state.vote === request.candidate;
  if (!isFree) return false;
  state.vote = request.candidate;
  persist(state);
  return true;
}`,
    options: [
      {
        text: "Leader Completeness: a candidate that misses committed entries can win",
        isRight: true,
        why: "Nobody compares logs. The candidate's last term, and then its length, has to be at least the voter's (§5.4.1): a majority with the committed entry then keeps everybody out who lacks it.",
      },
      {
        text: "Election Safety: two leaders in one term",
        isRight: false,
        why: "One vote in a term, kept on the disk before the answer, is all that this needs, and it is there.",
      },
      {
        text: "Log Matching",
        isRight: false,
        why: "That hangs on the check of the entry before, in the other handler.",
      },
      {
        text: "None: the term is enough",
        isRight: false,
        why: "A later term says that a candidate was patient, not that it knows anything.",
      },
    ],
    story: "stale-candidate",
  },
  {
    name: "backtrack",
    title: "A follower rejects an append",
    asks: "What is the highest-leverage fix?",
    excerpt: `function handleRejected(progress: Progress, rejected: number): void {
  // Ask again one entry earlier, until the logs meet.
  progress.next = Math.max(1, rejected - 1);
  probe(progress);
}`,
    options: [
      {
        text: "Let the rejection name a term, and skip all of it",
        isRight: true,
        why: "One question for each term in which the logs differ, instead of one for each entry (§5.3, end). Where not even that helps, or the log begins too late, the state is sent.",
      },
      {
        text: "Send larger appends",
        isRight: false,
        why: "They would all be rejected: where the logs meet is not known yet.",
      },
      {
        text: "Ask more often",
        isRight: false,
        why: "Five thousand round trips are five thousand round trips, however eager.",
      },
      {
        text: "Give up after a hundred rejections",
        isRight: false,
        why: "Then the follower never comes back, and the cluster has one member less than it believes.",
      },
    ],
    story: "conflict-hints",
  },
  {
    name: "conflict",
    title: "An entry that is already there",
    asks: "What goes wrong?",
    excerpt: `function takeEntries(log: Log, entries: readonly Entry[]): void {
  for (const entry of entries) {
    // What we have, we have: messages may come twice.
    if (log.has(entry.index)) continue;
    log.append(entry);
  }
}`,
    options: [
      {
        text: "An entry of another term at that index stays",
        isRight: true,
        why: "A deposed leader's tail is then never replaced, and this member applies something else than the others. What is there counts only if its term is the same; otherwise it goes, with all that follows.",
      },
      {
        text: "Messages that come twice are taken twice",
        isRight: false,
        why: "That is what the line prevents, and should.",
      },
      {
        text: "The entries come out of order",
        isRight: false,
        why: "An append holds adjacent entries, in order, behind one that was checked.",
      },
    ],
    story: "kept-conflict",
  },
];
