import type { Operation } from "../history.ts";

/** What one request asks of a store like etcd's; a put, a delete or a get alone is one without compares. */
export interface Transaction {
  readonly compares: readonly Compare[];
  /** What is done when every compare holds, and what otherwise. */
  readonly success: readonly TransactionStep[];
  readonly failure: readonly TransactionStep[];
  /** Reads one member's own state, which may be old: exempt from real time. Default: no. */
  readonly serializable?: boolean;
}

/** A compare of a key that is absent finds version, create and mod revision 0, and fails for its value. */
export type Compare = { readonly key: string; readonly is: "=" | "!=" | "<" | ">" } & (
  | { readonly target: "value"; readonly than: string }
  | { readonly target: "version" | "create" | "mod"; readonly than: number }
);

/** Ranges go from `key` to before `end` in the order of strings; without `end`, they are one key. */
export type TransactionStep =
  | { readonly kind: "put"; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly key: string; readonly end?: string }
  | { readonly kind: "range"; readonly key: string; readonly end?: string };

export interface TransactionAnswer {
  /** Of the store after this request, from the answer's header. */
  readonly revision: number;
  readonly succeeded: boolean;
  /** One for each step that was done. */
  readonly steps: readonly StepAnswer[];
}

export type StepAnswer =
  | { readonly kind: "put" }
  | { readonly kind: "delete"; readonly deleted: number }
  | { readonly kind: "range"; readonly pairs: readonly KeyPair[] };

export interface KeyPair {
  readonly key: string;
  readonly value: string;
  /** Revisions of the key's creation and last change, and how often it was put since it was created. */
  readonly create: number;
  readonly mod: number;
  readonly version: number;
}

export type TransactionOperation = Operation<Transaction, TransactionAnswer>;

/** Whether the answer tells that something was changed. Only then did the store's revision grow, by one. */
export function changed({ steps }: TransactionAnswer): boolean {
  return steps.some((step) => step.kind === "put" || (step.kind === "delete" && step.deleted > 0));
}

/** The keys that a request puts or deletes on either branch; a range that it deletes goes by its bounds. */
export function writesOf({ success, failure }: Transaction): readonly Exclude<TransactionStep, { kind: "range" }>[] {
  return [...success, ...failure].filter((step) => step.kind !== "range");
}
