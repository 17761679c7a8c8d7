import type { FindingId } from "./findings/finding.ts";

/** What is always true of a finding. */
export interface Remedy {
  readonly title: string;
  readonly meaning: string;
  /** What to do now. */
  readonly action: string;
  /** What a design does so that it does not happen again. */
  readonly design: string;
}

export const catalogue: Readonly<Record<FindingId, Remedy>> = {
  "extensive-divergence": {
    title: "A follower's log has long diverged",
    meaning:
      "The leader probes for the last entry that both logs share, and each refusal shows an older term: the follower was apart for several terms. Walking back step by step costs a round trip each, and the follower counts for no quorum meanwhile.",
    action:
      "Let the follower take a snapshot: where nothing starts one, remove it from the cluster, empty its data directory, and let it join anew. Then find out what kept it apart: its disk, its network, or a clock.",
    design:
      "Let rejections carry the conflicting term and its first index, so that one round trip skips a term, and send the snapshot as soon as that costs less than the log (Raft §5.3, dissertation §4.2.1; Quorate does both).",
  },
  "term-inflation": {
    title: "A rejoining member inflates the term",
    meaning:
      "A member that was cut off raised its term in elections that nobody heard. When it is back, its higher term makes a healthy leader step down, and everybody pays for one more election.",
    action:
      "Nothing is lost. If it keeps happening, find out why this member loses its links, or stop it until that is mended. etcd: start every member with --pre-vote (the default since 3.5).",
    design:
      "Pre-Vote together with check-quorum: a member asks whether it could win before it raises its term (dissertation §9.6).",
  },
  "contested-elections": {
    title: "Elections that nobody wins",
    meaning:
      "Several members stand at about the same time and split the votes, again and again. The election timeout is too near to the round trip, or the window that timers are drawn from is too narrow.",
    action:
      "Raise the election timeout to at least ten round trips, and heartbeats to a tenth of that, the same on every member; `quorate plan --rtt` says how much. Look whether the network has become slower.",
    design:
      "A window of several round trips for the timers to be drawn from, randomised anew for each election; Pre-Vote, so that attempts which cannot win cost no term.",
  },
  "asymmetric-partition": {
    title: "A member that is heard, and does not hear its leader",
    meaning:
      "A link works one way only, or only the link to the leader is broken: others hear the member, and it does not hear the leader. It asks for votes without end; without Pre-Vote and check-quorum it would depose every leader.",
    action:
      "Look at the path towards this member: firewall rules, routes, a full queue, a half-broken network card; `ping` and TCP in both directions, from the leader. Stop the member until that is mended if leaders change.",
    design:
      "Pre-Vote and check-quorum together, and requests for votes that are refused while a leader is heard (dissertation §4.2.3, §6.2).",
  },
  "leader-flapping": {
    title: "The leadership keeps moving",
    meaning:
      "Leaders are lost every few minutes or faster. Each change costs clients an election timeout, and what was in flight.",
    action:
      "Look for what the lost leaders have in common: a slow disk, a process that stands still (garbage collection, a virtual machine that is moved), lost packets. The other findings here often name it. Raise the election timeout until that is mended.",
    design:
      "An election timeout of at least ten times the round trip and several times the slowest sync; leaders that hand over when they are slow, instead of being deposed.",
  },
  "slow-disk": {
    title: "The disk of the log is slow, or stands still",
    meaning:
      "An entry counts only when it is on the disk. Where a sync takes long, so does every write; where it takes longer than the election timeout, the leader is lost.",
    action:
      "Look at what else writes to this disk, and at its own health (iostat, SMART, the limits of a cloud volume). Move the log to a disk of its own; move the leadership away from this member.",
    design:
      "The log on its own fast disk; syncs off the threads that send heartbeats; a leader that steps aside when its disk stands still.",
  },
  overload: {
    title: "A process that comes too late",
    meaning:
      "Timers fired late or heartbeats were late, and no slow disk explains it: the processor is taken, a long computation blocks the event loop, or the process was stopped for a while.",
    action:
      "Look at the processor (steal time on virtual machines too), at memory that is swapped, at pauses for garbage collection. Give the member its own cores; move expensive clients away.",
    design:
      "Nothing longer than a few milliseconds on the thread that sends heartbeats; a leader that hands over when it stays late.",
  },
  "lost-quorum": {
    title: "A majority was out of reach",
    meaning:
      "A leader heard no majority and stopped leading, as it must, or nobody led for long. Whatever it had not committed may be gone; on its side nobody was served.",
    action:
      "Bring back the members that are down, or the links to them: what is missing for a majority first. Never remove members to make the rest a majority while the others may still run.",
    design:
      "An odd number of voters in three or more places, so that no single failure takes a majority; check-quorum, so that a leader without one says so.",
  },
  "phantom-leader": {
    title: "Two leaders at once, or clocks that lie",
    meaning:
      "A member still took itself for the leader when another was elected, or clocks differ or jump. That is safe for writes, and for reads that ask a quorum; reads by a lease may have been stale.",
    action:
      "If clients read by lease (or cache the leader), check what they read in that time. Look at time synchronisation (chrony, NTP), and at machines that were suspended or moved.",
    design:
      "Reads by ReadIndex; leases only by a monotonic clock, bounded by the clocks' drift, and dropped after a suspension (dissertation §6.4).",
  },
  "snapshot-loop": {
    title: "A follower that never catches up",
    meaning:
      "A follower needs the whole state again and again: the log is pruned before it has taken the state over, or the state does not arrive. It counts for no quorum.",
    action:
      "Keep more of the log behind snapshots (etcd: --snapshot-count, --experimental-snapshot-catchup-entries), slow the writers down while it catches up, and look at its disk and its link to the leader.",
    design:
      "Keep the log from the moment a state is sent; send increments to whoever has an older state; transfers that resume.",
  },
  "stuck-membership-change": {
    title: "A membership change that does not end",
    meaning:
      "A joint configuration is in force for long. Until it is left, every decision needs a majority of the old voters and one of the new.",
    action:
      "Look which of the two sets lacks a majority, and bring its members up. If the new members never come, take the change back while the leader that began it still leads (`quorate members abandon`).",
    design:
      "Learners that catch up before they count; a change that is refused unless the new voters are up; leaving the joint state by the leader itself (dissertation §4.3).",
  },
  "log-growth": {
    title: "A log that only grows",
    meaning:
      "Nothing makes the log, or the history of keys, smaller: restarts take longer and longer, and in the end the disk or the quota is full.",
    action:
      "etcd: compact the history and defragment (`etcdctl compact`, `defrag`), and let it happen by itself (--auto-compaction-retention). Else: find out why no snapshot or checkpoint is finished.",
    design: "Checkpoints by bytes and by time, and a log that is pruned behind them without waiting for a file.",
  },
  "wrong-cluster": {
    title: "Members that do not belong together",
    meaning:
      "A member has another cluster id, another member id, or data of a membership that has ended: a directory was copied, reused or emptied, or an address points to the wrong cluster.",
    action:
      "Stop the member that is wrong before anything else. Compare cluster id and member id on both sides; let it join anew with an empty directory and under a new id. Never copy a data directory from member to member.",
    design: "Cluster and member id checked at every start and in every handshake; ids that are never given twice.",
  },
  "apply-lag": {
    title: "Committed entries are carried out late",
    meaning: "The log is ahead of the state: requests and linearizable reads wait for what is still to be applied.",
    action:
      "Look for expensive requests (ranges without a limit, large transactions), for a slow disk, and for an overloaded processor; etcd: defragment members with a large database.",
    design: "Bounded requests, paged ranges, and applying in slices that leave room for everything else.",
  },
  "no-space": {
    title: "No room left",
    meaning: "The disk or the quota of the database is full. Writes are refused; on a full disk the member stops.",
    action:
      "etcd, over its quota: compact the history, defragment each member, then `etcdctl alarm disarm`. A full disk: make room before the member is started again; never delete files of its log.",
    design:
      "Compaction that happens by itself, an alarm well before the end, and the log on a disk that nothing else fills.",
  },
};
