import { announceConfiguration } from "./announce.ts";
import type { LogBase } from "./effects.ts";
import { invariant } from "./invariant.ts";
import { becomeFollower } from "./roles.ts";
import type { State } from "./state.ts";
import type { Term, TimeMs } from "./types.ts";

/**
 * The follower's half of state transfer (Raft §7): the state machine holds everything up to `base.position` now, and the log
 * has to agree. Where it holds that very entry, it goes on behind it; otherwise it begins anew there.
 *
 * What a state holds was committed by the time its sender led, in term `leaderTerm` or before. From that term on, every
 * leader holds it too (Leader Completeness); a leader of an earlier term need not, and following one could cut the state's
 * own entries off. So the term is adopted first.
 */
export function installState(state: State, now: TimeMs, base: LogBase, leaderTerm: Term): void {
  const { log, rules, outbox } = state;
  const { position } = base;
  if (!rules.mayTakeState(position.index, log.applied)) return;
  invariant(leaderTerm >= position.term, "a leader's state ends in an entry of its own term or before", {
    position,
    leaderTerm,
  });
  if (leaderTerm > state.term) {
    becomeFollower(state, now, leaderTerm, 0, `took the state of term ${leaderTerm}`);
  }
  const isKept = rules.keepsSuffix(log.termAt(position.index), position.term);
  if (isKept) {
    log.heldByState(position.index);
    state.configurations.committedTo(position.index);
  } else {
    invariant(state.role.name !== "leader", "a leader's log holds everything that is committed", {
      position,
      base: log.base,
      last: log.last,
    });
    log.beginAnew(position);
    state.configurations.beginAnew(base.configurationIndex, base.configuration);
    announceConfiguration(state);
  }
  outbox.stageBase(base, !isKept);
  const hardState = { term: state.term, vote: state.vote, commit: log.commit };
  outbox.stageHardState(hardState, false);
  state.persisted = hardState;
  acknowledge(state, position.index);
}

/** Said as soon as the log agrees durably: the leader waits for it before it sends entries (pitfall B63). */
function acknowledge(state: State, index: number): void {
  const { role, outbox, term } = state;
  if (role.name !== "follower") return;
  role.verified = Math.max(role.verified, index);
  if (role.leader === 0) return;
  outbox.promise(outbox.sequence, term, role.leader, { type: "append-accepted", term, match: index });
}
