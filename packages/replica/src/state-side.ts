import type { Entry } from "@quorate/raft";
import { ApplyPipeline, type ApplyEvents } from "./apply-pipeline.ts";
import { Checkpoints } from "./checkpoints.ts";
import { stateFailure } from "./errors.ts";
import type { MemberParts } from "./member-parts.ts";
import { StateComparison, type StateComparisonParts } from "./state-comparison.ts";

/** What the state's side of a member needs from the rest of it, and reports to it. */
export interface StateSideHooks<Result>
  extends Pick<StateComparisonParts, "members" | "isLeader" | "incarnationOf" | "send" | "failed"> {
  readonly applied: ApplyEvents<Result>["applied"];
}

/** The state machine and all that deals with it: what applies to it, makes it durable, and compares it with the others'. */
export class StateSide<Result> {
  readonly apply: ApplyPipeline<Result>;
  readonly checkpoints: Checkpoints;
  readonly comparison: StateComparison;

  constructor(parts: MemberParts<Result>, hooks: StateSideHooks<Result>) {
    const { host, limits, logger, memberId, incarnation, stateMachine } = parts;
    const { clock, timers } = host;
    const failed = (error: Error): void => hooks.failed(stateFailure(error));
    stateMachine.onDamage?.((error) => timers.endOfTurn(() => failed(error)));
    const applied = (entries: readonly Entry[], results: readonly (Result | undefined)[]): void =>
      hooks.applied(entries, results);
    const apply = new ApplyPipeline(stateMachine, host, limits, { applied, failed });
    const isApplying = (): boolean => apply.isBusy;
    this.apply = apply;
    this.checkpoints = new Checkpoints({
      machine: stateMachine,
      clock,
      timers,
      policy: parts.checkpoint,
      logger,
      position: () => apply.position,
      isApplying,
      failed,
    });
    this.comparison = new StateComparison({
      machine: stateMachine,
      clock,
      timers,
      random: () => host.random.next(),
      logger,
      memberId,
      incarnation,
      intervalMs: parts.stateComparisonMs,
      members: hooks.members,
      isLeader: hooks.isLeader,
      appliedIndex: () => apply.position.index,
      isApplying,
      incarnationOf: hooks.incarnationOf,
      send: hooks.send,
      failed,
    });
  }
}
