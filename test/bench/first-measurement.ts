// `npm run bench:first`: Quorate and etcd side by side on this machine, in turns, with the same load.
import { cpus, loadavg, release, totalmem, type } from "node:os";
import { parseArgs } from "node:util";
import { put, range } from "../../packages/cli/src/client/etcd-methods.ts";
import { Cluster } from "../harness/cluster.ts";
import type { Cleanup } from "../harness/cluster.ts";
import { startEtcdCluster } from "../harness/etcd-cluster.ts";
import { MemberClient } from "../harness/member-client.ts";
import { runProgram } from "../harness/quorate-command.ts";
import { until } from "../harness/until.ts";
import type { Load, Measured } from "./h2load.ts";
import { h2load } from "./h2load.ts";

const key = new TextEncoder().encode("bench-key");
const value = new Uint8Array(256).fill(0x76);

const { values: flags } = parseArgs({
  options: { seconds: { type: "string", default: "5" }, rounds: { type: "string", default: "3" } },
});
const seconds = Number(flags.seconds);
const rounds = Number(flags.rounds);

const operations = [
  { name: "put", path: put.path, message: put.encode({ key, value }), writes: true },
  {
    name: "read, linearizable",
    path: range.path,
    message: range.encode({ key, serializable: false }),
    writes: false,
  },
  {
    name: "read, serializable",
    path: range.path,
    message: range.encode({ key, serializable: true }),
    writes: false,
  },
];
const concurrencies = [
  { inFlight: 1, connections: 1, streamsPerConnection: 1 },
  { inFlight: 1000, connections: 100, streamsPerConnection: 10 },
];

/** One system under load: its members, of which the leader is asked. */
interface Contender {
  readonly name: string;
  readonly leader: MemberClient;
  readonly destroy: () => Promise<void>;
}

process.env["QUORATE_FROM"] ??= "dist";
const contenders: Contender[] = [];
try {
  contenders.push(await startQuorate(), await startEtcd());
  const lines = await measureAll(contenders);
  print(["operation", "in flight", "Quorate/s", "etcd/s", "ratio", "Quorate p50/p99 ms", "etcd p50/p99 ms"], lines);
  await printConditions();
} finally {
  await Promise.all(contenders.map(({ destroy }) => destroy()));
}

async function measureAll([quorate, etcd]: readonly Contender[]): Promise<readonly string[][]> {
  if (quorate === undefined || etcd === undefined) throw new Error("two systems are compared");
  const lines: string[][] = [];
  for (const operation of operations) {
    for (const concurrency of concurrencies) {
      const load: Load = { ...operation, ...concurrency, seconds };
      const measured: [Measured[], Measured[]] = [[], []];
      for (let round = 0; round < rounds; round += 1) {
        measured[0].push(await measure(quorate, load, operation.writes));
        measured[1].push(await measure(etcd, load, operation.writes));
      }
      const ours = median(measured[0]);
      const theirs = median(measured[1]);
      lines.push([
        operation.name,
        String(concurrency.inFlight),
        ours.perSecond.toFixed(0),
        theirs.perSecond.toFixed(0),
        (ours.perSecond / theirs.perSecond).toFixed(2),
        `${ours.p50Ms.toFixed(2)} / ${ours.p99Ms.toFixed(2)}`,
        `${theirs.p50Ms.toFixed(2)} / ${theirs.p99Ms.toFixed(2)}`,
      ]);
      process.stderr.write(`${lines.at(-1)?.join("  ")}\n`);
    }
  }
  return lines;
}

/** One run; fails when answers were errors, which h2load alone would count as successes. */
async function measure({ name, leader }: Contender, load: Load, writes: boolean): Promise<Measured> {
  const before = await leader.revision();
  const measured = await h2load(leader.endpoint, load);
  const written = (await leader.revision()) - before;
  if (measured.failed > 0) throw new Error(`${name}: ${measured.failed} requests failed`);
  if (measured.bodyBytes < 5) throw new Error(`${name}: answers are empty, so they are errors`);
  if (writes && written < measured.succeeded) {
    throw new Error(`${name}: ${measured.succeeded} puts were answered, and only ${written} are in the store`);
  }
  return measured;
}

function median(all: readonly Measured[]): Measured {
  const sorted = [...all].sort((left, right) => left.perSecond - right.perSecond);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error("nothing was measured");
  return middle;
}

async function startQuorate(): Promise<Contender> {
  const ends: (() => unknown)[] = [];
  const cleanup: Cleanup = { after: (end) => ends.push(end) };
  const destroy = async () => {
    for (const end of ends) await end();
  };
  try {
    const cluster = await Cluster.start(cleanup);
    const leader = cluster.client(await cluster.untilServing());
    return { name: "Quorate", leader, destroy };
  } catch (error) {
    await destroy();
    throw error;
  }
}

async function startEtcd(): Promise<Contender> {
  const cluster = await startEtcdCluster(3);
  const clients = cluster.endpoints.map((endpoint) => new MemberClient(endpoint));
  const leader = await until("etcd has a leader", 20_000, async () => {
    const states = await Promise.all(clients.map((client) => client.state()));
    return clients[states.findIndex((state) => state.memberId === state.leader)];
  });
  return {
    name: "etcd",
    leader,
    async destroy() {
      for (const client of clients) client.close();
      await cluster.destroy();
    },
  };
}

function print(heading: readonly string[], lines: readonly (readonly string[])[]): void {
  const all = [heading, heading.map(() => "---"), ...lines];
  console.log(`\n${all.map((line) => `| ${line.join(" | ")} |`).join("\n")}\n`);
}

async function printConditions(): Promise<void> {
  const version = (await runProgram("etcd", ["--version"])).stdout.split("\n")[0] ?? "";
  const load = (await runProgram("h2load", ["--version"])).stdout.trim();
  console.log(
    `Three members each, on one machine with the load generator; fsync on; 256-byte values of one key; the leader is asked.\n` +
      `Median of ${rounds} rounds of ${seconds} s, the systems in turns, both running throughout.\n` +
      `${cpus().length} x ${cpus()[0]?.model ?? "unknown CPU"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()}, ` +
      `Node.js ${process.version}, ${version}, ${load}; load average at the end ${loadavg()[0]?.toFixed(1)}.`,
  );
}
