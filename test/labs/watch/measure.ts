import { setTimeout as delay } from "node:timers/promises";
import { forgetPeakMemory, peakMemory, processorWaits, processSeconds } from "../../bench/processor-time.ts";
import { settle } from "../../bench/settle.ts";
import { percentile } from "../../bench/statistics.ts";
import { until } from "../../harness/until.ts";
import { PutConnection } from "./put-connection.ts";
import { WatchConnection } from "./watch-connection.ts";
import type { WatchLabOptions } from "./options.ts";

/** What is measured: a cluster whose watched member is its leader. */
export interface Target {
  readonly name: string;
  readonly endpoint: string;
  readonly pid: number;
  readonly pids: readonly number[];
}

export interface Distribution {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** One phase of load. Times in ms. */
export interface Phase {
  readonly watchersPerKey: number;
  readonly puts: number;
  /** Of them, those that the cluster did not do, or said so. */
  readonly refused: number;
  readonly seconds: number;
  readonly events: number;
  /** From the moment when a client asks for the put until another is told. */
  readonly eventMs: Distribution;
  readonly putMs: Distribution;
  /** Of one processor: the watched member, and all members together. */
  readonly memberShare: number;
  readonly clusterShare: number;
  /** What a thread of the watched member waited for a processor each time that it had something to do, on average. */
  readonly waitMs: number;
  readonly peakBytes: number;
}

export interface Measured {
  readonly name: string;
  /** Of the watched member, before anybody watches, and with everybody watching. */
  readonly bytesBefore: number;
  readonly bytesWatched: number;
  readonly createMs: number;
  readonly phases: readonly Phase[];
}

const valueBytes = 256;
const tickMs = 10;

/** Connects, watches, and puts at a steady rate for a while, first with one watcher for each key that is put, then with more. */
export async function measure(target: Target, options: WatchLabOptions): Promise<Measured> {
  const failures: Error[] = [];
  const failed = (error: Error): void => void failures.push(error);
  let created = 0;
  let events = 0;
  let onEvent: (sentMs: number) => void = () => {};
  const told = {
    created: () => void created++,
    event: (value: Uint8Array) => {
      events++;
      onEvent(Buffer.from(value.buffer, value.byteOffset, 8).readDoubleLE(0));
    },
    failed,
  };
  const failedAlready = (): void => {
    const [first] = failures;
    if (first !== undefined) throw first;
  };
  await settle(target.pids);
  const bytesBefore = residentBytes(target.pid);
  const began = performance.now();
  const connections = Array.from({ length: options.connections }, () => new WatchConnection(target.endpoint, told));
  const writer = new PutConnection(target.endpoint, failed);
  try {
    const perPhase = Math.floor(options.watchers / options.fanOuts.length);
    const phaseKeys = options.fanOuts.map((fanOut) => Math.floor(perPhase / fanOut));
    let number = 0;
    for (const [phase, fanOut] of options.fanOuts.entries()) {
      for (let at = 0; at < (phaseKeys[phase] ?? 0) * fanOut; at++) {
        connections[number++ % connections.length]?.watch(`lab/${phase}/${at % (phaseKeys[phase] ?? 1)}`);
      }
    }
    await until("all watches are made", 120_000, async () => {
      failedAlready();
      return created >= number ? true : undefined;
    });
    const createMs = performance.now() - began;
    await settle(target.pids);
    const bytesWatched = residentBytes(target.pid);
    const phases: Phase[] = [];
    for (const [phase, fanOut] of options.fanOuts.entries()) {
      await settle(target.pids);
      const eventTimes: number[] = [];
      const putTimes: number[] = [];
      let refused = 0;
      events = 0;
      onEvent = (sentMs) => eventTimes.push(performance.now() - sentMs);
      forgetPeakMemory(target.pid);
      const waitsBefore = processorWaits(target.pid);
      const before = { member: processSeconds(target.pid), cluster: secondsOf(target.pids), at: performance.now() };
      const puts = options.perSecond * options.seconds;
      for (let put = 0; put < puts; ) {
        const due = Math.min(puts, Math.floor(((performance.now() - before.at) / 1000) * options.perSecond));
        for (; put < due; put++) {
          const value = Buffer.alloc(valueBytes);
          value.writeDoubleLE(performance.now(), 0);
          writer.put(`lab/${phase}/${put % (phaseKeys[phase] ?? 1)}`, value, (ms, isDone) => {
            if (isDone) putTimes.push(ms);
            else refused++;
          });
        }
        await delay(tickMs);
        failedAlready();
      }
      await until("everybody is told", 60_000, async () => {
        failedAlready();
        return writer.inFlight === 0 && events >= (puts - refused) * fanOut ? true : undefined;
      });
      const seconds = (performance.now() - before.at) / 1000;
      const waits = processorWaits(target.pid);
      phases.push({
        watchersPerKey: fanOut,
        puts,
        refused,
        seconds,
        events,
        eventMs: distribution(eventTimes),
        putMs: distribution(putTimes),
        memberShare: (processSeconds(target.pid) - before.member) / seconds,
        clusterShare: (secondsOf(target.pids) - before.cluster) / seconds,
        waitMs: (1000 * (waits.waitedSeconds - waitsBefore.waitedSeconds)) / (waits.turns - waitsBefore.turns),
        peakBytes: peakMemory(target.pid),
      });
    }
    return { name: target.name, bytesBefore, bytesWatched, createMs, phases };
  } finally {
    for (const connection of connections) connection.close();
    writer.close();
  }
}

function residentBytes(pid: number): number {
  forgetPeakMemory(pid);
  return peakMemory(pid);
}

function secondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + processSeconds(pid), 0);
}

function distribution(times: readonly number[]): Distribution {
  const sorted = Float64Array.from(times).sort();
  return { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: sorted.at(-1) ?? Number.NaN };
}
