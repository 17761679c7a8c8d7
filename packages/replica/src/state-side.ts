import type { Entry, LogIndex, LogPosition, MemberId, RaftCore } from "@quorate/raft";
import { ApplyPipeline, type ApplyEvents } from "./apply-pipeline.ts";
import { Checkpoints } from "./checkpoints.ts";
import { stateFailure } from "./errors.ts";
import type { MemberParts } from "./member-parts.ts";
import { Pruning } from "./pruning.ts";
import { StateComparison, type StateComparisonParts } from "./state-comparison.ts";
import { StateNeed } from "./transfer/state-need.ts";
import type { InstalledState } from "./transfer/state-receiver.ts";
import { StateTransfers } from "./transfer/state-transfers.ts";
import { encodeTransfer } from "./transfer/transfer-codec.ts";

/** What the state's side of a member needs from the rest of it, and reports to it. */
export interface StateSideHooks<Result>
  extends Pick<StateComparisonParts, "members" | "isLeader" | "incarnationOf" | "failed"> {
  readonly applied: ApplyEvents<Result>["applied"];
  readonly wake: () => void;
  /** Sends on the bulk lane; false when it was dropped. */
  readonly send: (to: MemberId, chunks: readonly Uint8Array[]) => boolean;
  readonly electionTimeoutMs: () => number;
  /** A checkpoint covers everything up to here, and the log may begin there. */
  readonly pruned: (position: LogPosition) => void;
  /** A receiver holds everything up to the position; or (undefined) sending it the state came to nothing. */
  readonly stateSent: (to: MemberId, position: LogPosition | undefined) => void;
  /** The state was replaced by another member's, or holds as much by itself: the log need not lead up to there. */
  readonly installed: (state: InstalledState) => void;
}

/** How long the other end of a transfer may be silent, at least, in ms: a disk may take its time. */
const leastSilenceMs = 10_000;

/** The state machine and all that deals with it: what applies to it, makes it durable, compares it, sends it and takes one. */
export class StateSide<Result> {
  readonly apply: ApplyPipeline<Result>;
  readonly checkpoints: Checkpoints;
  readonly comparison: StateComparison;
  readonly transfers: StateTransfers;
  /** While nothing can be applied for want of a state. */
  #need: StateNeed | undefined;

  constructor(parts: MemberParts<Result>, hooks: StateSideHooks<Result>) {
    const { host, limits, logger, memberId, incarnation, stateMachine, core } = parts;
    const { clock, timers } = host;
    const failed = (error: Error): void => hooks.failed(stateFailure(error));
    stateMachine.onDamage?.((error) => timers.endOfTurn(() => failed(error)));
    const applied = (entries: readonly Entry[], results: readonly (Result | undefined)[]): void =>
      hooks.applied(entries, results);
    const apply = new ApplyPipeline(stateMachine, host, limits, { applied, failed });
    const isApplying = (): boolean => apply.isBusy;
    const shared = { clock, timers, logger, memberId, incarnation };
    const pruning = this.#pruning(parts, hooks, core);
    const observe = (): void => {
      if (stateMachine.stateBytes !== undefined) core.observeStateBytes(stateMachine.stateBytes);
    };
    observe();
    this.apply = apply;
    this.checkpoints = new Checkpoints({
      ...shared,
      machine: stateMachine,
      policy: parts.checkpoint,
      position: () => apply.position,
      isApplying,
      covered: (position) => {
        observe();
        pruning?.covered(position);
      },
      failed,
    });
    this.comparison = new StateComparison({
      ...shared,
      machine: stateMachine,
      random: () => host.random.next(),
      intervalMs: parts.stateComparisonMs,
      members: hooks.members,
      isLeader: hooks.isLeader,
      appliedIndex: () => apply.position.index,
      isApplying,
      incarnationOf: hooks.incarnationOf,
      send: (to, message) => hooks.send(to, [message]),
      failed,
    });
    this.transfers = new StateTransfers({
      ...shared,
      transfer: stateMachine.transfer,
      bytesPerSecond: parts.transfer.bytesPerSecond,
      silenceMs: () => Math.max(leastSilenceMs, 10 * hooks.electionTimeoutMs()),
      configurationAt: (index) => core.configurationAt(index),
      term: () => core.status().term,
      isInNeed: () => this.#need !== undefined,
      leastIndex: () => this.#need?.least ?? 0,
      appliedIndex: () => apply.position.index,
      countedIndex: () => core.status().appliedIndex,
      beginLog: hooks.installed,
      send: (to, message) => hooks.send(to, encodeTransfer(message)),
      checkpoint: () => this.checkpoints.request(),
      ended: hooks.stateSent,
      hold: (done) => apply.hold(() => this.checkpoints.hold(done)),
      failed,
      prepare: (state, done) => parts.wal.prepareInstall(state, done),
      release: (state) => this.#release(state, hooks.installed),
    });
    const { base } = core.status();
    if (stateMachine.restored.index < base.index) this.#beginNeed(parts, hooks, base.index);
  }

  stop(): void {
    this.comparison.stop();
    this.#need?.stop();
  }

  #beginNeed(parts: MemberParts<Result>, hooks: StateSideHooks<Result>, least: LogIndex): void {
    const { core, memberId, logger, incarnation } = parts;
    const { clock, timers } = parts.host;
    this.apply.hold(() => {});
    this.checkpoints.hold(() => {});
    this.#need = new StateNeed(
      {
        ...hooks,
        core,
        timers,
        logger,
        memberId,
        now: () => clock.monotonicMs(),
        isReceiving: () => this.transfers.receiver.isReceiving,
        ask: (member) => hooks.send(member, encodeTransfer({ type: "wish", session: incarnation })),
      },
      least,
    );
  }

  /** The log first: the core must know where it begins before anything more is applied. */
  #release(state: InstalledState | undefined, installed: StateSideHooks<Result>["installed"]): void {
    if (state === undefined && this.#need !== undefined) return;
    if (state !== undefined) installed(state);
    this.#need?.stop();
    this.#need = undefined;
    this.checkpoints.resume(state?.position);
    this.apply.resume(state?.position);
  }

  /** A machine that cannot give its state away is replicated through the log alone, which must then be kept. */
  #pruning(parts: MemberParts<Result>, hooks: StateSideHooks<Result>, core: RaftCore): Pruning | undefined {
    if (parts.stateMachine.transfer === undefined) return undefined;
    return new Pruning({
      behind: (bytes) => parts.wal.behind(bytes),
      base: () => core.status().base,
      keepBytes: parts.transfer.keepLogBytes,
      neededFrom: () => this.#neededFrom(core, parts.host.clock.monotonicMs() - hooks.electionTimeoutMs()),
      logger: parts.logger,
      prune: hooks.pruned,
    });
  }

  /** The first entry that a follower which was heard since `heardSince` (ms) needs, or one that a state is on its way to. */
  #neededFrom(core: RaftCore, heardSince: number): LogIndex {
    const sent = this.transfers.sender.position?.index ?? Number.POSITIVE_INFINITY;
    const reached = core
      .status()
      .followers.filter(({ state, match, heardAt }) => state !== "snapshot" && match > 0 && heardAt >= heardSince)
      .map(({ match }) => match);
    return Math.min(sent, ...reached) + 1;
  }
}
