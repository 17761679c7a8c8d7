import type { Answers } from "../run-load.ts";
import { percentile } from "../statistics.ts";
import type { ThreadTime } from "../processor-time.ts";
import { threadSeconds } from "../processor-time.ts";

/** Processor time of every thread of some processes, between two moments. */
export class Accounts {
  readonly #pids: readonly number[];
  #before: readonly Threads[] = [];
  #spent: readonly Threads[] = [];

  constructor(pids: readonly number[]) {
    this.#pids = pids;
  }

  begin(): void {
    this.#before = this.#pids.map(threadSeconds);
  }

  end(): void {
    const after = this.#pids.map(threadSeconds);
    this.#spent = after.map((threads, index) => spent(this.#before[index], threads));
  }

  /** Seconds of the threads of process `index`, most first. */
  threads(index: number): readonly ThreadTime[] {
    const threads = [...(this.#spent[index] ?? new Map()).values()];
    return threads.sort((left, right) => right.seconds - left.seconds);
  }

  total(index: number): number {
    return this.threads(index).reduce((sum, { seconds }) => sum + seconds, 0);
  }
}

type Threads = ReadonlyMap<string, ThreadTime>;

function spent(before: Threads | undefined, after: Threads): Threads {
  const since = (thread: string, seconds: number) => seconds - (before?.get(thread)?.seconds ?? 0);
  return new Map(
    [...after].map(([thread, { name, seconds }]) => [thread, { name, seconds: since(thread, seconds) }] as const),
  );
}

/** Of each process in all, and of the threads of process `looked`, in microseconds per operation. */
export function describeAccounts(
  accounts: Accounts,
  names: readonly string[],
  looked: number,
  answers: Answers,
): string {
  const { count, perSecond, tookMicros } = answers;
  const perOperation = (seconds: number) => `${((seconds * 1e6) / Math.max(1, count)).toFixed(2).padStart(8)} µs/op`;
  const latency = (share: number) => (percentile(tookMicros, share) / 1000).toFixed(2);
  return [
    `  ${perSecond.toFixed(0)} operations/s, p50 ${latency(0.5)} ms, p99 ${latency(0.99)} ms; processor time:`,
    ...names.map((name, index) => `  ${perOperation(accounts.total(index))}  ${name}, all threads`),
    `  and of the ${names[looked]}:`,
    ...accounts
      .threads(looked)
      .filter(({ seconds }) => seconds > 0)
      .map(({ name, seconds }) => `  ${perOperation(seconds)}    thread ${name}`),
  ].join("\n");
}
