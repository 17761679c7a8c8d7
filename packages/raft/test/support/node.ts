import {
  createRaft,
  entryKinds,
  type Configuration,
  type ConfigurationChange,
  type Effect,
  type Entry,
  type FollowerStatus,
  type HardState,
  type Limits,
  type LogPosition,
  type MemberId,
  type Message,
  type RaftCore,
  type ReadMode,
  type RoleName,
  type Rules,
  type TransferOutcome,
} from "@quorate/raft";
import { command, configurationOf, entriesOf } from "./fixtures.ts";

/** Everything a test may want to set about one member; the rest is an ordinary voter of a three-member cluster. */
export interface NodeOptions {
  readonly id?: MemberId;
  readonly voters?: readonly MemberId[];
  readonly outgoing?: readonly MemberId[];
  readonly learners?: readonly MemberId[];
  /** Terms of the entries of the log, from index 1 on, or behind `base`. */
  readonly log?: readonly number[];
  /** The entries of the log themselves, in place of `log`. */
  readonly entries?: readonly Entry[];
  /** In place of `voters`, `outgoing` and `learners`. */
  readonly configuration?: Configuration;
  /** Just before the first entry of the log: the state covers it. */
  readonly base?: LogPosition;
  /** What the frames behind the base come to, as the durable log tells it at the start. */
  readonly frameBytes?: number;
  readonly hardState?: HardState;
  readonly rules?: Rules;
  readonly limits?: Partial<Limits>;
  readonly random?: () => number;
  readonly quarantined?: boolean;
  readonly incarnation?: number;
  readonly applied?: number;
  readonly now?: number;
  /** Completes storage by hand, with `disk.complete`. */
  readonly manualDisk?: boolean;
  /** Committed entries are not reported as applied; the test does that. */
  readonly manualApply?: boolean;
}

/**
 * One core, its disk and its outgoing messages, driven by hand: the tests give inputs and read effects. Time only moves
 * when a test moves it.
 */
export class Node {
  readonly core: RaftCore;
  readonly id: MemberId;
  now: number;
  /** Every effect so far, and what has been sent and not yet looked at. */
  readonly effects: Effect[] = [];
  sent: { to: MemberId; message: Message }[] = [];
  readonly committed: Entry[] = [];
  readonly reads: { id: number; index: number }[] = [];
  readonly refusedReads: number[] = [];
  readonly loads: Extract<Effect, { type: "load" }>[] = [];
  /** The log as the disk has it, behind its base, and the hard state. */
  base: LogPosition;
  stored: Entry[];
  hardState: HardState | undefined;
  readonly pendingPersists: Extract<Effect, { type: "persist" }>[] = [];
  #stateEffects: string[] = [];
  readonly #manualDisk: boolean;
  readonly #manualApply: boolean;
  readonly #incarnations = new Map<MemberId, number>();
  readonly transfers: { to: MemberId; outcome: TransferOutcome }[] = [];

  constructor(options: NodeOptions = {}) {
    this.id = options.id ?? 1;
    this.now = options.now ?? 0;
    this.#manualDisk = options.manualDisk ?? false;
    this.#manualApply = options.manualApply ?? false;
    this.base = options.base ?? { index: 0, term: 0 };
    const first = this.base.index + 1;
    this.stored = [...(options.entries ?? entriesOf(options.log ?? [], first))];
    const terms = this.stored.map(({ term }) => term);
    const lastTerm = terms.at(-1) ?? this.base.term;
    this.hardState = options.hardState ?? (lastTerm > 0 ? { term: lastTerm, vote: 0, commit: 0 } : undefined);
    const applied = options.applied ?? this.base.index;
    this.core = createRaft({
      id: this.id,
      incarnation: options.incarnation ?? 1,
      now: this.now,
      hardState: this.hardState,
      log: {
        base: this.base,
        last: { index: this.base.index + this.stored.length, term: lastTerm },
        termRuns: terms.flatMap((term, at, all) => (all[at - 1] === term ? [] : [{ firstIndex: first + at, term }])),
        configurations: this.stored.filter(({ kind }) => kind === entryKinds.configuration),
        entries: this.stored.slice(applied - this.base.index),
        ...(options.frameBytes === undefined ? {} : { frameBytes: options.frameBytes }),
      },
      appliedIndex: applied,
      configuration:
        options.configuration ?? configurationOf(options.voters ?? [1, 2, 3], options.outgoing, options.learners),
      quarantined: options.quarantined ?? false,
      random: options.random ?? (() => 0.5),
      ...(options.limits === undefined ? {} : { limits: options.limits }),
      ...(options.rules === undefined ? {} : { rules: options.rules }),
    });
    this.flush();
  }

  get role(): RoleName {
    return this.core.status().role;
  }

  get term(): number {
    return this.core.status().term;
  }

  /** Carries out the effects of this turn; completes storage at once unless the disk is manual. */
  flush(): void {
    for (;;) {
      const effects = this.core.takeEffects();
      if (effects.length === 0) return;
      this.effects.push(...effects);
      for (const effect of effects) this.#carryOut(effect);
    }
  }

  receive(from: MemberId, message: Message, incarnation = this.#incarnations.get(from) ?? 1): void {
    this.#incarnations.set(from, incarnation);
    this.core.receive(this.now, from, incarnation, message);
    this.flush();
  }

  propose(...texts: string[]): ReturnType<RaftCore["propose"]> {
    const result = this.core.propose(this.now, texts.map(command));
    this.flush();
    return result;
  }

  change(change: ConfigurationChange): ReturnType<RaftCore["changeConfiguration"]> {
    const result = this.core.changeConfiguration(this.now, change);
    this.flush();
    return result;
  }

  abandon(): ReturnType<RaftCore["abandonChange"]> {
    const result = this.core.abandonChange(this.now);
    this.flush();
    return result;
  }

  transfer(to?: MemberId): ReturnType<RaftCore["transferLeadership"]> {
    const result = this.core.transferLeadership(this.now, to);
    this.flush();
    return result;
  }

  /** Who decides, as this member knows: "1 2 3", or "1 4 5 and 1 2 3" while joint. */
  get deciders(): string {
    const { voters, outgoing } = this.core.status().configuration;
    return outgoing.length === 0 ? voters.join(" ") : `${voters.join(" ")} and ${outgoing.join(" ")}`;
  }

  read(id: number, mode?: ReadMode): ReturnType<RaftCore["requestRead"]> {
    const result = this.core.requestRead(this.now, id, mode);
    this.flush();
    return result;
  }

  /** Prunes up to `index`, which is applied. */
  prune(index: number): void {
    this.core.prune(this.now, { index, term: this.termOf(index) });
    this.flush();
  }

  /** The state machine took a state from a leader of `leaderTerm`. */
  install(position: LogPosition, leaderTerm = this.term, voters: readonly MemberId[] = [1, 2, 3]): void {
    this.core.installed(this.now, position, configurationOf(voters), 0, leaderTerm);
    this.flush();
  }

  /** The transfer to `to` has ended. */
  stateSent(to: MemberId, position: LogPosition | undefined): void {
    this.core.stateSent(this.now, to, position);
    this.flush();
  }

  /** What was asked for states since the last look: "2 pruned >= 7", "2 unwanted". */
  takeStateEffects(): string[] {
    const taken = this.#stateEffects;
    this.#stateEffects = [];
    return taken;
  }

  /** The term of an entry that the disk holds, or of the base. */
  termOf(index: number): number {
    if (index === this.base.index) return this.base.term;
    return this.stored[index - this.base.index - 1]?.term ?? 0;
  }

  /** Moves time and ticks once. */
  advance(ms: number): void {
    this.now += ms;
    this.core.tick(this.now);
    this.flush();
  }

  /** Moves time to the next deadline and ticks; at a leader past a mere notice of its commit index, to the next round. */
  expire(): void {
    const beats = this.#heartbeats;
    this.advance(Math.max(0, this.core.deadline() - this.now));
    if (this.role === "leader" && this.#heartbeats === beats) {
      this.advance(Math.max(0, this.core.deadline() - this.now));
    }
  }

  get #heartbeats(): number {
    return this.sent.filter(({ message }) => message.type === "heartbeat").length;
  }

  /** Takes what was sent since the last look, of one type or of all. */
  take<T extends Message["type"]>(type: T): { to: MemberId; message: Extract<Message, { type: T }> }[] {
    const taken = this.sent.filter((sent) => sent.message.type === type);
    this.sent = this.sent.filter((sent) => sent.message.type !== type);
    return taken as { to: MemberId; message: Extract<Message, { type: T }> }[];
  }

  clear(): this {
    this.sent = [];
    return this;
  }

  /** Completes the oldest persist (all with `count` omitted), as the disk would. */
  completePersists(count = this.pendingPersists.length): void {
    for (const persist of this.pendingPersists.splice(0, count)) this.#complete(persist);
    this.flush();
  }

  /** The position of the end of the log, as candidates compare it. */
  get last(): LogPosition {
    return this.core.status().last;
  }

  /** Wins an election of voters that all say yes, and has the no-op acknowledged unless told otherwise. */
  lead(options: { readonly commitNoop?: boolean } = {}): this {
    const { voters, outgoing } = this.core.status().configuration;
    const others = [...new Set([...voters, ...outgoing])].filter((id) => id !== this.id);
    this.expire();
    for (const id of others) {
      if (this.role !== "pre-candidate") break;
      this.receive(id, { type: "pre-vote-response", term: this.term, electionTerm: this.term + 1, granted: true });
    }
    this.completePersists();
    for (const id of others) {
      if (this.role !== "candidate") break;
      this.receive(id, { type: "vote-response", term: this.term, granted: true });
    }
    if (this.role !== "leader") throw new Error(`member ${this.id} is ${this.role}, not leader`);
    if (options.commitNoop !== false) {
      this.completePersists();
      for (const id of others) this.acknowledge(id);
    }
    this.clear();
    return this;
  }

  /** Follower `id` acknowledges our log up to `match`. */
  acknowledge(id: MemberId, match = this.last.index): void {
    this.receive(id, { type: "append-accepted", term: this.term, match });
  }

  /** Follower `id`, which holds our log as far as `last`, rejects the last append: it has nothing before it. */
  reject(id: MemberId, last: number, rejected = this.progressOf(id).next - 1): void {
    const term = this.term;
    this.receive(id, {
      type: "append-rejected",
      term,
      rejected,
      conflict: { index: last, term: this.termOf(last), firstIndex: last },
    });
  }

  /** Followers `ids` answer heartbeat round `round`. */
  answer(round: number, ...ids: readonly MemberId[]): void {
    for (const id of ids) this.receive(id, { type: "heartbeat-response", term: this.term, round });
  }

  /** The newest heartbeat round that was sent since the last look. */
  takeRound(): number {
    const round = this.take("heartbeat").at(-1)?.message.round;
    if (round === undefined) throw new Error("no heartbeat was sent");
    return round;
  }

  /** What this leader knows of a follower. */
  progressOf(id: MemberId): FollowerStatus {
    const follower = this.core.status().followers.find((one) => one.id === id);
    if (follower === undefined) throw new Error(`member ${id} does not follow member ${this.id}`);
    return follower;
  }

  #carryOut(effect: Effect): void {
    if (effect.type === "persist") {
      if (this.#manualDisk) this.pendingPersists.push(effect);
      else this.#complete(effect);
    } else if (effect.type === "send") this.sent.push({ to: effect.to, message: effect.message });
    else if (effect.type === "commit") {
      this.committed.push(...effect.entries);
      if (!this.#manualApply) this.core.applied(this.now, (effect.entries.at(-1) as Entry).index);
    } else if (effect.type === "read-ready") this.reads.push({ id: effect.id, index: effect.index });
    else if (effect.type === "read-refused") this.refusedReads.push(effect.id);
    else if (effect.type === "load") this.loads.push(effect);
    else if (effect.type === "transfer-ended") this.transfers.push({ to: effect.to, outcome: effect.outcome });
    else if (effect.type === "state-wanted") {
      this.#stateEffects.push(`${effect.to} ${effect.reason} >= ${effect.atLeast}`);
    } else if (effect.type === "state-unwanted") this.#stateEffects.push(`${effect.to} unwanted`);
  }

  #beginAfter(position: LogPosition): void {
    if (position.index >= this.base.index && this.termOf(position.index) === position.term) return;
    this.base = position;
    this.stored = [];
  }

  #complete(persist: Extract<Effect, { type: "persist" }>): void {
    if (persist.truncateFrom !== undefined) this.stored.length = persist.truncateFrom - 1 - this.base.index;
    if (persist.base !== undefined) this.#beginAfter(persist.base.position);
    this.stored.push(...persist.entries);
    if (persist.hardState !== undefined) this.hardState = persist.hardState;
    const last = this.stored.at(-1) ?? this.base;
    this.core.stored(this.now, persist.sequence, { index: last.index, term: last.term });
  }
}
