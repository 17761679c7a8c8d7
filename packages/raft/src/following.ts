import { describeMember } from "./describe.ts";
import { announceConfiguration } from "./announce.ts";
import { commitAsFollower } from "./commit.ts";
import { withOwnBuffer } from "./entry-retention.ts";
import type { Entry } from "./entry.ts";
import { invariant } from "./invariant.ts";
import { appendOwn } from "./leader-log.ts";
import type { Append, Conflict } from "./message.ts";
import { askForQuarantine } from "./quarantine.ts";
import { becomeFollower } from "./roles.ts";
import type { Follower, State } from "./state.ts";
import { resetElectionTimer } from "./timing.ts";
import type { LogIndex, LogPosition, MemberId, TimeMs } from "./types.ts";

/** The follower's half of log replication (Raft §5.3, Figure 2). */

/**
 * A message from the leader of our term: whoever sends one leads, and there is no other (Election Safety). Any of them
 * counts as contact, also one that we must reject (pitfall B15).
 */
export function hearLeader(state: State, now: TimeMs, from: MemberId): Follower {
  invariant(
    state.role.name !== "leader" && (state.termLeader === 0 || state.termLeader === from),
    "a term has one leader",
    {
      term: state.term,
      known: state.termLeader,
      from,
      self: state.id,
    },
  );
  state.termLeader = from;
  becomeFollower(
    state,
    now,
    state.term,
    from,
    `heard member ${describeMember(from)}, the leader of term ${state.term}`,
  );
  state.heardLeaderAt = now;
  resetElectionTimer(state, now);
  askForQuarantine(state, now, from);
  return state.role as Follower;
}

export function handleAppend(state: State, follower: Follower, from: MemberId, append: Append): void {
  const { log, rules, outbox } = state;
  const { previous, entries } = knownPartLeftOut(state, append);
  if (!rules.previousMatches(log.termAt(previous.index), previous.term)) {
    outbox.promise(outbox.termSequence, state.term, from, {
      type: "append-rejected",
      term: state.term,
      rejected: previous.index,
      conflict: conflictAt(state, previous),
    });
    return;
  }
  const conflict = rules.firstConflict((index) => log.termAt(index), entries);
  if (conflict !== undefined) truncateFrom(state, conflict);
  const fresh = withinBounds(state, entries, log.lastIndex + 1);
  if (fresh.length > 0) appendOwn(state, withOwnBuffer(fresh));
  const end = Math.min(previous.index + entries.length, log.lastIndex);
  follower.verified = Math.max(follower.verified, end);
  commitAsFollower(state, follower, append.commit);
  outbox.promise(end <= log.durable ? outbox.heldSequence : outbox.sequence, state.term, from, {
    type: "append-accepted",
    term: state.term,
    match: rules.acknowledged(end, log.lastIndex),
  });
}

/** What lies before our base is committed and pruned: it matches, and can no longer be looked up (pitfall B26). */
function knownPartLeftOut(state: State, append: Append): { previous: LogPosition; entries: readonly Entry[] } {
  const { base } = state.log;
  if (append.previous.index >= base.index) return append;
  return { previous: base, entries: append.entries.filter((entry) => entry.index > base.index) };
}

/** Where our log may still agree with one that has `previous` (Raft §5.3, end). */
function conflictAt(state: State, previous: LogPosition): Conflict {
  const { log } = state;
  const candidate = log.lastNotAbove(previous.index, previous.term);
  const firstIndex = candidate.index > log.base.index ? log.runAt(candidate.index).firstIndex : candidate.index;
  return { ...candidate, firstIndex };
}

function truncateFrom(state: State, index: LogIndex): void {
  state.log.truncateFrom(index);
  state.outbox.stageTruncation(index);
  if (state.configurations.truncatedFrom(index, state.rules.staysInForce)) announceConfiguration(state);
}

/**
 * Entries from `first` on, as many as we may hold before we have applied some. The bound holds only while something
 * committed waits to be applied, which ends by itself. What is not committed is bounded by its leader, and must be taken:
 * entries of earlier terms may need the next one to be committed at all (§5.4.2).
 */
function withinBounds(state: State, entries: readonly Entry[], first: LogIndex): readonly Entry[] {
  const { log, limits } = state;
  const fresh = entries.filter((entry) => entry.index >= first);
  if (log.commit === log.applied) return fresh;
  let bytes = log.unappliedBytes;
  let count = 0;
  for (const entry of fresh) {
    bytes += entry.frame.length;
    if (bytes > limits.maxUnappliedBytes) break;
    count++;
  }
  return fresh.slice(0, count);
}
