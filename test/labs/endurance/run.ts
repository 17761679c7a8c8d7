// `npm run endurance-lab`: sustained writes on three real members, and what they hold over time. See docs/membership-lab.md.
import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { MemberProcess } from "../../harness/member-process.ts";
import { LabCluster } from "../lab-cluster.ts";
import { descriptorCountOf, logBytesOf, memoryOf } from "../member-facts.ts";
import { reportOf, Writes } from "../writes.ts";
import type { Panel } from "./plot.ts";
import { drawPanels } from "./plot.ts";

const usage = `Usage: npm run endurance-lab -- [--minutes N] [--writes N] [--value-bytes N] [--keys N] [--svg FILE] [--json FILE]

Options
  --minutes N      how long (default 30)
  --writes N       writes per second (default 300)
  --value-bytes N  size of a value (default 1024)
  --keys N         keys, which are written again and again (default 20000)
  --svg FILE       draw what the members held over time there
  --json FILE      write the samples there
  --help           this text

Exit code: 0 logs, memory and descriptors stayed flat, 1 one of them grew, or the members differ, 2 called wrongly.`;

const sampleMs = 10_000;
const keepLogBytes = 16 * 1024 * 1024;
const segmentBytes = 8 * 1024 * 1024;
/** What is kept, the file that is written, the next one made ready, and what is written until the next checkpoint. */
const mostLogBytes = keepLogBytes + 4 * segmentBytes + 2 * 32 * 1024 * 1024;
/** From the second third of the time to the last. */
const mostGrowth = { memory: 1.25, descriptors: 24 };

interface Sample {
  readonly seconds: number;
  readonly member: string;
  readonly logBytes: number;
  readonly ownBytes: number;
  readonly descriptors: number;
}

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = { minutes: text, writes: text, "value-bytes": text, keys: text, svg: text, json: text } as const;
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean" } } });
    if (values.help === true) {
      console.log(usage);
      return 0;
    }
    return await run({
      minutes: positive(values.minutes ?? "30"),
      perSecond: positive(values.writes ?? "300"),
      valueBytes: positive(values["value-bytes"] ?? "1024"),
      keys: positive(values.keys ?? "20000"),
      svgPath: values.svg,
      jsonPath: values.json,
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

function positive(given: string): number {
  const value = Number(given);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`"${given}" is no number above 0.`);
}

interface Asked {
  readonly minutes: number;
  readonly perSecond: number;
  readonly valueBytes: number;
  readonly keys: number;
  readonly svgPath: string | undefined;
  readonly jsonPath: string | undefined;
}

async function run({ minutes, perSecond, valueBytes, keys, svgPath, jsonPath }: Asked): Promise<number> {
  const extraArguments = [`--log-keep-bytes=${keepLogBytes}`, `--log-segment-bytes=${segmentBytes}`];
  const lab = await LabCluster.start({ members: 3, electionTimeoutMs: 1000, extraArguments });
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  try {
    const endpoints = lab.members.map(({ endpoint }) => endpoint);
    const writes = new Writes({ endpoints, perSecond, valueBytes, keys, keyPrefix: "endurance/", timeoutMs: 10_000 });
    const samples: Sample[] = [];
    const began = performance.now();
    const seconds = (): number => (performance.now() - began) / 1000;
    let acknowledged = 0;
    while (seconds() < minutes * 60 && !stop.signal.aborted) {
      await delay(sampleMs, undefined, { signal: stop.signal }).catch(() => {});
      samples.push(...lab.members.map((member) => sampleOf(member, seconds())));
      const { longestPauseMs, p99Ms, ...rest } = reportOf(writes.take(), writes.failed);
      acknowledged += rest.acknowledged;
      console.log(`${lineOf(samples.slice(-lab.members.length))}; p99 ${p99Ms}, longest pause ${longestPauseMs} ms`);
    }
    await writes.stop();
    acknowledged += writes.take().length;
    const hash = await lab.sameHash(120_000);
    const took = Math.round(seconds() / 60);
    const caption = `${took} minutes, ${acknowledged} writes of ${valueBytes} bytes on ${keys} keys, ${writes.failed} failed`;
    console.log(`${caption}; members' hash: ${hash}`);
    if (svgPath !== undefined) writeFileSync(svgPath, drawPanels(panelsOf(samples), caption));
    if (jsonPath !== undefined) writeFileSync(jsonPath, `${JSON.stringify({ caption, hash, samples })}\n`);
    const problems = lab.members.flatMap(({ name }) => grownOf(samples.filter(({ member }) => member === name)));
    for (const problem of problems) console.log(`FOUND: ${problem}`);
    return problems.length === 0 ? 0 : 1;
  } finally {
    await lab.cluster.destroy();
  }
}

function sampleOf(member: MemberProcess, seconds: number): Sample {
  const { ownBytes } = memoryOf(member);
  return {
    seconds,
    member: member.name,
    logBytes: logBytesOf(member),
    ownBytes,
    descriptors: descriptorCountOf(member),
  };
}

function lineOf(samples: readonly Sample[]): string {
  const mega = (bytes: number): string => (bytes / 1e6).toFixed(0);
  const [first] = samples;
  const each = samples.map(
    ({ member, logBytes, ownBytes, descriptors }) =>
      `${member} log ${mega(logBytes)} MB, memory ${mega(ownBytes)} MB, ${descriptors} descriptors`,
  );
  return `${(first?.seconds ?? 0).toFixed(0).padStart(5)} s  ${each.join("; ")}`;
}

function panelsOf(samples: readonly Sample[]): readonly Panel[] {
  const names = [...new Set(samples.map(({ member }) => member))];
  const panel = (title: string, unit: string, value: (sample: Sample) => number): Panel => ({
    title,
    unit,
    series: names.map((name) => ({
      name,
      points: samples.filter(({ member }) => member === name).map((sample) => [sample.seconds, value(sample)]),
    })),
  });
  return [
    panel("Log", "MB", ({ logBytes }) => logBytes / 1e6),
    panel("Memory of the process's own", "MB", ({ ownBytes }) => ownBytes / 1e6),
    panel("Open descriptors", "count", ({ descriptors }) => descriptors),
  ];
}

/** What is not flat: the second third is compared with the last, since caches fill in the first. */
function grownOf(samples: readonly Sample[]): readonly string[] {
  const third = Math.floor(samples.length / 3);
  if (third === 0) return [];
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(-third)];
  const most = (of: readonly Sample[], value: (sample: Sample) => number): number => Math.max(...of.map(value));
  const name = last[0]?.member ?? "";
  const log = most(samples, ({ logBytes }) => logBytes);
  const memory = [middle, last].map((part) => most(part, ({ ownBytes }) => ownBytes)) as [number, number];
  const held = [middle, last].map((part) => most(part, ({ descriptors }) => descriptors)) as [number, number];
  return [
    ...(log > mostLogBytes ? [`the log of ${name} came to ${log} bytes, and ${mostLogBytes} is its bound`] : []),
    ...(memory[1] > memory[0] * mostGrowth.memory
      ? [`the memory of ${name} grew from ${memory.join(" to ")} bytes`]
      : []),
    ...(held[1] > held[0] + mostGrowth.descriptors ? [`descriptors of ${name} grew from ${held.join(" to ")}`] : []),
  ];
}
