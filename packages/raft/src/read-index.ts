import type { ReadMode, Refused } from "./interface.ts";
import { holdsLease } from "./lease.ts";
import type { ReadIndexRequest, ReadIndexResponse } from "./message.ts";
import { quarantineAnswered } from "./quarantine.ts";
import type { Leader, State } from "./state.ts";
import type { MemberId, TimeMs } from "./types.ts";
import { firstWireId } from "./wire-ids.ts";

/**
 * Linearizable reads without writing to the log (dissertation §6.4): the leader makes sure that it still leads, by a round
 * of heartbeats sent after the read arrived, and then names an index that covers every write completed before the read.
 * A round serves all reads that arrived before it was sent.
 */
export interface PendingRead {
  /** Who asked: this member itself, or a follower. */
  readonly from: MemberId;
  /** The asker's id for it. */
  readonly id: number;
  /** The first round sent after it arrived; undefined until then. */
  round: number | undefined;
}

/** The reads that a leader has not answered, in order of arrival. */
export class LeaderReads {
  readonly #pending: PendingRead[] = [];
  #withoutRound = 0;

  get size(): number {
    return this.#pending.length;
  }

  /** Reads that no round covers yet. */
  get withoutRound(): number {
    return this.#withoutRound;
  }

  add(from: MemberId, id: number): void {
    this.#pending.push({ from, id, round: undefined });
    this.#withoutRound++;
  }

  /** A round goes out: it covers everything that has arrived. */
  roundSent(round: number): void {
    for (let at = this.#pending.length - this.#withoutRound; at < this.#pending.length; at++) {
      (this.#pending[at] as PendingRead).round = round;
    }
    this.#withoutRound = 0;
  }

  /** Takes out the reads at the front for which `may` holds. */
  takeWhile(may: (read: PendingRead) => boolean): PendingRead[] {
    let count = 0;
    while (count < this.#pending.length && may(this.#pending[count] as PendingRead)) count++;
    if (count === 0) return [];
    const taken = this.#pending.splice(0, count);
    for (const read of taken) if (read.round === undefined) this.#withoutRound--;
    return taken;
  }
}

/** The reads that a follower has passed on to its leader. */
export class FollowerReads {
  /** By the id on the wire, which no other incarnation ever used (pitfall B84). */
  readonly #byWireId = new Map<number, number>();
  readonly #byId = new Map<number, number>();
  #nextWireId: number;

  constructor(incarnation: number) {
    this.#nextWireId = firstWireId(incarnation);
  }

  get size(): number {
    return this.#byWireId.size;
  }

  newWireId(): number {
    return this.#nextWireId++;
  }

  sent(wireId: number, id: number): void {
    this.#byWireId.set(wireId, id);
    this.#byId.set(id, wireId);
  }

  /** The read that an answer belongs to; undefined when it is not waited for. */
  take(wireId: number): number | undefined {
    const id = this.#byWireId.get(wireId);
    if (id === undefined) return undefined;
    this.#byWireId.delete(wireId);
    this.#byId.delete(id);
    return id;
  }

  forget(id: number): void {
    const wireId = this.#byId.get(id);
    if (wireId !== undefined) this.take(wireId);
  }

  takeAll(): number[] {
    const ids = [...this.#byId.keys()];
    this.#byWireId.clear();
    this.#byId.clear();
    return ids;
  }
}

export function requestRead(state: State, now: TimeMs, id: number, mode: ReadMode): Refused | undefined {
  const role = state.role;
  if (mode === "lease" && role.name === "leader" && holdsLease(state, role, now)) {
    state.outbox.effect({ type: "read-ready", id, index: state.log.commit });
    return undefined;
  }
  const waiting = role.name === "leader" ? role.reads.size : state.followerReads.size;
  if (waiting >= state.limits.maxPendingReads) {
    return { ok: false, refusal: { reason: "busy", bound: "maxPendingReads" } };
  }
  if (role.name === "leader") {
    role.reads.add(state.id, id);
    return undefined;
  }
  if (role.name !== "follower" || role.leader === 0) {
    return { ok: false, refusal: { reason: "not-leader", leader: 0 } };
  }
  const wireId = state.followerReads.newWireId();
  state.followerReads.sent(wireId, id);
  state.outbox.send(role.leader, { type: "read-index-request", term: state.term, id: wireId });
  return undefined;
}

/** A follower asks us. Only a leader can answer; 0 says that it must ask again elsewhere or later. */
export function handleReadIndexRequest(state: State, from: MemberId, request: ReadIndexRequest): void {
  const role = state.role;
  if (role.name === "leader" && role.reads.size < state.limits.maxPendingReads) role.reads.add(from, request.id);
  else state.outbox.send(from, { type: "read-index-response", term: state.term, id: request.id, index: 0 });
}

export function handleReadIndexResponse(state: State, response: ReadIndexResponse): void {
  if (quarantineAnswered(state, response.id, response.index)) return;
  const id = state.followerReads.take(response.id);
  if (id === undefined) return;
  if (response.index === 0) state.outbox.effect({ type: "read-refused", id });
  else state.outbox.effect({ type: "read-ready", id, index: response.index });
}

/** The newest round that a quorum has answered; our own answer is immediate. */
export function confirmedRound(state: State, leader: Leader): number {
  return state.rules.decided(state.configurations.inForce, (id) =>
    id === state.id ? state.round : (leader.progress.get(id)?.ackedRound ?? 0),
  );
}

/** Answers the reads that may be served by now, in order. */
export function serveReads(state: State, leader: Leader): void {
  if (leader.reads.size === 0) return;
  const confirmed = confirmedRound(state, leader);
  const committedInOwnTerm = state.log.commit >= leader.firstIndex;
  const ready = leader.reads.takeWhile((read) =>
    state.rules.mayServeRead({ committedInOwnTerm, confirmedRound: confirmed, readRound: read.round }),
  );
  const index = state.log.commit;
  for (const { from, id } of ready) {
    if (from === state.id) {
      state.outbox.effect({ type: "read-ready", id, index });
      continue;
    }
    state.outbox.send(from, { type: "read-index-response", term: state.term, id, index });
    const asker = leader.progress.get(from);
    if (asker !== undefined) asker.commitAwaited = index;
  }
}

/** Leadership ends: nothing that waits can be served by us. */
export function refuseLeaderReads(state: State, reads: LeaderReads): void {
  for (const { from, id } of reads.takeWhile(() => true)) {
    if (from === state.id) state.outbox.effect({ type: "read-refused", id });
    else state.outbox.send(from, { type: "read-index-response", term: state.term, id, index: 0 });
  }
}

/** The leader that was asked is no longer ours: its answer may never come. */
export function refuseFollowerReads(state: State): void {
  for (const id of state.followerReads.takeAll()) state.outbox.effect({ type: "read-refused", id });
}

/** Rounds that may be on their way without an answer, before reads wait for the next one. */
export const maxOpenRounds = 4;

/** Whether reads wait for a round and one may go out now; regular heartbeats are rounds too. */
export function wantsRound(state: State, leader: Leader, now: TimeMs): boolean {
  if (leader.reads.withoutRound === 0) return false;
  return state.round - confirmedRound(state, leader) < maxOpenRounds || now >= leader.nextHeartbeatAt;
}
