import type { Callback, Done } from "@quorate/host";
import { holdsFor, holdsWithoutKeys } from "./compare.ts";
import type { Loaded, Need } from "./load-versions.ts";
import type {
  Compare,
  DeleteRangeOperation,
  DeleteRangeResult,
  KeyRange,
  Operation,
  OperationResult,
  PutOperation,
  PutResult,
  RangeOperation,
  RangeResult,
  StoreRefusal,
  TxnOperation,
  TxnResult,
} from "./operations.ts";
import { attempt, inTurn } from "./steps.ts";

/** The state as a transaction reads it. */
export interface TxnReads {
  /** The revision of the state that it sees; one more once it has written something. */
  readonly revision: number;
  /** Whether a read at a revision other than 0 must be refused. */
  refusalOf(revision: number): StoreRefusal | undefined;
  /** Shows the live keys of a range, ascending, page by page, until `show` returns false. */
  scan(range: KeyRange, need: Need, show: (page: readonly Loaded[]) => boolean, done: Done): void;
  range(operation: RangeOperation, done: Callback<RangeResult>): void;
}

/** The state as a transaction changes it. Nothing is refused here any more: `checkPut` came first. */
export interface TxnWrites {
  /** Why a put must be refused; asked before anything is written. */
  checkPut(operation: PutOperation): StoreRefusal | undefined;
  put(operation: PutOperation): PutResult;
  deleteRange(operation: DeleteRangeOperation, done: Callback<DeleteRangeResult>): void;
}

/** A transaction with its branch chosen, and so for the transactions within. */
interface ChosenTxn {
  readonly succeeded: boolean;
  readonly operations: readonly Operation[];
  readonly nested: ReadonlyMap<TxnOperation, ChosenTxn>;
}

export type TxnOutcome =
  | { readonly refusal: StoreRefusal }
  | { readonly refusal: undefined; readonly result: TxnResult };

/**
 * Runs a transaction as etcd does: the comparisons of the whole tree on the state before it; then every operation of the
 * chosen branches is checked, so that a refusal changes nothing; then the operations in order, each seeing the ones before.
 */
export function runTxn(
  txn: TxnOperation,
  reads: TxnReads,
  writes: TxnWrites | undefined,
  done: Callback<TxnOutcome>,
): void {
  choose(txn, reads, (error, chosen) => {
    if (error !== undefined) return done(error, { refusal: "key-not-found" });
    // A damaged record may be met here, and in each put: that is for whoever waits for the outcome, and no exception.
    const checked = attempt(() => refusalOfPuts(chosen, writes) ?? refusalOfRanges(chosen, reads));
    if (checked.error !== undefined) return done(checked.error, { refusal: "key-not-found" });
    const refusal = checked.value;
    if (refusal !== undefined) return done(undefined, { refusal });
    execute(chosen, reads, writes, (error, result) => done(error, { refusal: undefined, result }));
  });
}

function choose(txn: TxnOperation, reads: TxnReads, done: Callback<ChosenTxn>): void {
  let succeeded = true;
  const nested = new Map<TxnOperation, ChosenTxn>();
  let operations: readonly Operation[] = [];
  const compareNext = (index: number, next: Done): void => {
    if (!succeeded) return next(undefined);
    evaluate(txn.compare[index] as Compare, reads, (error, holds) => {
      succeeded = holds;
      next(error);
    });
  };
  const chooseNext = (index: number, next: Done): void => {
    const operation = operations[index] as Operation;
    if (operation.type !== "txn") return next(undefined);
    choose(operation, reads, (error, chosen) => {
      nested.set(operation, chosen);
      next(error);
    });
  };
  inTurn(txn.compare.length, compareNext, (error) => {
    operations = succeeded ? txn.success : txn.failure;
    if (error !== undefined) return done(error, { succeeded, operations, nested });
    inTurn(operations.length, chooseNext, (error) => done(error, { succeeded, operations, nested }));
  });
}

function evaluate(compare: Compare, reads: TxnReads, done: Callback<boolean>): void {
  let hasKeys = false;
  let holds = true;
  const show = (page: readonly Loaded[]): boolean => {
    hasKeys ||= page.length > 0;
    holds &&= page.every(({ version }) => holdsFor(compare, version));
    return holds;
  };
  reads.scan(compare.range, compare.target.kind === "value" ? "value" : "metadata", show, (error) => {
    done(error, hasKeys ? holds : holdsWithoutKeys(compare));
  });
}

/** Puts are checked before ranges, in the whole tree (seen with etcd 3.4.23). */
function refusalOfPuts(chosen: ChosenTxn, writes: TxnWrites | undefined): StoreRefusal | undefined {
  return firstRefusal(chosen, (operation) => (operation.type === "put" ? writes?.checkPut(operation) : undefined));
}

function refusalOfRanges(chosen: ChosenTxn, reads: TxnReads): StoreRefusal | undefined {
  return firstRefusal(chosen, (operation) =>
    operation.type === "range" ? reads.refusalOf(operation.revision) : undefined,
  );
}

function firstRefusal(
  chosen: ChosenTxn,
  check: (operation: Operation) => StoreRefusal | undefined,
): StoreRefusal | undefined {
  for (const operation of chosen.operations) {
    const nested = operation.type === "txn" ? chosen.nested.get(operation) : undefined;
    const refusal = nested === undefined ? check(operation) : firstRefusal(nested, check);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

function execute(chosen: ChosenTxn, reads: TxnReads, writes: TxnWrites | undefined, done: Callback<TxnResult>): void {
  const results: OperationResult[] = [];
  const runNext = (index: number, next: Done): void => {
    const keep: Callback<OperationResult> = (error, result) => {
      results.push(result);
      next(error);
    };
    const operation = chosen.operations[index] as Operation;
    switch (operation.type) {
      case "range":
        return reads.range(operation, keep);
      case "txn":
        return execute(chosen.nested.get(operation) as ChosenTxn, reads, writes, keep);
      case "put": {
        const put = attempt(() => (writes as TxnWrites).put(operation));
        return put.error === undefined ? keep(undefined, put.value) : next(put.error);
      }
      case "delete-range":
        return (writes as TxnWrites).deleteRange(operation, keep);
    }
  };
  inTurn(chosen.operations.length, runNext, (error) => {
    done(error, { type: "txn", succeeded: chosen.succeeded, results, revision: reads.revision });
  });
}

/** Whether either branch, at any depth, holds an operation that changes something. */
export function writesSomething(txn: TxnOperation): boolean {
  const writes = (operation: Operation): boolean =>
    operation.type === "txn" ? writesSomething(operation) : operation.type !== "range";
  return txn.success.some(writes) || txn.failure.some(writes);
}
