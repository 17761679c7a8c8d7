import { advanceCommit } from "./commit.ts";
import type { Entry } from "./entry.ts";
import { invariant } from "./invariant.ts";
import type { AppendAccepted, AppendRejected, Conflict } from "./message.ts";
import type { Progress } from "./progress.ts";
import type { RaftLog } from "./log.ts";
import { askForState, giveUpState, isBeyondLog, mayLeaveSnapshot, whyState } from "./state-transfer.ts";
import type { Leader, State } from "./state.ts";
import { commitNoticeMs, leaderTimeoutMs } from "./timing.ts";
import type { LogIndex, MemberId, TimeMs } from "./types.ts";

/** The leader's half of log replication (Raft §5.3): what to send to whom, and what the answers mean. */

/** Sends every follower what it lacks, as far as its window allows. Called once at the end of each turn. */
export function replicate(state: State, leader: Leader, now: TimeMs): void {
  for (const [id, progress] of leader.progress) {
    if (progress.loading !== undefined) continue;
    // Where the logs meet is only guessed while probing: ask behind what is left of ours, and a rejection tells.
    if (progress.state === "probing" && progress.next <= state.log.base.index) progress.ask(state.log.base.index + 1);
    if (progress.next >= state.log.firstInMemory) progress.hasNewState = false;
    const reason = progress.state === "snapshot" ? undefined : whyState(state, progress);
    if (reason !== undefined) progress.becomeSnapshot(reason, now);
    if (progress.state === "snapshot") askForState(state, id, progress, now);
    else if (progress.state === "probing") probe(state, id, progress, now);
    else stream(state, leader, id, progress, now);
  }
  leader.tellCommitAt = nextCommitNotice(state, leader, now);
}

/**
 * Asks one thing at a time, and again after a pause (etcd-io/raft does so once in a heartbeat interval: StateProbe in its
 * tracker). A follower that is down, cut off or stuck is asked without entries: they would only pile up on its link.
 */
function probe(state: State, to: MemberId, progress: Progress, now: TimeMs): void {
  if (now < progress.pausedUntil) return;
  progress.pausedUntil = now + probeRetryMs(state);
  const maxBytes = progress.isWithoutRoom ? oneEntry : state.limits.maxAppendBytes;
  const entries = progress.isUnanswered ? [] : entriesFor(state, to, progress, maxBytes);
  if (entries === undefined) return;
  sendProbe(state, to, progress, entries);
}

function sendProbe(state: State, to: MemberId, progress: Progress, entries: readonly Entry[]): void {
  progress.probed(progress.next - 1 + entries.length);
  sendAppend(state, to, progress.next, entries, progress);
}

function stream(state: State, leader: Leader, to: MemberId, progress: Progress, now: TimeMs): void {
  while (progress.next <= state.log.lastIndex && !isWindowFull(state, progress)) {
    const entries = entriesFor(state, to, progress, state.limits.maxAppendBytes);
    if (entries === undefined) return;
    const bytes = sendAppend(state, to, progress.next, entries, progress);
    progress.sent((entries.at(-1) as Entry).index, bytes, now);
  }
  if (isCommitNoticeDue(state, leader, progress, now)) sendAppend(state, to, progress.next, [], progress);
}

/** What an append may say of the commit index to a follower, and has not said yet. */
function commitNews(state: State, progress: Progress): LogIndex | undefined {
  const news = Math.min(state.log.commit, progress.next - 1);
  return progress.state === "replicating" && progress.sentCommit < news ? news : undefined;
}

/**
 * When nothing carries the news that the commit index moved, an empty append does (also with a full window: pitfall B32):
 * at once to a follower that waits for it, and to the others a little later, since the next entries mostly carry it. A
 * notice of its own for each entry would double the messages of a client that writes one key after the other.
 */
function isCommitNoticeDue(state: State, leader: Leader, progress: Progress, now: TimeMs): boolean {
  const news = commitNews(state, progress);
  if (news === undefined) return false;
  return now >= leader.tellCommitAt || progress.sentCommit < Math.min(news, progress.commitAwaited);
}

function nextCommitNotice(state: State, leader: Leader, now: TimeMs): TimeMs {
  for (const progress of leader.progress.values()) {
    if (progress.loading !== undefined || commitNews(state, progress) === undefined) continue;
    return Math.min(leader.tellCommitAt, now + commitNoticeMs);
  }
  return Number.POSITIVE_INFINITY;
}

function isWindowFull(state: State, progress: Progress): boolean {
  const { maxInflightAppends, maxInflightBytes } = state.limits;
  return progress.inflightAppends >= maxInflightAppends || progress.inflightBytes >= maxInflightBytes;
}

/** As a bound in bytes: an append holds one entry at least, however large. */
const oneEntry = 1;

/** The next entries for a follower; undefined while they are being read from the durable log. */
function entriesFor(
  state: State,
  follower: MemberId,
  progress: Progress,
  maxBytes: number,
): readonly Entry[] | undefined {
  const { log } = state;
  if (progress.next >= log.firstInMemory) return log.slice(progress.next, log.lastIndex, maxBytes);
  progress.loading = progress.next;
  state.outbox.effect({
    type: "load",
    for: follower,
    from: progress.next,
    to: log.firstInMemory - 1,
    maxBytes,
  });
  return undefined;
}

function sendAppend(state: State, to: MemberId, next: LogIndex, entries: readonly Entry[], progress: Progress): number {
  const { log } = state;
  const term = log.termAt(next - 1);
  invariant(term !== undefined, "the log still holds the entry before the next one to send", {
    next,
    base: log.base.index,
    last: log.lastIndex,
  });
  state.outbox.send(to, {
    type: "append",
    term: state.term,
    previous: { index: next - 1, term },
    commit: log.commit,
    entries,
  });
  progress.sentCommit = log.commit;
  return entries.reduce((bytes, entry) => bytes + entry.frame.length, 0);
}

/** The durable log gave entries that had left memory. */
export function handleLoaded(
  state: State,
  leader: Leader,
  now: TimeMs,
  follower: MemberId,
  from: LogIndex,
  entries: readonly Entry[] | undefined,
): void {
  const progress = leader.progress.get(follower);
  if (progress === undefined || progress.loading !== from) return;
  progress.loading = undefined;
  // Pruned meanwhile, perhaps: then the state is what it gets.
  if (progress.next !== from || from <= state.log.base.index) return;
  if (entries === undefined || entries.length === 0) {
    progress.becomeProbing(progress.next);
    progress.pausedUntil = now + lossMs(state);
    return;
  }
  invariant(entries[0]?.index === from, "the loaded entries start where they were asked from", { from });
  if (progress.state === "replicating") {
    const bytes = sendAppend(state, follower, from, entries, progress);
    progress.sent((entries.at(-1) as Entry).index, bytes, now);
    return;
  }
  // The link broke while the disk was read: the next probe carries nothing.
  if (progress.isUnanswered) return;
  progress.pausedUntil = now + probeRetryMs(state);
  sendProbe(state, follower, progress, entries);
}

export function handleAppendAccepted(
  state: State,
  leader: Leader,
  now: TimeMs,
  from: MemberId,
  response: AppendAccepted,
): void {
  const progress = leader.progress.get(from);
  if (progress === undefined) return;
  invariant(response.match <= state.log.lastIndex, "a follower acknowledges only what we sent", {
    from,
    match: response.match,
    last: state.log.lastIndex,
  });
  progress.heardAt = now;
  // What was sent before the probe may be answered still: that says nothing about the probe.
  const answersProbe = progress.state === "probing" && response.match >= progress.next - 1;
  progress.acknowledged(state.rules.mergeMatch(progress.match, response.match), now);
  if (answersProbe) progress.probeTaken(response.match, now);
  if (progress.state === "snapshot" && mayLeaveSnapshot(state, progress)) {
    giveUpState(state, from, progress);
    progress.becomeReplicating(now);
  }
  advanceCommit(state, leader);
}

export function handleAppendRejected(
  state: State,
  leader: Leader,
  now: TimeMs,
  from: MemberId,
  response: AppendRejected,
): void {
  const progress = leader.progress.get(from);
  if (progress === undefined) return;
  progress.heardAt = now;
  const { rejected, conflict } = response;
  // Late or repeated answers say nothing about what is being asked now (pitfall B28).
  if (rejected <= progress.match) return;
  if (progress.state === "snapshot") return;
  if (progress.state === "probing" && rejected !== progress.next - 1) return;
  if (progress.match < state.log.base.index && isBeyondLog(state.log, rejected, conflict)) {
    progress.becomeSnapshot("pruned", now);
    return;
  }
  const next = nextProbe(state.log, rejected, conflict);
  progress.becomeProbing(Math.max(progress.match + 1, next));
}

/**
 * Where to ask next after a rejection: behind the last position at which both logs can have the same term. One step for
 * each term on either side, whatever the number of entries (Raft §5.3, end).
 */
export function nextProbe(log: RaftLog, rejected: LogIndex, conflict: Conflict): LogIndex {
  const candidate = log.lastNotAbove(conflict.index, conflict.term);
  const next =
    candidate.term === conflict.term ? candidate.index + 1 : Math.min(candidate.index + 1, conflict.firstIndex);
  return Math.max(log.base.index + 1, Math.min(next, rejected));
}

/**
 * A follower that answers heartbeats while its appends stay unanswered has lost some, or its disk stands still: ask which
 * (pitfalls B32, B38). Heartbeats alone prove no progress.
 */
export function retryWhatWasLost(state: State, progress: Progress, now: TimeMs): void {
  if (progress.state !== "replicating" || progress.inflightAppends === 0) return;
  if (now - progress.progressAt < lossMs(state)) return;
  progress.becomeUnanswered();
}

/** The link to a follower broke: what was in flight may be lost. */
export function handleUnreachable(leader: Leader, follower: MemberId): void {
  leader.progress.get(follower)?.becomeUnanswered();
}

function probeRetryMs(state: State): number {
  return Math.max(leaderTimeoutMs(state) / 5, 2 * state.rttMs);
}

function lossMs(state: State): number {
  return Math.max(leaderTimeoutMs(state) / 2, 4 * state.rttMs);
}
