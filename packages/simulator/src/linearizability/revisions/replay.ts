import type { Verdict } from "../check.ts";
import { requireSoundTimes } from "../history.ts";
import { realTimeProblem } from "./real-time.ts";
import { ReplayedStore } from "./replayed-store.ts";
import type { KnownPair } from "./replayed-store.ts";
import { changed, writesOf } from "./transactions.ts";
import type {
  KeyPair,
  StepAnswer,
  Transaction,
  TransactionAnswer,
  TransactionOperation,
  TransactionStep,
} from "./transactions.ts";
import { findUnheardWrites } from "./unheard-writes.ts";

export interface ReplayOptions {
  /** The store before the history: its revision and pairs. Default: etcd's revision 1, empty. */
  readonly begin?: { readonly revision: number; readonly pairs: readonly KeyPair[] };
}

export interface ReplayResult {
  /** Unknown: nothing is wrong, but some answers rest on changes that nobody saw, and were taken at their word. */
  readonly verdict: Verdict;
  /** Requests that were replayed, those without an answer that took effect included. */
  readonly replayed: number;
  /** Revisions that belong to no known request: of some without an answer. */
  readonly gaps: number;
  /** Compares and ranges that were taken at their word. */
  readonly unchecked: number;
  readonly problem?: ReplayProblem;
}

export interface ReplayProblem {
  /** Index in the history; -1 for a revision that no request can have made. */
  readonly operation: number;
  readonly revision: number;
  readonly reason: string;
}

interface Replayed {
  readonly index: number;
  readonly revision: number;
  readonly writes: boolean;
}

/**
 * Whether a history of a store like etcd's is strictly serializable, in O(n log n): the revisions in the answers give the
 * order of all changes, so that nothing needs to be searched. Every request is replayed in that order, and every answer
 * must be the one that the replay gives; and the order must keep to real time. The history must hold every request that
 * changed the store after `begin`. Puts should have unique values, so that those without an answer are recognised.
 */
export function checkRevisionOrder(
  history: readonly TransactionOperation[],
  { begin = { revision: 1, pairs: [] } }: ReplayOptions = {},
): ReplayResult {
  requireSoundTimes(history);
  const { proven, unseen, problem } = findUnheardWrites(history, begin.revision);
  const order: Replayed[] = [];
  history.forEach(({ output }, index) => {
    if (output !== undefined) order.push({ index, revision: output.revision, writes: changed(output) });
  });
  for (const [revision, index] of proven) order.push({ index, revision, writes: true });
  order.sort((a, b) => a.revision - b.revision || Number(b.writes) - Number(a.writes));
  const replay = new Replay(history, new ReplayedStore(begin.pairs), unseen, begin.revision);
  const found =
    (problem && { ...problem, revision: history[problem.operation]?.output?.revision ?? 0 }) ??
    realTimeProblem(history, order) ??
    replay.run(order);
  const { gaps, unchecked } = replay;
  const verdict = found !== undefined ? "not-linearizable" : unchecked > 0 ? "unknown" : "linearizable";
  return { verdict, replayed: order.length, gaps, unchecked, ...(found && { problem: found }) };
}

class Replay {
  gaps = 0;
  unchecked = 0;
  readonly #history: readonly TransactionOperation[];
  readonly #store: ReplayedStore;
  readonly #unseen: readonly number[];
  #revision: number;

  constructor(
    history: readonly TransactionOperation[],
    store: ReplayedStore,
    unseen: readonly number[],
    begin: number,
  ) {
    this.#history = history;
    this.#store = store;
    this.#unseen = unseen;
    this.#revision = begin;
  }

  run(order: readonly Replayed[]): ReplayProblem | undefined {
    for (const { index, revision, writes } of order) {
      const { input, output } = this.#history[index] as TransactionOperation;
      if (writes && revision === this.#revision) {
        return { operation: index, revision, reason: "this revision was already made by another request" };
      }
      const missing = revision - this.#revision - (writes ? 1 : 0);
      if (missing > 0) this.#skip(missing);
      if (this.gaps > this.#unseen.length) {
        return {
          operation: -1,
          revision: revision - 1,
          reason: "more revisions than requests that can have made them",
        };
      }
      this.#revision = Math.max(this.#revision, revision);
      const reason = output === undefined ? this.#redo(input, revision) : this.#compare(input, output);
      if (reason !== undefined) return { operation: index, revision, reason };
    }
    return undefined;
  }

  /** Revisions that somebody without an answer made, and that no pair tells of. */
  #skip(count: number): void {
    this.gaps += count;
    for (const index of this.#unseen) {
      for (const { kind, key, ...rest } of writesOf((this.#history[index] as TransactionOperation).input)) {
        this.#store.doubt(key);
        if (kind !== "delete" || !("end" in rest)) continue;
        for (const pair of this.#store.range(key, rest.end)) this.#store.doubt(pair.key);
      }
    }
  }

  /** A request without an answer that took effect: the branch is the one that the replay finds. */
  #redo(input: Transaction, revision: number): string | undefined {
    const succeeded = this.#succeeds(input);
    if (succeeded === undefined) {
      this.unchecked++;
      for (const { key } of writesOf(input)) this.#store.doubt(key);
      return undefined;
    }
    for (const step of succeeded ? input.success : input.failure) this.#apply(step, revision);
    return undefined;
  }

  #compare(input: Transaction, { revision, succeeded, steps }: TransactionAnswer): string | undefined {
    const expected = this.#succeeds(input);
    if (expected === undefined) this.unchecked++;
    else if (expected !== succeeded)
      return `its compares ${expected ? "hold" : "do not hold"}, and the answer says otherwise`;
    const asked = succeeded ? input.success : input.failure;
    if (asked.length !== steps.length) return `it has ${asked.length} steps, and the answer tells of ${steps.length}`;
    for (const [at, step] of asked.entries()) {
      const reason = this.#step(step, steps[at] as StepAnswer, revision);
      if (reason !== undefined) return asked.length === 1 ? reason : `step ${at + 1}: ${reason}`;
    }
    return undefined;
  }

  #succeeds({ compares }: Transaction): boolean | undefined {
    const held = new Set(compares.map((compare) => this.#store.holds(compare)));
    return held.has(false) ? false : held.has(undefined) ? undefined : true;
  }

  #step(step: TransactionStep, answer: StepAnswer, revision: number): string | undefined {
    if (step.kind !== answer.kind) return `a ${step.kind} was answered as a ${answer.kind}`;
    if (step.kind === "range" && answer.kind === "range") return this.#range(step, answer.pairs);
    const unsure = step.kind === "delete" && this.#store.unsureWithin(step.key, step.end);
    const deleted = this.#apply(step, revision);
    if (answer.kind !== "delete" || deleted === answer.deleted) return undefined;
    if (!unsure) return `it deleted ${answer.deleted} keys, and there were ${deleted}`;
    this.unchecked++;
    return undefined;
  }

  /** Returns how many keys were deleted. */
  #apply(step: TransactionStep, revision: number): number {
    if (step.kind === "put") this.#store.put(step.key, step.value, revision);
    return step.kind === "delete" ? this.#store.delete(step.key, step.end) : 0;
  }

  #range({ key, end }: { readonly key: string; readonly end?: string }, pairs: readonly KeyPair[]): string | undefined {
    const seen = new Map(pairs.map((pair) => [pair.key, pair]));
    for (const known of this.#store.range(key, end)) {
      if (!seen.has(known.key) && !this.#store.unsure(known.key)) return `${show(known)} is missing`;
    }
    for (const pair of pairs) {
      if (end === undefined ? pair.key !== key : pair.key < key || pair.key >= end)
        return `${pair.key} is out of range`;
      if (this.#store.unsure(pair.key)) continue;
      const known = this.#store.get(pair.key);
      if (known === undefined || !agree(known, pair))
        return `${show(pair)} was seen, and there was ${known ? show(known) : "none"}`;
      this.#store.adopt(pair.key, pair);
    }
    if (!this.#store.unsureWithin(key, end)) return undefined;
    this.unchecked++;
    for (const known of this.#store.range(key, end)) if (!seen.has(known.key)) this.#store.adopt(known.key, undefined);
    for (const pair of pairs) this.#store.adopt(pair.key, pair);
    if (end === undefined) this.#store.adopt(key, seen.get(key));
    return undefined;
  }
}

function agree(known: KnownPair, pair: KeyPair): boolean {
  return (
    known.value === pair.value &&
    known.mod === pair.mod &&
    (known.create ?? pair.create) === pair.create &&
    (known.version ?? pair.version) === pair.version
  );
}

function show({ key, value, mod, version }: KnownPair): string {
  return `${key} = ${value} (revision ${mod}, version ${version ?? "?"})`;
}
