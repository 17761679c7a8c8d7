import type { Contender } from "./contenders.ts";
import { checkEffects, LeaderChanged } from "./effects.ts";
import type { Load } from "./load.ts";
import type { Target } from "./options.ts";
import { forgetPeakMemory, peakMemory, processSeconds } from "./processor-time.ts";
import { runLoad } from "./run-load.ts";
import { percentile } from "./statistics.ts";
import { endpointsFor } from "./targets.ts";

/** One load on one system. */
export interface Measurement {
  readonly system: Contender["name"];
  /** How many times it was measured again, because the leader had changed under the load. */
  readonly repeated: number;
  /** Answers in the seconds that count. */
  readonly answers: number;
  readonly perSecond: number;
  readonly latencyMs: Latency;
  /** The leader first. */
  readonly members: readonly MemberCost[];
  /** Microseconds of processor of the load generator, per request. */
  readonly generatorMicros: number;
}

export interface Latency {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
}

export interface MemberCost {
  /** Of processor, all threads, in the seconds that count. */
  readonly processorSeconds: number;
  readonly microsPerOperation: number;
  /** Resident at most, in bytes: shared memory such as a mapped database is in it. */
  readonly peakMemory: number;
}

const mostRepeats = 3;

/** Puts a load on a system, and checks that what was answered was done. */
export async function measure(
  contender: Contender,
  load: Omit<Load, "endpoints">,
  to: Target,
  repeated = 0,
): Promise<Measurement> {
  try {
    return { ...(await measureOnce(contender, load, to)), repeated };
  } catch (error) {
    if (!(error instanceof LeaderChanged) || repeated === mostRepeats) throw error;
    process.stderr.write(`${error.message}: once more\n`);
    return measure(contender, load, to, repeated + 1);
  }
}

async function measureOnce(
  contender: Contender,
  load: Omit<Load, "endpoints">,
  to: Target,
): Promise<Omit<Measurement, "repeated">> {
  const leader = await contender.leader();
  const asked = contender.members[leader];
  if (asked === undefined) throw new Error(`there is no member ${leader}`);
  const pids = [asked, ...contender.members.filter((member) => member !== asked)].map(({ pid }) => pid);
  const revision = await asked.client.revision();
  for (const pid of pids) forgetPeakMemory(pid);
  let before: readonly number[] = [];
  let after: readonly number[] = [];
  const endpoints = endpointsFor(to, contender, leader);
  const { requests, answers } = await runLoad(
    { ...load, endpoints },
    {
      begin() {
        before = pids.map(processSeconds);
      },
      end() {
        after = pids.map(processSeconds);
      },
    },
  );
  await checkEffects(contender, load.operation, requests, revision, leader);
  const { count, perSecond, tookMicros } = answers;
  const latency = (share: number) => percentile(tookMicros, share) / 1000;
  return {
    system: contender.name,
    answers: count,
    perSecond,
    latencyMs: { p50: latency(0.5), p90: latency(0.9), p99: latency(0.99), p999: latency(0.999) },
    members: pids.map((pid, index) => {
      const processorSeconds = (after[index] ?? Number.NaN) - (before[index] ?? Number.NaN);
      return {
        processorSeconds,
        microsPerOperation: (processorSeconds * 1e6) / Math.max(1, count),
        peakMemory: peakMemory(pid),
      };
    }),
    generatorMicros: (requests.processorSeconds * 1e6) / Math.max(1, requests.started),
  };
}
