import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Contender } from "../contenders.ts";
import { startEtcd, startQuorate } from "../contenders.ts";
import type { BenchOptions } from "../options.ts";
import { generatorFor } from "../options.ts";
import { runLoad } from "../run-load.ts";
import type { Running } from "../running.ts";
import { settle } from "../settle.ts";
import { median, percentile } from "../statistics.ts";
import { table } from "../tables.ts";
import type { End } from "./descriptors.ts";
import { endsOfDescriptors } from "./descriptors.ts";
import type { PutSteps } from "./put-steps.ts";
import { putSteps } from "./put-steps.ts";
import { SystemCallRecording } from "./system-calls.ts";

/** Shows where the time of a single client's puts goes in both systems, from the system calls of their members. */
export async function runTrace(options: BenchOptions, running: Running): Promise<void> {
  const quorate = await running.start(() => startQuorate());
  const etcd = await running.start(startEtcd);
  const columns: string[][] = [];
  for (const contender of [quorate, etcd]) {
    await settle([quorate, etcd].flatMap(({ members }) => members.map(({ pid }) => pid)));
    columns.push(await traceOne(contender, options));
  }
  const rows = titles.map(([title], index) => [title, ...columns.map((column) => column[index] ?? "")]);
  console.log(`\n${table(["a put, µs: median (p90)", "Quorate", "etcd"], rows)}`);
}

const titles = [
  ["leader: request read, to sent to the follower", "leaderToSend"],
  ["  on the wire to the follower, until it is read", "wireThere"],
  ["  follower: to the beginning of its sync", "followerToSync"],
  ["  follower: sync", "followerSync"],
  ["  follower: to its acknowledgement", "followerToSend"],
  ["  on the wire to the leader, until it is read", "wireBack"],
  ["leader: request read, to the beginning of its sync", "leaderToSync"],
  ["leader: sync", "leaderSync"],
  ["leader: later of both, to the answer", "leaderToAnswer"],
  ["in all, from the request read to the answer", "inLeader"],
  ["as the client saw it"],
  ["puts that were followed"],
] as const satisfies readonly (readonly [string, keyof PutSteps] | readonly [string])[];

/** A column of the table. */
async function traceOne(contender: Contender, options: BenchOptions): Promise<string[]> {
  const [operation] = options.operations;
  const leader = await contender.leader();
  const asked = contender.members[leader];
  if (operation === undefined || asked === undefined) throw new Error("a trace is of one operation");
  const members = contender.members.map(({ pid, endpoint }) => ({ pid, clientPort: Number(endpoint.split(":")[1]) }));
  const folder = mkdtempSync(join(tmpdir(), "quorate-trace-"));
  try {
    let ends: ReadonlyMap<string, End> = new Map();
    const pids = members.map(({ pid }) => pid);
    const recording = new SystemCallRecording(pids, folder, () => (ends = endsOfDescriptors(members)));
    const { seconds, warmUpSeconds } = options;
    const generator = generatorFor(options, operation);
    const load = { generator, operation, endpoints: [asked.endpoint], inFlight: 1, seconds, warmUpSeconds };
    const { answers } = await runLoad(load, recording);
    const steps = putSteps(await recording.calls(), ends, asked.pid);
    const cell = (values: readonly number[]) =>
      `${median(values).toFixed(0)} (${percentile(
        values.toSorted((left, right) => left - right),
        0.9,
      ).toFixed(0)})`;
    return titles.map(([, step], index) => {
      if (step !== undefined) return cell(steps.map((one) => one[step]));
      return index === titles.length - 1 ? `${steps.length} of ${answers.count}` : cell([...answers.tookMicros]);
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
