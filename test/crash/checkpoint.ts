import type { Cluster } from "../harness/cluster.ts";
import type { Inserts } from "./inserts.ts";
import type { Resources } from "./resources.ts";
import type { Supervisor } from "./supervisor.ts";

const recoverWithinMs = 120_000;
const mostProblems = 10;

export interface CheckpointParts {
  readonly cluster: Cluster;
  readonly supervisor: Supervisor;
  readonly inserts: Inserts;
  readonly resources: Resources;
}

/** What is wrong with a cluster whose faults are healed and whose clients rest. */
export async function checkCluster({
  cluster,
  supervisor,
  inserts,
  resources,
}: CheckpointParts): Promise<readonly string[]> {
  try {
    await cluster.untilCaughtUp(recoverWithinMs);
  } catch (error) {
    return [`healed and left alone, the cluster does not recover: ${(error as Error).message}`];
  }
  const problems: string[] = [];
  for (const [index, client] of cluster.clients.entries()) {
    const wrong = await inserts.problemsOn(client);
    const { name } = cluster.member(index);
    problems.push(...wrong.slice(0, mostProblems).map((problem) => `on ${name}: ${problem}`));
    if (wrong.length > mostProblems) problems.push(`on ${name}: ${wrong.length - mostProblems} more like these`);
  }
  problems.push(...(await differingHashes(cluster)));
  problems.push(...supervisor.newErrors());
  problems.push(...resources.leakedDescriptors(cluster.members), ...resources.leakedMemory());
  return problems;
}

async function differingHashes(cluster: Cluster): Promise<readonly string[]> {
  const revisions = await Promise.all(cluster.clients.map((client) => client.revision()));
  if (new Set(revisions).size > 1) return [`the members' revisions differ: ${revisions.join(", ")}`];
  const revision = revisions[0] ?? 0;
  const hashes = await Promise.all(cluster.clients.map((client) => client.hash(revision)));
  return new Set(hashes).size > 1 ? [`hashes at revision ${revision} differ: ${hashes.join(", ")}`] : [];
}
