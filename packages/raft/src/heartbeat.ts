import { catchUpMs } from "./caught-up.ts";
import type { Heartbeat, HeartbeatResponse } from "./message.ts";
import { serveReads } from "./read-index.ts";
import { retryWhatWasLost } from "./replication.ts";
import type { Follower, Leader, State } from "./state.ts";
import { heartbeatsPerTimeout, leaderTimeoutMs } from "./timing.ts";
import type { MemberId, TimeMs } from "./types.ts";
import { commitAsFollower } from "./commit.ts";

/** "I still lead", to everyone, as one numbered round. It carries no entries, so that it never waits behind any. */
export function broadcastHeartbeat(state: State, leader: Leader, now: TimeMs): void {
  state.round++;
  leader.rounds.sent(state.round, now, leaderTimeoutMs(state));
  leader.reads.roundSent(state.round);
  for (const [to, progress] of leader.progress) {
    state.outbox.send(to, {
      type: "heartbeat",
      term: state.term,
      commit: Math.min(state.log.commit, progress.match),
      round: state.round,
    });
  }
  // The next one is due on a fixed schedule, so that many groups do not drift into step (pitfall B21).
  const interval = leaderTimeoutMs(state) / heartbeatsPerTimeout;
  const next = leader.nextHeartbeatAt + interval;
  if (now < leader.nextHeartbeatAt) return;
  leader.nextHeartbeatAt = next > now ? next : now + interval;
  leader.pastEnds.note(now, state.log.lastIndex, catchUpMs(state));
}

/** At a follower of this leader. The answer promises our term alone, and so waits for no entries. */
export function handleHeartbeat(state: State, follower: Follower, from: MemberId, heartbeat: Heartbeat): void {
  commitAsFollower(state, follower, heartbeat.commit);
  state.outbox.promise(state.outbox.termSequence, state.term, from, {
    type: "heartbeat-response",
    term: state.term,
    round: heartbeat.round,
  });
}

/** At the leader: the follower heard round `round`, and all before it, from us in this term. */
export function handleHeartbeatResponse(
  state: State,
  leader: Leader,
  now: TimeMs,
  from: MemberId,
  response: HeartbeatResponse,
): void {
  const progress = leader.progress.get(from);
  if (progress === undefined) return;
  progress.heardAt = now;
  progress.ackedRound = Math.max(progress.ackedRound, response.round);
  const sentAt = leader.rounds.sentAt(response.round);
  if (sentAt !== undefined) progress.followedAt = Math.max(progress.followedAt, sentAt);
  retryWhatWasLost(state, progress, now);
  serveReads(state, leader);
}
