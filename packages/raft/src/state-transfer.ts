import type { StateReason } from "./effects.ts";
import type { Conflict } from "./message.ts";
import type { RaftLog } from "./log.ts";
import type { Progress } from "./progress.ts";
import type { Leader, State } from "./state.ts";
import { leaderTimeoutMs } from "./timing.ts";
import type { LogPosition, MemberId, TimeMs } from "./types.ts";

/**
 * The leader's half of state transfer (Raft §7): which follower is to be sent the state, and since when it needs it no
 * longer. The state itself, and how it travels, is the replica's business; heartbeats go on meanwhile.
 */

/** After a transfer that came to nothing, the next one waits for T/2, twice as long each time, and at most for this. */
const longestRetryTimeouts = 8;

/**
 * Why a follower is to be sent the state; undefined where the log does. What memory still holds goes through the log in any
 * case. Whether the log would cost more is asked where entries would have to be read back for it (MISSION row 22), and not of
 * one that has just been sent the state: as long as the next checkpoint is not there, it would be sent the same again.
 */
export function whyState(state: State, progress: Progress): StateReason | undefined {
  const { log } = state;
  if (progress.state === "replicating" && progress.next <= log.base.index) return "pruned";
  // Where the logs meet is not known before an answer, and nothing is read back for a mere question.
  const isGuess = progress.state === "probing" && progress.isUnanswered;
  if (isGuess || progress.hasNewState || progress.next >= log.firstInMemory) return undefined;
  return costsMoreThanState(state, progress, state.limits.stateAdvantageBytes) ? "cheaper" : undefined;
}

/** What is not applied here is in no state that could be sent: it goes through the log in any case. */
function costsMoreThanState({ log, stateBytes }: State, progress: Progress, byBytes: number): boolean {
  return log.bytesAfter(progress.next - 1) - log.bytesAfter(log.applied) > stateBytes + byBytes;
}

/** Whether a rejection says that both logs have nothing in common that ours still holds. */
export function isBeyondLog(log: RaftLog, rejected: number, conflict: Conflict): boolean {
  return conflict.index < log.base.index || rejected <= log.base.index;
}

/**
 * Asks for the state to be sent, or to be sent again, once the follower is heard: none can be sent to one that is down.
 * Called with each turn, and heartbeats bring one in each T/10.
 */
export function askForState(state: State, to: MemberId, progress: Progress, now: TimeMs): void {
  const { want } = progress;
  if (want === undefined || want.isAsked || now < want.retryAt) return;
  if (now - progress.heardAt >= leaderTimeoutMs(state)) return;
  want.isAsked = true;
  // Entries from the base on are there; a state that ends before it would have to be sent once more.
  const atLeast = Math.max(state.log.base.index, progress.match + 1);
  state.outbox.effect({ type: "state-wanted", to, reason: want.reason, atLeast });
}

/** What the follower was to be sent is not needed any more. */
export function giveUpState(state: State, to: MemberId, progress: Progress): void {
  if (progress.want?.isAsked === true) state.outbox.effect({ type: "state-unwanted", to });
  progress.want = undefined;
}

/** The follower acknowledged entries, and the log can go on from there: by itself, or since it has the state. */
export function mayLeaveSnapshot(state: State, progress: Progress): boolean {
  if (progress.match < state.log.base.index) return false;
  // Half of what it takes to choose the state: not back and forth with every few entries.
  return (
    progress.want?.reason === "pruned" || !costsMoreThanState(state, progress, state.limits.stateAdvantageBytes / 2)
  );
}

/** A transfer has ended. What the follower holds, only its own acknowledgment proves (pitfall B24): ask behind the state. */
export function handleStateSent(
  state: State,
  leader: Leader,
  now: TimeMs,
  to: MemberId,
  position: LogPosition | undefined,
): void {
  const progress = leader.progress.get(to);
  const want = progress?.want;
  if (progress === undefined || want === undefined || !want.isAsked) return;
  const { log } = state;
  if (position !== undefined && Math.max(position.index, progress.match) >= log.base.index) {
    const isNews = position.index > progress.match;
    progress.hasNewState = true;
    if (isNews) return progress.becomeProbing(Math.min(position.index, log.lastIndex) + 1);
    // It has come further by itself. A newer state may need this very follower's acknowledgments: the log cannot wait for it.
    return progress.becomeReplicating(now);
  }
  const timeoutMs = leaderTimeoutMs(state);
  want.isAsked = false;
  want.retryAt = now + Math.min((timeoutMs / 2) * 2 ** want.failures, longestRetryTimeouts * timeoutMs);
  want.failures++;
}

/** A follower started anew: what it had been sent before its start is to be found out again. */
export function forgetFollower(state: State, leader: Leader, id: MemberId, now: TimeMs): void {
  const progress = leader.progress.get(id);
  if (progress === undefined) return;
  giveUpState(state, id, progress);
  progress.forget(state.log.lastIndex + 1, now);
}

/** Leadership ends: what we send is no longer ours to send. */
export function giveUpStates(state: State, leader: Leader): void {
  for (const [id, progress] of leader.progress) giveUpState(state, id, progress);
}
