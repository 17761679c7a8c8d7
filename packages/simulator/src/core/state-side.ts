import type { MemberId, RaftCore, StateWantedEffect } from "@quorate/raft";
import type { Observed } from "../observation.ts";
import type { CoreMemberOptions, CoreSurroundings } from "./core-member-options.ts";
import type { Scope } from "../event-queue.ts";
import type { Machine } from "../machine.ts";
import type { HashedState } from "./hashed-state.ts";
import type { LogDevice } from "./log-device.ts";
import { encodeStateMessage, StateCourier, stateMessages } from "./state-courier.ts";
import type { CourierHome, StateMessage, StateTransfer } from "./state-courier.ts";

/** A member whose states are kept, sent and installed. */
export interface StateOwner extends Observed {
  readonly options: CoreMemberOptions;
  readonly durable: LogDevice;
  readonly state: HashedState;
  readonly machine: Machine;
  readonly scope: Scope | undefined;
  input(act: (core: RaftCore, now: number) => void): void;
  /** An input that follows from an effect, a little later. */
  report(act: (core: RaftCore, now: number) => void): void;
  /** Calls back later, unless the process is gone by then. */
  later(delayMs: number, act: () => void): void;
  sendBulk(to: MemberId, bytes: Uint8Array): void;
}

/** What one incarnation of a member does with its state but for applying entries: checkpoints, pruning, transfers. */
export class StateSide {
  readonly #member: StateOwner;
  readonly #around: CoreSurroundings;
  #courier: StateCourier | undefined;

  constructor(member: StateOwner, around: CoreSurroundings) {
    this.#member = member;
    this.#around = around;
  }

  begin(): void {
    const { states, configuration } = this.#member.options;
    const t = configuration.timing.electionTimeoutMs;
    if (states === undefined) return;
    this.#courier = new StateCourier(this.#home(), this.#around.states, {
      retryMs: t / 4 + this.#standstillMs("sending"),
      installMs: states.installMs ?? t / 4,
    });
    this.#member.input((core) => core.observeStateBytes(states.stateBytes));
  }

  receive(from: MemberId, message: StateMessage): void {
    this.#courier?.receive(from, message);
  }

  cancel(to: MemberId): void {
    this.#courier?.cancel(to);
  }

  /** Its own state as of now, unless that is older than what is wanted. */
  send(core: RaftCore, { to, atLeast }: StateWantedEffect): void {
    const { state, log, options } = this.#member;
    const placed = core.configurationAt(state.index);
    const term = log.termAt(state.index);
    if (this.#courier === undefined || placed === undefined || term === undefined || state.index < atLeast) {
      return this.#member.report((leader, now) => leader.stateSent(now, to, undefined));
    }
    const position = { index: state.index, term };
    const sent = { position, hash: state.hash, history: log.upTo(position.index), placed };
    this.#courier.send(to, sent, core.status().term, options.states?.chunks ?? 1);
  }

  /**
   * What is applied is durable from now on, and the log behind it goes but for what is to be kept: as the plan says, unless it
   * is said here.
   */
  keepCheckpoint(core: RaftCore, keptEntries = this.#member.options.states?.keptEntries): void {
    const { durable, state, options } = this.#member;
    durable.keepCheckpoint(state.index, state.hash);
    if (options.states !== undefined) this.#prune(durable.checkpoint.index - (keptEntries ?? 0), core);
    this.#standStill(this.#standstillMs("writing"), () => {});
  }

  /** For how long, in ms, a broken member has no other hands than those that handle its state: 0 for an honest one. */
  #standstillMs(work: "writing" | "sending"): number {
    const { deviceBugs, states } = this.#member.options;
    return ((deviceBugs.standsStill?.[work] ?? 0) * (states?.stateBytes ?? 0)) / 1_000_000;
  }

  #standStill(lastsMs: number, then: () => void): void {
    const { machine, scope } = this.#member;
    const { world } = this.#around;
    if (lastsMs === 0 || scope === undefined) return then();
    machine.pause();
    const goOn = (): void => {
      if (this.#member.scope !== scope) return;
      then();
      machine.resume();
    };
    world.schedule(lastsMs, "step", world.outside, goOn, undefined);
  }

  /** A state that is sent in one piece, by a member that does nothing else, is there when that is over. */
  #send(to: MemberId, message: StateMessage): void {
    const isFirstPiece = message.type === stateMessages.chunk && message.chunks === 1;
    this.#standStill(isFirstPiece ? this.#standstillMs("sending") : 0, () => {
      this.#member.sendBulk(to, encodeStateMessage(message));
    });
  }

  /** The log begins after `index` from now on, as far as the core has heard that all of that is applied. */
  #prune(index: number, core: RaftCore): void {
    const { durable, log } = this.#member;
    const { appliedIndex } = core.status();
    const to = Math.min(index, appliedIndex);
    const configuration = core.configurationAt(to);
    if (to <= durable.base.index || configuration === undefined) return;
    const position = { index: to, term: log.termAt(to) as number };
    if (!durable.mayPrune(position)) return;
    this.#around.record.marks.reach("log pruned");
    durable.prune(position, configuration);
    this.#member.input((pruned, now) => pruned.prune(now, position));
  }

  #install({ state, term }: StateTransfer): void {
    const { checkers, record } = this.#around;
    const member = this.#member;
    record.marks.reach("state installed");
    member.durable.install(state);
    member.state.become(state.position.index, state.hash);
    for (const checker of checkers) {
      checker.installed?.(member, state.position);
      checker.stateReached?.(member.id, state.position.index, state.hash);
    }
    const { configuration, index } = state.placed;
    member.input((core, now) => core.installed(now, state.position, configuration, index, term));
  }

  #home(): CourierHome {
    const member = this.#member;
    const { durable } = member;
    return {
      id: member.id,
      get received() {
        return durable.received;
      },
      set received(received) {
        durable.received = received;
      },
      send: (to, message) => this.#send(to, message),
      later: (delayMs, act) => member.later(delayMs, act),
      wants: ({ index }) => member.options.rules.mayTakeState(index, member.state.index),
      install: (transfer) => this.#install(transfer),
      sent: (to, position) => member.input((core, now) => core.stateSent(now, to, position)),
    };
  }
}
