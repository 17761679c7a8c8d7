import { setTimeout as delay } from "node:timers/promises";
import { percentile } from "../../bench/statistics.ts";
import { peakMemory, processSeconds } from "../../bench/processor-time.ts";
import { keepAliveRequest, LeaseCalls, readKeepAlive } from "./lease-calls.ts";

export interface LeaseTarget {
  readonly name: string;
  readonly endpoints: readonly string[];
  readonly pids: readonly number[];
}

export interface CourseOptions {
  readonly leases: number;
  readonly ttl: number;
  /** One lease in so many has a key. */
  readonly keyEvery: number;
}

/** What one part of the course took. */
export interface Part {
  readonly name: string;
  readonly seconds: number;
  /** Calls, or leases that ended. */
  readonly count: number;
  /** Of a call, in ms; NaN where none was timed. */
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
  /** Calls that failed, for want of a leader for a while. */
  readonly failed: number;
  /** Processor time of all members, in seconds. */
  readonly processor: number;
  /** Of the member that has held most so far, in bytes. */
  readonly peakMemory: number;
}

interface Outcome {
  readonly count: number;
  /** Of each call, in ms. */
  readonly times: number[];
  readonly failed?: number;
}

/** Calls under way at a time. */
const concurrency = 400;
const connectionsPerMember = 4;
const idleSeconds = 10;
const probeEveryMs = 20;

/** Grants many leases, renews them all, lets them be, and lets them end together while somebody else writes. */
export async function runCourse(
  target: LeaseTarget,
  { leases, ttl, keyEvery }: CourseOptions,
  say: (line: string) => void,
): Promise<Part[]> {
  const calls = new LeaseCalls(target.endpoints, connectionsPerMember);
  const parts: Part[] = [];
  const part = async (name: string, run: () => Promise<Outcome>): Promise<void> => {
    const processor = processorOf(target);
    const began = performance.now();
    const { count, times, failed = 0 } = await run();
    const seconds = (performance.now() - began) / 1000;
    const sorted = Float64Array.from(times).sort();
    const [p50, p99, max] = [percentile(sorted, 0.5), percentile(sorted, 0.99), sorted.at(-1) ?? Number.NaN];
    const used = processorOf(target) - processor;
    const memory = Math.max(...target.pids.map(peakMemory));
    parts.push({ name, seconds, count, p50, p99, max, failed, processor: used, peakMemory: memory });
    say(`${target.name}: ${name}: ${count} in ${seconds.toFixed(1)} s`);
  };
  try {
    await part("grant", () => inParallel(leases, (at) => calls.grant(at + 1, ttl)));
    const keys = Math.floor(leases / keyEvery);
    await part("put a key of a lease", () => inParallel(keys, (at) => calls.put(`session/${at}`, at * keyEvery + 1)));
    await part("keep alive, each once", () => renewAll(calls, leases));
    const renewedAt = performance.now();
    await part(`nothing, for ${idleSeconds} s`, async () => {
      await delay(1000 * idleSeconds);
      return { count: 0, times: [] };
    });
    await delay(Math.max(0, renewedAt + 1000 * (ttl - 25) - performance.now()));
    await part("end, while somebody else writes", () => untilEnded(calls, leases, renewedAt + 1000 * (ttl + 600)));
    return parts;
  } finally {
    calls.close();
  }
}

function processorOf({ pids }: LeaseTarget): number {
  return pids.reduce((sum, pid) => sum + processSeconds(pid), 0);
}

async function inParallel(count: number, call: (at: number) => Promise<unknown>): Promise<Outcome> {
  const times: number[] = [];
  let failed = 0;
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) {
      const began = performance.now();
      await call(at).catch(() => failed++);
      times.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return { count, times, failed };
}

/** One stream for each connection, with a bounded number of renewals under way on each. */
async function renewAll(calls: LeaseCalls, leases: number): Promise<Outcome> {
  const times: number[] = [];
  let next = 1;
  let renewed = 0;
  const perStream = Math.ceil(concurrency / calls.clients.length);
  await Promise.all(
    calls.clients.map(
      (client) =>
        new Promise<void>((resolve, reject) => {
          const stream = calls.keepAlive(client);
          const asked = new Map<number, number>();
          const ask = (): void => {
            if (next > leases) {
              if (asked.size === 0) stream.end();
              return;
            }
            asked.set(next, performance.now());
            stream.write(keepAliveRequest(next++));
          };
          stream.on("data", (answer: Buffer) => {
            const { id, ttl } = readKeepAlive(answer);
            times.push(performance.now() - (asked.get(id) ?? Number.NaN));
            asked.delete(id);
            if (ttl > 0) renewed++;
            ask();
          });
          stream.on("error", reject);
          stream.on("end", resolve);
          for (let at = 0; at < perStream; at++) ask();
        }),
    ),
  );
  return { count: renewed, times };
}

/** Until no lease is left; how long the writes of somebody else took meanwhile. */
async function untilEnded(calls: LeaseCalls, leases: number, deadline: number): Promise<Outcome> {
  const times: number[] = [];
  let failed = 0;
  const over = new AbortController();
  const probing = (async () => {
    for (let at = 0; !over.signal.aborted; at++) {
      const began = performance.now();
      await calls.put(`probe/${at % 100}`, 0).catch(() => failed++);
      times.push(performance.now() - began);
      await delay(probeEveryMs);
    }
  })();
  let left = leases;
  while (left > 0) {
    if (performance.now() > deadline) throw new Error(`${left} leases are left long after their time`);
    await delay(500);
    left = await calls.count();
  }
  over.abort();
  await probing;
  return { count: leases, times, failed };
}
