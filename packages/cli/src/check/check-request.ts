import type { CheckProgress, ModelName, Verdict } from "@quorate/simulator/linearizability";

export const historyFormats = ["jsonl", "jepsen", "kv-log"] as const;
export type HistoryFormat = (typeof historyFormats)[number];

/** The models that a file can be checked against; named here so that the command's help loads no checker. */
export const historyModels = ["register", "key-value", "string-key-value"] as const satisfies readonly ModelName[];

/** What the worker of `quorate check` is asked. */
export interface CheckRequest {
  readonly file: string;
  /** Undefined: told by the first line. */
  readonly format: HistoryFormat | undefined;
  readonly model: ModelName | undefined;
  readonly maxSteps: number | undefined;
  readonly maxConfigurations: number | undefined;
  /** Whether pictures are wanted. */
  readonly draw: boolean;
}

/** What it answers: progress now and then, and at the end either an outcome or why the file cannot be read. */
export type CheckReply =
  | { readonly kind: "progress"; readonly progress: CheckProgress }
  | { readonly kind: "unreadable"; readonly problem: string }
  | { readonly kind: "outcome"; readonly outcome: CheckOutcome };

export interface CheckOutcome {
  readonly format: HistoryFormat;
  readonly model: ModelName;
  readonly verdict: Verdict;
  readonly operations: number;
  readonly steps: number;
  readonly milliseconds: number;
  readonly linearizable: number;
  /** The partitions that are not, or not known to be: a thousand at most. */
  readonly offending: readonly OffendingPartition[];
  readonly notLinearizable: number;
  readonly unknown: number;
}

export interface OffendingPartition {
  readonly partition: string;
  readonly verdict: Exclude<Verdict, "linearizable">;
  readonly operations: number;
  /** Which limit was reached, of an unknown one. */
  readonly exhausted?: "steps" | "configurations";
  /** Why, in sentences. */
  readonly explanation: readonly string[];
  /** Operations by their number in the file, from 0. */
  readonly blocked?: number;
  readonly contradiction?: readonly number[];
  /** The picture, of the first ten: a document of its own, and a part of a page. */
  readonly svg?: string;
  readonly figure?: string;
}
