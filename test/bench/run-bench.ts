import { writeFileSync } from "node:fs";
import { conditions, loadAverages } from "./conditions.ts";
import type { Contender } from "./contenders.ts";
import { startEtcd, startQuorate } from "./contenders.ts";
import { updateDocument } from "./document.ts";
import type { Measurement } from "./measurement.ts";
import { measure } from "./measurement.ts";
import type { Operation } from "./operations.ts";
import type { BenchOptions } from "./options.ts";
import { generatorFor } from "./options.ts";
import { probe } from "./probes.ts";
import type { Running } from "./running.ts";
import { settle } from "./settle.ts";
import type { Case } from "./summary.ts";
import { summarize } from "./summary.ts";
import { describeResults } from "./tables.ts";

/** Measures both systems in turns, and prints what came out. */
export async function runBench(options: BenchOptions, running: Running): Promise<void> {
  const before = loadAverages();
  progress(`load average ${before}; probing the disk and loopback`);
  const probes = await probe();
  progress("starting three Quorate members and three etcd members");
  const quorate = await running.start(() => startQuorate());
  const etcd = await running.start(startEtcd);
  const cases: Case[] = [];
  for (const operation of options.operations) {
    for (const inFlight of options.inFlight) {
      if (options.to === "all" && inFlight < quorate.members.length) continue;
      cases.push(await runCase(options, operation, inFlight, { quorate, etcd }));
    }
  }
  const results = {
    conditions: conditions(),
    loads: [before, loadAverages()] as const,
    probes,
    summaries: cases.map(summarize),
  };
  const text = describeResults(results, options);
  console.log(`\n${text}`);
  if (options.jsonPath !== undefined) writeFileSync(options.jsonPath, json({ ...results, options, cases }));
  if (options.updateDocs) updateDocument(text);
}

interface Contenders {
  readonly quorate: Contender;
  readonly etcd: Contender;
}

/** Rounds of one measurement of each system: Quorate first in one round, etcd first in the next. */
async function runCase(
  options: BenchOptions,
  operation: Operation,
  inFlight: number,
  { quorate, etcd }: Contenders,
): Promise<Case> {
  const { to, rounds, seconds, warmUpSeconds } = options;
  const load = { generator: generatorFor(options, operation), operation, inFlight, seconds, warmUpSeconds };
  const pids = [quorate, etcd].flatMap(({ members }) => members.map(({ pid }) => pid));
  const measured: Record<Contender["name"], Measurement[]> = { Quorate: [], etcd: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of round % 2 === 0 ? [quorate, etcd] : [etcd, quorate]) {
      await settle(pids);
      const one = await measure(contender, load, to);
      measured[contender.name].push(one);
      const { perSecond, latencyMs } = one;
      progress(
        `${operation.title}, ${inFlight} in flight, round ${round + 1} of ${rounds}, ${contender.name}: ` +
          `${perSecond.toFixed(0)}/s, p50 ${latencyMs.p50.toFixed(2)} ms, p99 ${latencyMs.p99.toFixed(2)} ms`,
      );
    }
  }
  return { operation, inFlight, quorate: measured.Quorate, etcd: measured.etcd };
}

function progress(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** Request messages are left out. */
function json(value: object): string {
  const replacer = (_: string, one: unknown) => (one instanceof Uint8Array ? undefined : one);
  return `${JSON.stringify(value, replacer, 2)}\n`;
}
