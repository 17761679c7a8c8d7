import { releaseDeparted } from "./departures.ts";
import { broadcastHeartbeat } from "./heartbeat.ts";
import { leaveJoint } from "./membership.ts";
import { promoteLearners } from "./promotion.ts";
import { serveReads, wantsRound } from "./read-index.ts";
import { replicate } from "./replication.ts";
import type { Leader, State } from "./state.ts";
import { advanceTransfer, leaveLeadership } from "./transfer.ts";
import type { TimeMs } from "./types.ts";

/** What a leader does by itself at the end of each turn, with everything that the turn brought. */
export function lead(state: State, leader: Leader, now: TimeMs): void {
  serveReads(state, leader);
  // During a transfer nothing is appended: what is on its way to the target is all there is.
  if (leader.transfer === undefined) {
    leaveJoint(state, leader, now);
    promoteLearners(state, leader, now);
    leaveLeadership(state, leader, now);
  }
  releaseDeparted(state, leader, now);
  advanceTransfer(state, leader, now);
  if (state.role !== leader) return;
  if (wantsRound(state, leader, now)) broadcastHeartbeat(state, leader, now);
  serveReads(state, leader);
  replicate(state, leader, now);
}
