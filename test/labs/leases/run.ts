// `npm run lease-lab`: a hundred thousand leases on three members of Quorate, and then of etcd, on the same machine: what granting,
// renewing, holding and ending them costs. See docs/leases.md.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { parseArgs } from "node:util";
import { startEtcdCluster } from "../../harness/etcd-cluster.ts";
import { LabCluster } from "../lab-cluster.ts";
import { runCourse, type CourseOptions, type LeaseTarget, type Part } from "./lease-course.ts";

const usage = `Usage: npm run lease-lab -- [--leases N] [--ttl S] [--key-every N] [--json FILE]

Options
  --leases N      how many (default 100000)
  --ttl S         seconds that each is granted for: long enough to grant and renew all of them (default 120)
  --key-every N   one lease in so many has a key (default 10)
  --json FILE     write the report there too
  --help          this text`;

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  const text = { type: "string" } as const;
  const options = { leases: text, ttl: text, "key-every": text, json: text, help: { type: "boolean" } } as const;
  try {
    const { values } = parseArgs({ options });
    if (values.help === true) {
      console.log(usage);
      return 0;
    }
    const [leases, ttl, keyEvery] = [
      positive(values.leases ?? "100000"),
      positive(values.ttl ?? "120"),
      positive(values["key-every"] ?? "10"),
    ];
    await compare({ leases, ttl, keyEvery }, values.json);
    return 0;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

function positive(given: string): number {
  const value = Number(given);
  if (Number.isInteger(value) && value > 0) return value;
  throw new TypeError(`"${given}" is no whole number above 0.`);
}

async function compare(options: CourseOptions, jsonPath: string | undefined): Promise<void> {
  const say = (line: string): void => console.error(line);
  const ours = await withQuorate((target) => runCourse(target, options, say));
  const theirs = await withEtcd((target) => runCourse(target, options, say));
  const load = loadavg()[0]?.toFixed(1);
  console.log(`${options.leases} leases of ${options.ttl} s; load average ${load} at the end\n`);
  console.log(table(ours, theirs).join("\n"));
  if (jsonPath !== undefined) writeFileSync(jsonPath, JSON.stringify({ options, load, ours, theirs }, undefined, 2));
}

async function withQuorate(run: (target: LeaseTarget) => Promise<Part[]>): Promise<Part[]> {
  const lab = await LabCluster.start({ members: 3, electionTimeoutMs: 1000, extraArguments: [] });
  try {
    const endpoints = lab.members.map(({ endpoint }) => endpoint);
    return await run({ name: "quorate", endpoints, pids: lab.members.map(({ pid }) => pid ?? 0) });
  } finally {
    await lab.cluster.destroy();
  }
}

async function withEtcd(run: (target: LeaseTarget) => Promise<Part[]>): Promise<Part[]> {
  const cluster = await startEtcdCluster(3);
  try {
    return await run({ name: "etcd", endpoints: cluster.endpoints, pids: cluster.members.map(({ pid }) => pid) });
  } finally {
    await cluster.destroy();
  }
}

/** Ours, and etcd's behind it. */
function table(ours: readonly Part[], theirs: readonly Part[]): string[] {
  const cells = (what: (part: Part) => string, at: number): string =>
    `${what(ours[at] as Part)} / ${what(theirs[at] as Part)}`;
  const ms = (value: number): string => (Number.isNaN(value) ? "" : value.toFixed(value < 10 ? 1 : 0));
  const rows = ours.map(({ name }, at) =>
    [
      name,
      cells(({ seconds }) => seconds.toFixed(1), at),
      cells(({ p50, p99, max }) => [p50, p99, max].map(ms).join(", "), at),
      cells(({ failed }) => String(failed), at),
      cells(({ processor }) => processor.toFixed(1), at),
      cells(({ peakMemory }) => String(Math.round(peakMemory / 1024 / 1024)), at),
    ].join(" | "),
  );
  return [
    "| Quorate / etcd | s | p50, p99, longest call, ms | failed | processor of all members, s | most memory of a member so far, MiB |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows.map((row) => `| ${row} |`),
  ];
}
