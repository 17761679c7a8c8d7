import type { TransferOutcome } from "./effects.ts";
import { knownLeader, type State } from "./state.ts";
import type { MemberId, TimeMs } from "./types.ts";

/** What became of a transfer that ended our leadership: told once it is known who leads, or once its time is over. */

export function transferEnded(state: State, to: MemberId, outcome: TransferOutcome): void {
  state.outbox.effect({ type: "transfer-ended", to, outcome });
}

/** Somebody leads: the one who was to, or another. */
export function settleHandover(state: State): void {
  const leader = knownLeader(state);
  if (state.handover === undefined || leader === 0) return;
  const { to } = state.handover;
  state.handover = undefined;
  transferEnded(state, to, leader === to ? "done" : "refused");
}

export function expireHandover(state: State, now: TimeMs): void {
  if (state.handover === undefined || now < state.handover.deadline) return;
  const { to } = state.handover;
  state.handover = undefined;
  transferEnded(state, to, "timed-out");
}
