import { readFileSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import {
  checkLinearizable,
  drawCounterexample,
  explainCounterexample,
  figureOf,
  HistoryError,
  namedModels,
} from "@quorate/simulator/linearizability";
import type { CheckResult, Model, Operation, PartitionResult } from "@quorate/simulator/linearizability";
import type { CheckOutcome, CheckReply, CheckRequest, OffendingPartition } from "./check-request.ts";
import { readHistory } from "./read-history.ts";

const drawnPartitions = 10;
const toldPartitions = 1000;
const progressEveryMs = 200;

type AnyModel = Model<unknown, unknown, unknown>;

/** Reads and checks a file, away from the main thread. */
function check(request: CheckRequest): CheckOutcome {
  const begun = performance.now();
  const {
    format,
    model: name,
    history,
  } = readHistory(readFileSync(request.file, "utf8"), request.format, request.model);
  // The reader has checked that inputs and outputs are those of the model.
  const model = namedModels[name].model as unknown as AnyModel;
  let reported = begun;
  const result = checkLinearizable(model, history, {
    ...(request.maxSteps !== undefined && { maxSteps: request.maxSteps }),
    ...(request.maxConfigurations !== undefined && { maxConfigurations: request.maxConfigurations }),
    onProgress(progress) {
      if (performance.now() - reported < progressEveryMs) return;
      reported = performance.now();
      reply({ kind: "progress", progress });
    },
  });
  const milliseconds = Math.round(performance.now() - begun);
  return { format, model: name, milliseconds, ...summary(result, model, history, request.draw) };
}

function summary(result: CheckResult, model: AnyModel, history: readonly Operation<unknown, unknown>[], draw: boolean) {
  const { verdict, operations, steps, partitions } = result;
  const count = (which: PartitionResult["verdict"]) => partitions.filter((each) => each.verdict === which).length;
  const offending = partitions
    .filter((partition) => partition.verdict !== "linearizable")
    .sort((a, b) => (a.counterexample?.window.to ?? Infinity) - (b.counterexample?.window.to ?? Infinity) || 0);
  return {
    verdict,
    operations,
    steps,
    linearizable: count("linearizable"),
    notLinearizable: count("not-linearizable"),
    unknown: count("unknown"),
    offending: offending
      .slice(0, toldPartitions)
      .map((partition, at) => describe(partition, model, history, draw && at < drawnPartitions ? `p${at}` : undefined)),
  };
}

function describe(
  partition: PartitionResult,
  model: AnyModel,
  history: readonly Operation<unknown, unknown>[],
  /** What its picture is called; undefined for no picture. */
  id: string | undefined,
): OffendingPartition {
  const { counterexample, exhausted } = partition;
  const svg = id && drawCounterexample(model, history, partition);
  const figure = id && figureOf(model, history, partition, id);
  return {
    partition: partition.partition,
    verdict: partition.verdict === "unknown" ? "unknown" : "not-linearizable",
    operations: partition.operations,
    explanation: explainCounterexample(model, history, partition),
    ...(exhausted !== undefined && { exhausted }),
    ...(counterexample !== undefined && { blocked: counterexample.blocked }),
    ...(counterexample?.contradiction !== undefined && { contradiction: counterexample.contradiction.operations }),
    ...(svg !== undefined && { svg }),
    ...(figure !== undefined && { figure }),
  };
}

function reply(message: CheckReply): void {
  parentPort?.postMessage(message);
}

try {
  reply({ kind: "outcome", outcome: check(workerData as CheckRequest) });
} catch (error) {
  const unreadable = error instanceof HistoryError || (error as NodeJS.ErrnoException).code !== undefined;
  if (!unreadable) throw error;
  reply({ kind: "unreadable", problem: (error as Error).message });
}
