import type { TestContext } from "node:test";
import { Cluster } from "./cluster.ts";
import { startEtcdCluster } from "./etcd-cluster.ts";
import { runProgram } from "./quorate-command.ts";

/**
 * Endpoints of three members that clients of etcd are tested with: Quorate's, or with QUORATE_CLIENT_TARGET=etcd those
 * of etcd itself, which must pass the same tests.
 */
export async function startClientTarget(context: TestContext): Promise<readonly string[]> {
  if (process.env["QUORATE_CLIENT_TARGET"] !== "etcd") {
    const cluster = await Cluster.start(context);
    return cluster.members.map(({ endpoint }) => endpoint);
  }
  const cluster = await startEtcdCluster(3);
  context.after(() => cluster.destroy());
  return cluster.endpoints;
}

/**
 * Whether a client is there; else the reason for a skip. In continuous integration (CI=true) a missing client is a
 * failure: nothing that must be shown may be left out in silence.
 */
export async function missingClient(
  program: string,
  args: readonly string[],
  install: string,
): Promise<string | false> {
  const ended = await runProgram(program, args).catch(() => undefined);
  if (ended?.code === 0) return false;
  const reason = `${program} ${args.join(" ")} does not run; install ${install}`;
  if (process.env["CI"] === "true") throw new Error(reason);
  return reason;
}
