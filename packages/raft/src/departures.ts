import { isMember, recipients, type Configuration } from "./configuration.ts";
import { Progress } from "./progress.ts";
import { giveUpState } from "./state-transfer.ts";
import type { Leader, State } from "./state.ts";
import { leaderTimeoutMs } from "./timing.ts";
import type { LogIndex, MemberId, TimeMs } from "./types.ts";

interface Departure {
  /** The first round that tells it of the commit; undefined while it lacks the entry, or the entry is not committed. */
  toldIn: number | undefined;
  /** Until when it is told; undefined until the entry is committed. */
  until: TimeMs | undefined;
}

/** Members that the configuration in force no longer names, and that may not know it yet. */
export type Departures = Map<MemberId, Departure>;

/** So many times T, after the change is committed, a former member is told of it. */
const toldForTimeouts = 5;

/**
 * Whom a leader sends to follows the configuration in force: newcomers are sent the log at once (Raft §6). Former members
 * are sent to until they know that they left: a courtesy, since Pre-Vote and stickiness keep one that does not know from
 * disturbing anybody. They never count, and a dead one is given up after 5 T.
 */
export function followConfiguration(state: State, leader: Leader, now: TimeMs): void {
  const { inForce } = state.configurations;
  const { progress, departures } = leader;
  const known = new Map(progress);
  const ids = new Set([...recipients(inForce), ...departedOf(inForce), ...progress.keys()]);
  ids.delete(state.id);
  progress.clear();
  for (const id of [...ids].sort((a, b) => a - b)) {
    progress.set(id, known.get(id) ?? new Progress(state.log.lastIndex + 1, now));
    if (isMember(inForce, id)) departures.delete(id);
    else if (!departures.has(id)) departures.set(id, { toldIn: undefined, until: undefined });
  }
}

/** A former member that asks for votes was away while it was told: it is told once more. One that knows does not ask. */
export function tellAgain(state: State, leader: Leader, id: MemberId, now: TimeMs): void {
  const { inForce, index } = state.configurations;
  if (state.log.commit < index || leader.departures.has(id) || !departedOf(inForce).includes(id)) return;
  leader.departures.set(id, { toldIn: undefined, until: undefined });
  leader.progress.set(id, new Progress(state.log.lastIndex + 1, now));
}

/** Lets go of the former members that know by now, or that could not be reached. Called once in each turn. */
export function releaseDeparted(state: State, leader: Leader, now: TimeMs): void {
  const { index } = state.configurations;
  if (leader.departures.size === 0 || state.log.commit < index) return;
  for (const [id, departure] of leader.departures) {
    const progress = leader.progress.get(id);
    departure.until ??= now + toldForTimeouts * leaderTimeoutMs(state);
    if (progress !== undefined && departure.toldIn === undefined)
      departure.toldIn = firstRoundToTell(state, progress, index);
    const knows = departure.toldIn !== undefined && (progress?.ackedRound ?? 0) >= departure.toldIn;
    if (!knows && now < departure.until) continue;
    leader.departures.delete(id);
    leader.progress.delete(id);
    if (progress !== undefined) giveUpState(state, id, progress);
  }
}

/** A round carries the commit index as far as the receiver is known to hold the log. */
function firstRoundToTell(state: State, progress: Progress, index: LogIndex): number | undefined {
  return progress.match >= index ? state.round + 1 : undefined;
}

/** Those whose addresses are kept although they are members no longer: they left with the last change. */
function departedOf(configuration: Configuration): MemberId[] {
  return configuration.members.map(({ id }) => id).filter((id) => !isMember(configuration, id));
}
