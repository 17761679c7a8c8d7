import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePorts } from "./free-ports.ts";
import { runProgram } from "./quorate-command.ts";
import { until } from "./until.ts";

/** A cluster of etcd's own server: the oracle of the client tests, and what the benchmark compares with. */
export interface EtcdCluster {
  readonly endpoints: readonly string[];
  readonly members: readonly { readonly endpoint: string; readonly pid: number }[];
  readonly folder: string;
  destroy(): Promise<void>;
}

/** Starts etcd with its defaults and these arguments, in a temporary folder, and waits until it serves. */
export async function startEtcdCluster(count: number, extraArguments: readonly string[] = []): Promise<EtcdCluster> {
  const folder = mkdtempSync(join(tmpdir(), "etcd-cluster-"));
  const ports = await freePorts(count * 2);
  const peerUrl = (index: number) => `http://127.0.0.1:${ports[count + index]}`;
  const clientUrl = (index: number) => `http://127.0.0.1:${ports[index]}`;
  const numbers = Array.from({ length: count }, (_, index) => index);
  const processes = numbers.map((index) =>
    spawn(
      "etcd",
      [
        `--name=m${index + 1}`,
        `--data-dir=${join(folder, `m${index + 1}`)}`,
        `--listen-client-urls=${clientUrl(index)}`,
        `--advertise-client-urls=${clientUrl(index)}`,
        `--listen-peer-urls=${peerUrl(index)}`,
        `--initial-advertise-peer-urls=${peerUrl(index)}`,
        `--initial-cluster=${numbers.map((one) => `m${one + 1}=${peerUrl(one)}`).join(",")}`,
        ...extraArguments,
      ],
      { stdio: "ignore" },
    ),
  );
  const endpoints = numbers.map((index) => `127.0.0.1:${ports[index]}`);
  const cluster: EtcdCluster = {
    endpoints,
    // A process that could not be spawned has no number, and never serves.
    members: endpoints.map((endpoint, index) => ({ endpoint, pid: processes[index]?.pid ?? 0 })),
    folder,
    destroy: () => destroy(folder, processes),
  };
  try {
    await until("etcd serves", 30_000, async () => {
      const args = [`--endpoints=${cluster.endpoints.join(",")}`, "endpoint", "health"];
      return (await runProgram("etcdctl", args, { env: { ETCDCTL_API: "3" } })).code === 0 ? true : undefined;
    });
  } catch (error) {
    await cluster.destroy();
    throw error;
  }
  return cluster;
}

async function destroy(folder: string, processes: readonly ChildProcess[]): Promise<void> {
  await Promise.all(
    processes.map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await exited;
    }),
  );
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** One etcd on a data directory that `prepare` has made, with the flags that say where the member is; it serves. */
export async function startEtcdOn(
  folder: string,
  prepare: (initial: readonly string[]) => Promise<void>,
): Promise<{ readonly endpoint: string; stop(): Promise<void> }> {
  const [client = 0, peer = 0] = await freePorts(2);
  const urls = `http://127.0.0.1:${client}`;
  const initial = [
    "--name=m1",
    `--initial-cluster=m1=http://127.0.0.1:${peer}`,
    `--initial-advertise-peer-urls=http://127.0.0.1:${peer}`,
  ];
  await prepare(initial);
  const listening = [`--listen-client-urls=${urls}`, `--advertise-client-urls=${urls}`];
  const peers = `--listen-peer-urls=http://127.0.0.1:${peer}`;
  const child = spawn("etcd", [`--data-dir=${folder}`, ...initial, ...listening, peers], { stdio: "ignore" });
  const stop = () => destroy(folder, [child]);
  try {
    await until("etcd serves", 30_000, async () => ((await fetch(`${urls}/health`)).ok ? true : undefined));
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint: `127.0.0.1:${client}`, stop };
}
