import { behindAmong } from "./caught-up.ts";
import { advanceCommit } from "./commit.ts";
import { isJoint, isVoter, type Configuration } from "./configuration.ts";
import { isSame, targetOf, type ConfigurationChange, type Target } from "./configuration-change.ts";
import { encodeConfiguration } from "./configuration-codec.ts";
import { followConfiguration } from "./departures.ts";
import { entryKinds, makeEntry } from "./entry.ts";
import type { ChangeRefusal } from "./errors.ts";
import type { ChangeRefused, Proposed } from "./interface.ts";
import { abandonedOf, directly, jointOf, leftOf } from "./joint.ts";
import { appendOwn } from "./leader-log.ts";
import { majority } from "./quorum.ts";
import type { ChangeCheck, JointCheck } from "./rules.ts";
import { knownLeader, type Leader, type State } from "./state.ts";
import type { MemberId, TimeMs } from "./types.ts";

/** Changes of the configuration, through the log, by joint consensus (Raft §6). */

export function changeConfiguration(state: State, now: TimeMs, change: ConfigurationChange): Proposed | ChangeRefused {
  const leader = leaderThatMayAppend(state);
  if ("refusal" in leader) return { ok: false, refusal: leader.refusal };
  const { inForce } = state.configurations;
  const checked = targetOf(inForce, change, state.limits.maxCommandBytes);
  if ("refusal" in checked) return { ok: false, refusal: checked.refusal };
  const { target } = checked;
  if (!isUnfinished(state) && isSame(inForce, target)) return { ok: false, refusal: { reason: "no-change" } };
  return beginChange(state, leader, now, target);
}

/** Takes the first step towards `target`, where the rules allow to begin. */
export function beginChange(state: State, leader: Leader, now: TimeMs, target: Target): Proposed | ChangeRefused {
  const { inForce } = state.configurations;
  const behind = behindAmong(state, leader, now, target.voters);
  const check: ChangeCheck = {
    committedInOwnTerm: hasCommittedInOwnTerm(state, leader),
    isUnfinished: isUnfinished(state),
    voters: target.voters.length,
    // Where the voters stay, whoever can commit the change takes part already.
    ready: needsJoint(state, target) ? target.voters.length - behind.length : target.voters.length,
  };
  if (!state.rules.mayChangeConfiguration(check)) return { ok: false, refusal: refusalOf(state, check, behind) };
  const next = needsJoint(state, target) ? jointOf(inForce, target) : directly(inForce, target);
  return appendConfiguration(state, leader, now, next);
}

export function abandonChange(state: State, now: TimeMs): Proposed | ChangeRefused {
  const leader = leaderThatMayAppend(state);
  if ("refusal" in leader) return { ok: false, refusal: leader.refusal };
  const check = jointCheck(state, leader);
  if (state.rules.mayAbandonChange(check)) {
    return appendConfiguration(state, leader, now, abandonedOf(state.configurations.inForce));
  }
  const why = check.isJoint
    ? "another leader began the change: this one must first commit an entry of its own term under both majorities"
    : "the configuration in force is not joint";
  return { ok: false, refusal: { reason: "nothing-to-abandon", why } };
}

/** Leaves the joint configuration as soon as that is safe, whoever began the change (pitfall B74). */
export function leaveJoint(state: State, leader: Leader, now: TimeMs): void {
  if (!isJoint(state.configurations.inForce) || !state.rules.mayLeaveJoint(jointCheck(state, leader))) return;
  appendConfiguration(state, leader, now, leftOf(state.configurations.inForce));
}

/** A configuration entry is not committed, or the one in force is joint: no other change may begin. */
export function isUnfinished(state: State): boolean {
  const { index, inForce } = state.configurations;
  return index > state.log.commit || isJoint(inForce);
}

export function jointCheck(state: State, leader: Leader): JointCheck {
  const { index, inForce } = state.configurations;
  return {
    isJoint: isJoint(inForce),
    isCommitted: state.log.commit >= index,
    isOwn: index >= leader.firstIndex,
    committedInOwnTerm: hasCommittedInOwnTerm(state, leader),
  };
}

function needsJoint(state: State, target: Target): boolean {
  return state.rules.needsJoint(state.configurations.inForce.voters, target.voters);
}

function hasCommittedInOwnTerm(state: State, leader: Leader): boolean {
  return state.log.commit >= leader.firstIndex;
}

function leaderThatMayAppend(state: State): Leader | { readonly refusal: ChangeRefusal } {
  const { role } = state;
  if (role.name !== "leader") return { refusal: { reason: "not-leader", leader: knownLeader(state) } };
  return role.transfer === undefined ? role : { refusal: { reason: "transferring", to: role.transfer.to } };
}

function refusalOf(state: State, check: ChangeCheck, behind: readonly MemberId[]): ChangeRefusal {
  const { index, inForce } = state.configurations;
  if (check.isUnfinished) return { reason: "change-in-progress", index, isJoint: isJoint(inForce) };
  if (!check.committedInOwnTerm) return { reason: "not-ready" };
  return { reason: "not-caught-up", needed: majority(check.voters), behind };
}

/** In force at once: whom we send to and who decides are others from here on (Raft §6). */
function appendConfiguration(state: State, leader: Leader, now: TimeMs, configuration: Configuration): Proposed {
  const index = state.log.lastIndex + 1;
  appendOwn(state, [makeEntry(index, state.term, entryKinds.configuration, encodeConfiguration(configuration))]);
  // Once our own voice is gone, the others may elect somebody without having heard from us.
  if (!isVoter(configuration, state.id)) leader.leasesEnded = true;
  followConfiguration(state, leader, now);
  // A smaller quorum may hold enough already (pitfall B80). Reads look for themselves at the end of each turn.
  advanceCommit(state, leader);
  return { ok: true, firstIndex: index, term: state.term };
}
