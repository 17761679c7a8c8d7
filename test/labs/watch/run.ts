// `npm run watch-lab`: see options.ts for how it is called, and docs/watch.md for what it shows.
import { writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { conditions } from "../../bench/conditions.ts";
import { Cluster } from "../../harness/cluster.ts";
import { startEtcdCluster } from "../../harness/etcd-cluster.ts";
import { runProgram } from "../../harness/quorate-command.ts";
import { measure, type Measured, type Target } from "./measure.ts";
import { parseOptions, usage, WrongUse, type WatchLabOptions } from "./options.ts";
import { describe } from "./report.ts";

process.env["QUORATE_FROM"] ??= "dist";
process.exitCode = await main();

async function main(): Promise<number> {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options === undefined) console.log(usage);
    else await run(options);
    return 0;
  } catch (error) {
    if (error instanceof WrongUse) {
      console.error(`${error.message}\n\n${usage}`);
      return 2;
    }
    console.error(error);
    return 1;
  }
}

async function run(options: WatchLabOptions): Promise<void> {
  const rounds: { readonly load: readonly number[]; readonly measured: readonly Measured[] }[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const measured: Measured[] = [];
    for (const start of [startQuorate, startEtcd]) {
      const ends: (() => unknown)[] = [];
      try {
        const target = await start({ after: (end) => void ends.push(end) });
        measured.push(await measure(target, options));
      } finally {
        for (const end of ends.toReversed()) await end();
      }
    }
    rounds.push({ load: loadavg(), measured });
    console.log(describe(options, measured, loadavg()));
  }
  if (options.jsonPath !== undefined) {
    const report = { conditions: conditions(), options, rounds };
    writeFileSync(options.jsonPath, `${JSON.stringify(report, undefined, 2)}\n`);
  }
}

interface Cleanup {
  after(end: () => unknown): void;
}

async function startQuorate(cleanup: Cleanup): Promise<Target> {
  const cluster = await Cluster.start(cleanup);
  const leader = cluster.member(await cluster.untilServing());
  const pids = cluster.members.map(({ pid }) => pid ?? 0);
  return { name: "quorate", endpoint: leader.endpoint, pid: leader.pid ?? 0, pids };
}

async function startEtcd(cleanup: Cleanup): Promise<Target> {
  const cluster = await startEtcdCluster(3);
  cleanup.after(() => cluster.destroy());
  const args = [`--endpoints=${cluster.endpoints.join(",")}`, "endpoint", "status", "-w", "json"];
  const { stdout } = await runProgram("etcdctl", args, { env: { ETCDCTL_API: "3" } });
  const states = JSON.parse(stdout) as {
    Endpoint: string;
    Status: { header: { member_id: number }; leader: number };
  }[];
  const leading = states.find(({ Status: { header, leader } }) => header.member_id === leader)?.Endpoint;
  const leader = cluster.members.find(({ endpoint }) => endpoint === leading);
  if (leader === undefined) throw new Error("no member of etcd leads");
  return { name: "etcd", endpoint: leader.endpoint, pid: leader.pid, pids: cluster.members.map(({ pid }) => pid) };
}
