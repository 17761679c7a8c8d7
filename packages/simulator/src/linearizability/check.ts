import type { Contradiction, ContradictionKind } from "./blocks.ts";
import { checkRegister } from "./check-register.ts";
import { requireSoundTimes } from "./history.ts";
import type { History } from "./history.ts";
import type { Model } from "./model.ts";
import { registerHistory } from "./register-history.ts";
import { searchOrder } from "./search.ts";
import type { SearchLimits, SearchOutcome } from "./search.ts";
import { layOut } from "./timeline.ts";
import type { Timeline } from "./timeline.ts";

export type Verdict = "linearizable" | "not-linearizable" | "unknown";

export interface CheckOptions {
  /** Calls of the model's `step` for one partition, about; beyond them its verdict is unknown. Default 50,000,000. */
  readonly maxSteps?: number;
  /**
   * Configurations kept for one partition; beyond them its verdict is unknown. Each takes 60 bytes or so, more with over
   * 32 clients or open operations. Default 2,000,000.
   */
  readonly maxConfigurations?: number;
  /** Keep the order found for linearizable partitions as well. Default: no. */
  readonly keepOrders?: boolean;
  /** Called between partitions, and every quarter of a million steps. Whatever it throws ends the check. */
  readonly onProgress?: (progress: CheckProgress) => void;
}

export interface CheckProgress {
  readonly partitions: number;
  readonly partitionsDone: number;
  readonly operations: number;
  /** In the partitions that are done. */
  readonly operationsDone: number;
  /** Of the whole check. */
  readonly steps: number;
}

export interface CheckResult {
  /** Not linearizable when one partition is not; else unknown when one is; else linearizable. */
  readonly verdict: Verdict;
  readonly operations: number;
  readonly steps: number;
  /** In the order in which they first occur in the history. */
  readonly partitions: readonly PartitionResult[];
}

export interface PartitionResult {
  /** The model's name for this part; "" when the model has no parts. */
  readonly partition: string;
  readonly verdict: Verdict;
  readonly operations: number;
  readonly steps: number;
  readonly configurations: number;
  /** With verdict "unknown": which limit was reached. */
  readonly exhausted?: "steps" | "configurations";
  /** With verdict "not-linearizable". */
  readonly counterexample?: Counterexample;
  /** With verdict "linearizable" and `keepOrders`: indices in the history, in an order that the model accepts. */
  readonly order?: readonly number[];
}

/** Why there is no order. All operations are named by their index in the history. */
export interface Counterexample {
  /**
   * The operation that could not be placed. Until just before it returns, all of the partition that has returned has an
   * order, in which what is under way may take part; with its return there is none. (With failed compare-and-sets, in a
   * history too hard to search: a later one with which there is none either.)
   */
  readonly blocked: number;
  /**
   * Orders that get as far as that, at least one, at most four; those with the most operations that ever returned, the
   * best first.
   */
  readonly prefixes: readonly (readonly number[])[];
  /** The stretch of time to look at: from the earliest call of what was under way when `blocked` returned to that return. */
  readonly window: { readonly from: number; readonly to: number };
  /** Where it could be told: a few operations that contradict each other whatever else happened, and how. */
  readonly contradiction?: { readonly kind: ContradictionKind; readonly operations: readonly number[] };
}

const stepsToExplain = 2_000_000;
const defaultSteps = 50_000_000;
const defaultConfigurations = 2_000_000;

/**
 * Whether the history is linearizable: whether every operation can be given one instant between its call and its return, so
 * that the model accepts all outputs in the order of these instants. Throws a HistoryError for times that make no sense.
 */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: CheckOptions = {},
): CheckResult {
  requireSoundTimes(history);
  const parts = partitionsOf(model, history);
  const partitions: PartitionResult[] = [];
  let steps = 0;
  let operationsDone = 0;
  const report = (stepsNow: number) =>
    options.onProgress?.({
      partitions: parts.size,
      partitionsDone: partitions.length,
      operations: history.length,
      operationsDone,
      steps: steps + stepsNow,
    });
  for (const [partition, indices] of parts) {
    const timeline = layOut(model, history, indices);
    const outcome = checkPartition(model, partition, timeline, {
      steps: options.maxSteps ?? defaultSteps,
      configurations: options.maxConfigurations ?? defaultConfigurations,
      onSteps: report,
    });
    partitions.push(describeOutcome(partition, indices.length, timeline, outcome, options.keepOrders ?? false));
    steps += outcome.steps;
    operationsDone += indices.length;
    report(0);
  }
  return { verdict: overall(partitions), operations: history.length, steps, partitions };
}

function partitionsOf<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
): ReadonlyMap<string, readonly number[]> {
  const parts = new Map<string, number[]>();
  history.forEach(({ input }, index) => {
    const partition = model.partition?.(input) ?? "";
    const part = parts.get(partition);
    if (part === undefined) parts.set(partition, [index]);
    else part.push(index);
  });
  return parts;
}

type Outcome = SearchOutcome & { readonly contradiction?: Contradiction };

/** Quickly where each state is written once at most; else by search. */
function checkPartition<State, Input, Output>(
  model: Model<State, Input, Output>,
  partition: string,
  timeline: Timeline<Input, Output>,
  limits: SearchLimits,
): Outcome {
  const register = registerHistory(model, partition, timeline);
  const quick = register && checkRegister(register, timeline.closed.length);
  if (quick === undefined) return searchOrder(model, partition, timeline, limits);
  const cost = { steps: 0, configurations: 0 };
  if (quick.verdict === "linearizable") return { ...quick, ...cost };
  const { verdict, blocked, prefix, contradiction, exact } = quick;
  const known = { verdict, blocked, prefixes: [prefix], contradiction };
  if (exact) return { ...known, ...cost };
  // The verdict stands; where it first shows takes a search, and is worth only so much.
  const found = searchOrder(model, partition, timeline, { ...limits, steps: Math.min(limits.steps, stepsToExplain) });
  const { steps, configurations } = found;
  return found.verdict === "unknown" ? { ...known, steps, configurations } : { contradiction, ...found };
}

function describeOutcome(
  partition: string,
  operations: number,
  timeline: Timeline<unknown, unknown>,
  outcome: Outcome,
  keepOrder: boolean,
): PartitionResult {
  const { verdict, steps, configurations } = outcome;
  const shared = { partition, verdict, operations, steps, configurations };
  const indicesOf = (order: readonly number[]) =>
    order.map((at) => (at >= 0 ? timeline.closedIndex[at] : timeline.openIndex[~at]) as number);
  switch (outcome.verdict) {
    case "linearizable":
      return keepOrder ? { ...shared, order: indicesOf(outcome.order) } : shared;
    case "unknown":
      return { ...shared, exhausted: outcome.exhausted };
    case "not-linearizable": {
      const blocked = timeline.closedIndex[outcome.blocked] as number;
      const prefixes = outcome.prefixes.map(indicesOf);
      const window = windowOf(timeline, outcome.blocked);
      const { contradiction } = outcome;
      if (contradiction === undefined) return { ...shared, counterexample: { blocked, prefixes, window } };
      const operations = indicesOf(contradiction.operations.map(({ number }) => number));
      return {
        ...shared,
        counterexample: { blocked, prefixes, window, contradiction: { kind: contradiction.kind, operations } },
      };
    }
  }
}

function windowOf({ closed }: Timeline<unknown, unknown>, blocked: number): Counterexample["window"] {
  const to = closed[blocked]?.return as number;
  let from = to;
  for (let number = blocked; number < closed.length; number++) {
    const { call } = closed[number] as (typeof closed)[number];
    if (call < from) from = call;
  }
  return { from, to };
}

function overall(partitions: readonly PartitionResult[]): Verdict {
  const worst = (verdict: Verdict) => partitions.some((partition) => partition.verdict === verdict);
  return worst("not-linearizable") ? "not-linearizable" : worst("unknown") ? "unknown" : "linearizable";
}
