import { randomFillSync } from "node:crypto";
import type { Calls } from "../../packages/cli/src/client/calls.ts";
import { openCalls } from "../../packages/cli/src/client/calls.ts";
import { put } from "../../packages/cli/src/client/etcd-methods.ts";

const encoder = new TextEncoder();
const pool = randomFillSync(new Uint8Array(8 * 1024 * 1024));

/** A value that compresses badly and is unlike any other: part of a pool of random bytes behind a number. */
export function valueOf(number: number, bytes: number): Uint8Array {
  const at = (number * 7919) % (pool.length - bytes);
  const value = pool.slice(at, at + bytes);
  new DataView(value.buffer).setFloat64(0, number);
  return value;
}

/** Puts these keys, several at a time, each until it is acknowledged. Tells after each how many there are. */
export async function putAll(
  endpoint: string,
  keys: readonly string[],
  { valueBytes, atATime, from }: { readonly valueBytes: number; readonly atATime: number; readonly from: number },
  acknowledged: (count: number) => void = () => {},
): Promise<void> {
  const calls = openCalls([endpoint], 30_000);
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < keys.length; at = next++) {
      const request = { key: encoder.encode(keys[at]), value: valueOf(from + at, valueBytes) };
      let attempts = 0;
      while (!(await wasPut(calls, request, ++attempts === 20))) await new Promise((go) => setTimeout(go, 100));
      acknowledged(++done);
    }
  };
  await Promise.all(Array.from({ length: atATime }, work));
  calls.close();
}

async function wasPut(calls: Calls, request: Parameters<typeof put.encode>[0], isLast: boolean): Promise<boolean> {
  try {
    await calls.call(put, request);
    return true;
  } catch (error) {
    if (isLast) throw error;
    return false;
  }
}

export interface WritesOptions {
  /** One client for each of them, taken in turn. */
  readonly endpoints: readonly string[];
  readonly perSecond: number;
  readonly valueBytes: number;
  /** The keys, which are written again and again. */
  readonly keys: number;
  readonly keyPrefix: string;
  readonly timeoutMs: number;
}

/** One acknowledged write. Times of `performance.now`. */
export interface Written {
  readonly sentMs: number;
  readonly acknowledgedMs: number;
}

/** What befell the writes of a time. */
export interface WritesReport {
  readonly acknowledged: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly longestMs: number;
  /** The longest time without an acknowledgment. */
  readonly longestPauseMs: number;
}

/** Writes at an even pace, never waiting for the one before: a pause of the cluster is not mistaken for one of the client. */
export class Writes {
  readonly failures: string[] = [];
  readonly #options: WritesOptions;
  readonly #calls: readonly Calls[];
  #written: Written[] = [];
  #failed = 0;
  #started = 0;
  readonly #begunMs = performance.now();
  readonly #underWay = new Set<Promise<void>>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: WritesOptions) {
    this.#options = options;
    this.#calls = options.endpoints.map((endpoint) => openCalls([endpoint], options.timeoutMs));
    this.#timer = setInterval(() => this.#startDue(), 2);
  }

  /** Since the last call: forgets it. */
  take(): readonly Written[] {
    const written = this.#written;
    this.#written = [];
    return written;
  }

  get failed(): number {
    return this.#failed;
  }

  /** Ends the load, and every write under way. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    for (const calls of this.#calls) calls.close();
  }

  #startDue(): void {
    const { perSecond } = this.#options;
    const due = Math.floor(((performance.now() - this.#begunMs) / 1000) * perSecond);
    // After a pause of this process itself, no more than a tenth of a second's writes at once.
    const most = Math.max(1, Math.ceil(perSecond / 10));
    for (let count = 0; this.#started < due && count < most; count++) this.#start();
  }

  #start(): void {
    const number = this.#started++;
    const writing = this.#write(number).finally(() => this.#underWay.delete(writing));
    this.#underWay.add(writing);
  }

  async #write(number: number): Promise<void> {
    const { keys, keyPrefix, valueBytes } = this.#options;
    const calls = this.#calls[number % this.#calls.length] as Calls;
    const key = encoder.encode(`${keyPrefix}${number % keys}`);
    const sentMs = performance.now();
    try {
      await calls.call(put, { key, value: valueOf(number, valueBytes) });
      this.#written.push({ sentMs, acknowledgedMs: performance.now() });
    } catch (error) {
      this.#failed++;
      if (this.failures.length < 20) this.failures.push((error as Error).message);
    }
  }
}

/** Of writes in the order in which they were acknowledged. */
export function reportOf(written: readonly Written[], failed: number): WritesReport {
  const latencies = written.map(({ sentMs, acknowledgedMs }) => acknowledgedMs - sentMs).sort((a, b) => a - b);
  let longestPauseMs = 0;
  written.forEach(({ acknowledgedMs }, index) => {
    const before = written[index - 1]?.acknowledgedMs ?? acknowledgedMs;
    longestPauseMs = Math.max(longestPauseMs, acknowledgedMs - before);
  });
  const acknowledged = written.length;
  const at = (share: number): number => Math.round(percentile(latencies, share));
  return {
    acknowledged,
    failed,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    longestMs: at(1),
    longestPauseMs: Math.round(longestPauseMs),
  };
}

/** Of ascending values; 0 of none. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}
