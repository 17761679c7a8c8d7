/** What each property says and where it comes from, for whoever reads that it fell. All that are watched are here. */
const explanations: Readonly<Record<string, string>> = {
  "election safety": "At most one leader is elected in a term (Raft, Figure 3).",
  "leader append-only": "A leader never overwrites or deletes entries of its own log (Raft, Figure 3).",
  "log matching":
    "Two entries with one index and term are the same, and so is everything before them (Raft, Figure 3).",
  "leader completeness": "What a term committed is in the log of the leader of every later term (Raft, Figure 3).",
  "state machine safety": "No two members apply different entries at one index (Raft, Figure 3).",
  "one vote a term": "A member votes for one candidate in a term at most, restarts or not (Raft §5.2).",
  "vote never taken back": "What a member votes it votes until its term rises (Raft §5.2).",
  "monotonic state": "Terms, commit indexes and match indexes only rise (Raft, Figure 2).",
  "promise durability": "What an answer promises is on the disk when the answer leaves (Raft, Figure 2).",
  "own vote durability": "A candidate's own vote counts once it is on its disk, like any other (Raft, Figure 2).",
  "quorum durability": "What is committed is on the disks of a majority, and is never cut (Raft §5.3).",
  "commit in own term": "A leader counts replicas for entries of its own term only (Raft §5.4.2, Figure 8).",
  "read freshness": "A read covers everything that was committed anywhere when it was asked (Raft dissertation §6.4).",
  "configuration safety":
    "One change at a time, through joint configurations; what is in force is the last one in the log (Raft §6).",
  "supported elections": "Whoever stands for election was promised a majority for that term (Raft dissertation §9.6).",
  "quiet handover": "A leader that hands over takes no commands meanwhile (Raft dissertation §3.10).",
  "state agreement": "The same commands make the same state on every member.",
  "bounded queues": "Everything that waits is bounded: reads, proposals, appends on their way, entries in memory.",
  "bounded log": "The files of a log stay within what is kept, and what was written since the last checkpoints.",
  linearizability:
    "What clients saw has an order that explains it, in which every operation happens between its call and its return.",
  "durable log": "A restart finds all that was reported as stored, and nothing else but what was on its way.",
  "known starts": "A start of a peer is on the disk before anything that it says is taken in (decisions/0008).",
  clients: "Nothing acknowledged is lost or applied twice, and every answer belongs to its command.",
  "definite answers": "Every request gets one answer, and no second, while its process lives.",
  member: "A member neither stops by itself nor takes for damage what a crash leaves.",
  invariant: "The core's own checks hold.",
  watches:
    "A watch is told of all that the log says, each change once, in order and revisions whole, and never of more than it is said to be (testing-anchors §1.4, 14).",
  leases:
    "A lease does not end before somebody may count on its end, is told gone only when it is, and has no more left than the log says (testing-anchors §1.4, 15).",
  "lease agreement":
    "Leases and their keys come and go by the log alone, the same on every member, also in states that are sent.",
  "lease expiry": "A lease that nobody renews ends.",
  compaction: "What is compacted is refused, all else is as it was, and hashes are equal (testing-anchors §1.4, 16).",
  permissions: "A command on behalf of a user comes out as a plain model of the rules has it, everywhere.",
  stability: "Nothing that is still broken costs the others their leader (Raft dissertation §9.6, with check-quorum).",
  liveness: "A healed cluster converges and takes a command within a bounded number of election timeouts.",
  determinism: "The same seed gives the same history, to the last event.",
};

/** Everything that may fall in a run, by name: the checkers', what is asked at the end, and the core's own invariants. */
export const properties: readonly string[] = Object.keys(explanations);

/** A sentence about a property, or nothing where only the violation itself says what it is. */
export function explainProperty(property: string): string | undefined {
  return explanations[property];
}
