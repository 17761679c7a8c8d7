import { behindAmong, isHeard } from "./caught-up.ts";
import { isVoter } from "./configuration.ts";
import { describeMember } from "./describe.ts";
import { startElection } from "./election.ts";
import type { TransferOutcome } from "./effects.ts";
import { transferEnded } from "./handover.ts";
import type { TransferRefused } from "./interface.ts";
import type { TimeoutNow } from "./message.ts";
import { becomeFollower } from "./roles.ts";
import { knownLeader, type Leader, type State, type Transfer } from "./state.ts";
import { leaderTimeoutMs, mayStand } from "./timing.ts";
import type { MemberId, TimeMs } from "./types.ts";

/** Leadership transfer (dissertation §3.10): bounded by T, only to a voter, which is brought up to date first. */

export function transferLeadership(state: State, now: TimeMs, to?: MemberId): TransferRefused | undefined {
  const leader = state.role;
  if (leader.name !== "leader") return { ok: false, refusal: { reason: "not-leader", leader: knownLeader(state) } };
  const { transfer } = leader;
  if (transfer !== undefined) {
    if (to === undefined || to === transfer.to) return undefined;
    return { ok: false, refusal: { reason: "transferring", to: transfer.to } };
  }
  if (to !== undefined) {
    const why = unfitness(state, to);
    if (why !== undefined) return { ok: false, refusal: { reason: "invalid-target", to, why } };
  }
  const target = to ?? bestSuccessor(state, leader, now);
  if (target === undefined || !isHeard(state, leader, now, target))
    return { ok: false, refusal: { reason: "no-target" } };
  begin(state, leader, now, target, false);
  return undefined;
}

/** Goes on with a transfer: called once in each turn, before anything is sent. May end the leadership. */
export function advanceTransfer(state: State, leader: Leader, now: TimeMs): void {
  const { transfer } = leader;
  if (transfer === undefined) return;
  const isTargetVoter = state.configurations.inForce.voters.includes(transfer.to);
  if (!isTargetVoter) return end(state, leader, now, transfer, "refused");
  if (now >= transfer.deadline) return end(state, leader, now, transfer, "timed-out");
  const match = leader.progress.get(transfer.to)?.match ?? 0;
  if (!state.rules.mayTransfer({ isVoter: isTargetVoter, match, last: state.log.lastIndex })) return;
  if (transfer.sentAt !== undefined && now - transfer.sentAt < retryMs(state)) return;
  transfer.sentAt = now;
  // The target's voters answer it at once, however lately they heard us: no promise of theirs holds any longer.
  leader.leasesEnded = true;
  state.outbox.send(transfer.to, { type: "timeout-now", term: state.term });
  if (transfer.isFarewell) stepAside(state, now);
}

/**
 * A leader that the committed configuration does not count has finished the change without counting itself, and hands
 * over (Raft §6; pitfall B75).
 */
export function leaveLeadership(state: State, leader: Leader, now: TimeMs): void {
  const { inForce, index } = state.configurations;
  if (leader.transfer !== undefined || isVoter(inForce, state.id) || index > state.log.commit) return;
  const successor = bestSuccessor(state, leader, now);
  if (successor === undefined) stepAside(state, now);
  else begin(state, leader, now, successor, true);
}

/** Our leader says that we are to lead, and that we hold what it holds. Nobody else's word counts (pitfall B18). */
export function handleTimeoutNow(state: State, now: TimeMs, from: MemberId, message: TimeoutNow): void {
  const isFromLeader = message.term === state.term && state.termLeader === from;
  if (!isFromLeader || !mayStand(state)) return;
  startElection(state, now, state.term + 1, true, `member ${describeMember(from)} hands over its leadership`);
}

function begin(state: State, leader: Leader, now: TimeMs, to: MemberId, isFarewell: boolean): void {
  leader.transfer = { to, deadline: now + leaderTimeoutMs(state), isFarewell, sentAt: undefined };
}

function end(state: State, leader: Leader, now: TimeMs, transfer: Transfer, outcome: TransferOutcome): void {
  leader.transfer = undefined;
  transferEnded(state, transfer.to, outcome);
  if (transfer.isFarewell) stepAside(state, now);
}

function stepAside(state: State, now: TimeMs): void {
  becomeFollower(state, now, state.term, 0, "is no voter of the committed configuration");
}

/** The voter to hand over to, among those heard within T: caught up, then preferred, then closest to our log. */
function bestSuccessor(state: State, leader: Leader, now: TimeMs): MemberId | undefined {
  const { voters, members } = state.configurations.inForce;
  const others = voters.filter((id) => id !== state.id);
  const behind = behindAmong(state, leader, now, others);
  const priority = new Map(members.map((member) => [member.id, member.priority ?? 0]));
  const rank = (id: MemberId): readonly number[] => [
    behind.includes(id) ? 0 : 1,
    priority.get(id) ?? 0,
    leader.progress.get(id)?.match ?? 0,
  ];
  let best: MemberId | undefined;
  for (const id of others) {
    if (!isHeard(state, leader, now, id)) continue;
    if (best === undefined || isAbove(rank(id), rank(best))) best = id;
  }
  return best;
}

function isAbove(rank: readonly number[], other: readonly number[]): boolean {
  const at = rank.findIndex((value, at) => value !== other[at]);
  return at >= 0 && (rank[at] as number) > (other[at] as number);
}

function unfitness(state: State, to: MemberId): string | undefined {
  if (to === state.id) return "it leads already";
  return state.configurations.inForce.voters.includes(to) ? undefined : "only a voter that stays one can lead";
}

/** Messages are lost at times: the target is told again, well within the bound. */
function retryMs(state: State): number {
  return leaderTimeoutMs(state) / 5;
}
