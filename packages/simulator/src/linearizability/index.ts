export type { ContradictionKind } from "./blocks.ts";
export { checkLinearizable } from "./check.ts";
export type { CheckOptions, CheckProgress, CheckResult, Counterexample, PartitionResult, Verdict } from "./check.ts";
export { HistoryError } from "./history.ts";
export type { History, Operation } from "./history.ts";
export { rejected } from "./model.ts";
export type { Model, RegisterStep, StateIdentity } from "./model.ts";
export { keyValueModel } from "./models/key-value.ts";
export type { KeyValueInput, KeyValueOutput } from "./models/key-value.ts";
export { registerModel } from "./models/register.ts";
export type { RegisterInput, RegisterOutput, RegisterValue } from "./models/register.ts";
export { stringKeyValueModel } from "./models/string-key-value.ts";
export type { StringKeyValueInput, StringKeyValueOutput } from "./models/string-key-value.ts";
export { parseJepsenLog } from "./formats/jepsen-log.ts";
export { parseStringKeyValueLog } from "./formats/string-key-value-log.ts";
export { formatHistory, formatHistoryHeader, formatOperation, parseHistory } from "./formats/history-lines.ts";
export type { HistoryHeader, ParsedHistory } from "./formats/history-lines.ts";
export { modelNames, namedModels } from "./models/named-models.ts";
export type { ModelName, NamedModel } from "./models/named-models.ts";
export { checkRevisionOrder } from "./revisions/replay.ts";
export type { ReplayOptions, ReplayProblem, ReplayResult } from "./revisions/replay.ts";
export type {
  Compare,
  KeyPair,
  StepAnswer,
  Transaction,
  TransactionAnswer,
  TransactionOperation,
  TransactionStep,
} from "./revisions/transactions.ts";
export { drawCounterexample } from "./picture/draw.ts";
export { figureOf, figureStyle } from "./picture/figure.ts";
export { escapeText } from "./picture/escape-text.ts";
export { explainCounterexample, labelOf } from "./picture/explain.ts";
