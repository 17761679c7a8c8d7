import { spawn } from "node:child_process";
import { Cluster } from "../../harness/cluster.ts";
import { startEtcdCluster } from "../../harness/etcd-cluster.ts";
import { runProgram } from "../../harness/quorate-command.ts";

/** Three members that Patroni keeps its state in. */
export interface Store {
  readonly endpoints: readonly string[];
  /** Kills the member that leads, as a crash would. Gives its endpoint. */
  killLeader(): Promise<string>;
  /** Starts what was killed. */
  restart(): Promise<void>;
  destroy(): Promise<void>;
}

export async function startQuorate(): Promise<Store> {
  const cluster = await Cluster.start({ after: () => {} });
  return {
    endpoints: cluster.members.map(({ endpoint }) => endpoint),
    async killLeader() {
      const leader = cluster.member(await cluster.untilServing());
      await leader.kill();
      return leader.endpoint;
    },
    async restart() {
      for (const member of cluster.members) if (member.pid === undefined) member.start();
      await cluster.untilCaughtUp();
    },
    destroy: () => cluster.destroy(),
  };
}

/** etcd itself, with which the same must hold: for what is Patroni's doing and not ours. Its leader is not started again. */
export async function startEtcd(): Promise<Store> {
  const cluster = await startEtcdCluster(3);
  return {
    endpoints: cluster.endpoints,
    async killLeader() {
      const args = [`--endpoints=${cluster.endpoints.join(",")}`, "endpoint", "status", "-w", "simple"];
      const { stdout } = await runProgram("etcdctl", args, { env: { ETCDCTL_API: "3" } });
      const leader = stdout.split("\n").find((line) => line.split(", ")[4] === "true") ?? "";
      const member = cluster.members.find(({ endpoint }) => leader.startsWith(endpoint));
      if (member === undefined) throw new Error(`no member leads:\n${stdout}`);
      process.kill(member.pid, "SIGKILL");
      return member.endpoint;
    },
    restart: () => Promise.resolve(),
    destroy: () => cluster.destroy(),
  };
}

/** Whether a program can be run at all. */
export function isThere(program: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: "ignore" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}
