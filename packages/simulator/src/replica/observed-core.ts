import type { Effect, Entry, LogBase, PersistEffect, RaftCore, RaftOptions, RaftStatus } from "@quorate/raft";
import type { CoreFactory } from "../core/core-member-options.ts";
import type { ClusterRecord } from "../cluster-record.ts";
import { LogView } from "../log-view.ts";
import type { Checker, Observed } from "../observation.ts";
import type { World } from "../world.ts";
import type { LogMeter } from "./log-meter.ts";
import type { ClaimedLog } from "./claimed-log.ts";

/** The core of one incarnation of a production member, with everything that passes it shown to the checkers. */
export class ObservedCore implements Observed {
  readonly id: number;
  readonly incarnation: number;
  readonly durable: ClaimedLog;
  readonly log: LogView;
  readonly #core: RaftCore;
  readonly #world: World;
  readonly #checkers: readonly Checker[];
  readonly #record: ClusterRecord;
  /** The start of each peer that was heard last. */
  readonly #heard = new Map<number, number>();
  readonly #meter: LogMeter | undefined;
  #status: RaftStatus;
  /** What the state machine has still to apply, in order. */
  #handedOut: Entry[] = [];

  constructor(
    options: RaftOptions,
    durable: ClaimedLog,
    createCore: CoreFactory,
    around: { readonly world: World; readonly checkers: readonly Checker[]; readonly record: ClusterRecord },
    meter?: LogMeter,
  ) {
    this.#meter = meter;
    this.id = options.id;
    this.incarnation = options.incarnation;
    this.durable = durable;
    this.log = durable.view.copy();
    this.#world = around.world;
    this.#checkers = around.checkers;
    this.#record = around.record;
    this.#core = createCore(options);
    this.#status = this.#core.status();
    for (const checker of this.#checkers) checker.started?.(this, this.#status);
  }

  /** As of the last turn. */
  get status(): RaftStatus {
    return this.#status;
  }

  /** What the replica is given in place of the core. */
  asCore(): RaftCore {
    const core = this.#core;
    return {
      receive: (now, from, incarnation, message) => {
        this.#hear(from, incarnation);
        core.receive(now, from, incarnation, message);
      },
      propose: (now, commands) => core.propose(now, commands),
      changeConfiguration: (now, change) => core.changeConfiguration(now, change),
      abandonChange: (now) => core.abandonChange(now),
      transferLeadership: (now, to) => core.transferLeadership(now, to),
      requestRead: (now, id, mode) => core.requestRead(now, id, mode),
      dropLease: (now) => core.dropLease(now),
      prune: (now, position) => {
        this.#record.marks.reach("log pruned");
        core.prune(now, position);
      },
      observeStateBytes: (bytes) => core.observeStateBytes(bytes),
      stateSent: (now, to, position) => core.stateSent(now, to, position),
      installed: (now, position, configuration, configurationIndex, leaderTerm) => {
        this.#record.marks.reach("state installed");
        this.#handedOut = this.#handedOut.filter(({ index }) => index > position.index);
        for (const checker of this.#checkers) checker.installed?.(this, position);
        core.installed(now, position, configuration, configurationIndex, leaderTerm);
      },
      configurationAt: (index) => core.configurationAt(index),
      forgetRead: (id) => core.forgetRead(id),
      stored: (now, sequence, last) => {
        this.durable.stored(sequence);
        core.stored(now, sequence, last);
      },
      applied: (now, index) => {
        this.#applied(index);
        core.applied(now, index);
      },
      loaded: (now, follower, from, entries) => core.loaded(now, follower, from, entries),
      unreachable: (now, peer) => core.unreachable(now, peer),
      observeRoundTrip: (rttMs) => core.observeRoundTrip(rttMs),
      tick: (now) => core.tick(now),
      deadline: () => core.deadline(),
      takeEffects: () => this.#takeEffects(),
      status: () => core.status(),
    };
  }

  #hear(from: number, incarnation: number): void {
    if (this.#heard.get(from) === incarnation) return;
    this.#heard.set(from, incarnation);
    for (const checker of this.#checkers) checker.heard?.(this, from, incarnation);
  }

  #takeEffects(): Effect[] {
    const before = this.#status;
    const effects = this.#core.takeEffects();
    const after = this.#core.status();
    this.#status = after;
    const leading = before.role === "leader" && after.role === "leader" && before.term === after.term;
    for (const effect of effects) if (effect.type === "persist") this.#persist(effect, leading);
    this.#record.note(this, before, after);
    if (before.quarantined && !after.quarantined) this.#record.marks.reach("quarantine left");
    for (const effect of effects) this.#show(effect);
    for (const checker of this.#checkers) checker.changed?.(this, before, after);
    return effects;
  }

  #persist(effect: PersistEffect, leading: boolean): void {
    this.durable.handedOver(effect);
    this.#meter?.handedOver(effect);
    if (effect.truncateFrom !== undefined) {
      this.#record.marks.reach("conflicting entries truncated");
      for (const checker of this.#checkers) checker.truncated?.(this, effect.truncateFrom, leading);
      this.log.truncateFrom(effect.truncateFrom);
    }
    if (effect.base !== undefined) this.#begin(effect.base);
    for (const entry of effect.entries) {
      const previousTerm = this.log.termAt(entry.index - 1) ?? 0;
      this.log.append(entry);
      for (const checker of this.#checkers) checker.appended?.(this, entry, previousTerm);
    }
  }

  /** The log goes on behind a state where it holds its last entry, and begins anew there otherwise. */
  #begin({ position }: LogBase): void {
    if (this.log.termAt(position.index) === position.term) return;
    this.#record.marks.reach("log begun anew behind a state");
    const held = this.#record.committed.upTo(position.index);
    const from = this.log.firstDifference(held);
    if (from <= this.log.lastIndex) for (const checker of this.#checkers) checker.truncated?.(this, from, false);
    this.log.become(held);
  }

  #applied(through: number): void {
    for (const entry of this.#handedOut) {
      if (entry.index > through) break;
      for (const checker of this.#checkers) checker.applied?.(this, entry);
    }
    this.#handedOut = this.#handedOut.filter(({ index }) => index > through);
  }

  #show(effect: Effect): void {
    if (effect.type === "send") {
      for (const checker of this.#checkers) checker.sent?.(this, effect.to, effect.message);
      this.#record.noteSent(effect.message, this.#status);
    } else if (effect.type === "commit") {
      for (const entry of effect.entries) {
        this.#handedOut.push(entry);
        for (const checker of this.#checkers) checker.handedOut?.(this, entry);
      }
    } else if (effect.type === "role") {
      this.#world.note(
        `${this.id}.${this.incarnation}`,
        () => `${effect.role} of term ${effect.term}: ${effect.reason}`,
      );
    } else if (effect.type === "transfer-ended") {
      if (effect.outcome === "done") this.#record.marks.reach("leadership handed over");
    } else if (effect.type === "load") {
      this.#record.marks.reach("follower caught up from the log on disk");
    }
  }
}
