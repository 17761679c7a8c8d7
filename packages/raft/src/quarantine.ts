import { announce } from "./announce.ts";
import type { Follower, State } from "./state.ts";
import { voterTimeoutMs } from "./timing.ts";
import type { MemberId, TimeMs } from "./types.ts";

/**
 * A member whose log was damaged may have lost entries that it acknowledged; its vote could elect a leader without them.
 * It takes appends but has no voice until it holds, committed, an index that its leader confirmed *after this restart*:
 * a read index, which is at or beyond everything that was ever committed with our help. (Acknowledgments of our earlier
 * incarnation are not listened to once the leader has heard this one.)
 */
export function askForQuarantine(state: State, now: TimeMs, leader: MemberId): void {
  const quarantine = state.quarantine;
  if (quarantine === undefined || quarantine.target !== undefined || now < quarantine.askAt) return;
  quarantine.askAt = now + voterTimeoutMs(state);
  quarantine.wireId = state.followerReads.newWireId();
  state.outbox.send(leader, { type: "read-index-request", term: state.term, id: quarantine.wireId });
}

/** Takes the leader's answer to our question; false when the answer is somebody else's. */
export function quarantineAnswered(state: State, wireId: number, index: number): boolean {
  const quarantine = state.quarantine;
  if (quarantine === undefined || quarantine.wireId !== wireId) return false;
  quarantine.wireId = undefined;
  if (index > 0) quarantine.target = index;
  return true;
}

export function leaveQuarantine(state: State, follower: Follower): void {
  const target = state.quarantine?.target;
  if (target === undefined || state.log.commit < target || follower.verified < target) return;
  if (state.log.durable < target) return;
  state.quarantine = undefined;
  announce(state, `left quarantine: holds everything up to ${target}, which the leader committed after our restart`);
}
