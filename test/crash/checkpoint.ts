import type { Cluster } from "../harness/cluster.ts";
import { MemberClient } from "../harness/member-client.ts";
import type { Inserts } from "./inserts.ts";
import type { Resources } from "./resources.ts";
import type { Supervisor } from "./supervisor.ts";

const recoverWithinMs = 120_000;
/** Reading and hashing all of a member's state takes a while after hours. */
const readWithinMs = 120_000;
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
  // A member that should run has ended by itself, which is a finding already; its log may say why.
  if (supervisor.missing.length > 0) return supervisor.newErrors();
  try {
    await cluster.untilCaughtUp(recoverWithinMs);
  } catch (error) {
    return [`healed and left alone, the cluster does not recover: ${(error as Error).message}`];
  }
  const running = cluster.members.filter(({ pid }) => pid !== undefined);
  const clients = running.map(({ endpoint }) => new MemberClient(endpoint, readWithinMs));
  try {
    const problems: string[] = [];
    for (const [index, client] of clients.entries()) {
      problems.push(...firstOf(running[index]?.name ?? "", await inserts.problemsOn(client)));
    }
    problems.push(...(await differingHashes(clients)));
    problems.push(...supervisor.newErrors());
    problems.push(...resources.leakedDescriptors(cluster.members), ...resources.leakedMemory());
    return problems;
  } finally {
    for (const client of clients) client.close();
  }
}

function firstOf(member: string, problems: readonly string[]): readonly string[] {
  const first = problems.slice(0, mostProblems).map((problem) => `on ${member}: ${problem}`);
  const left = problems.length - first.length;
  return left === 0 ? first : [...first, `on ${member}: ${left} more like these`];
}

/** Of members that rest, each of which has applied everything. */
export async function differingHashes(
  clients: readonly Pick<MemberClient, "revision" | "hash">[],
): Promise<readonly string[]> {
  const revisions = await Promise.all(clients.map((client) => client.revision()));
  if (new Set(revisions).size > 1) return [`the members' revisions differ: ${revisions.join(", ")}`];
  const revision = revisions[0] ?? 0;
  const hashes = await Promise.all(clients.map((client) => client.hash(revision)));
  return new Set(hashes).size > 1 ? [`hashes at revision ${revision} differ: ${hashes.join(", ")}`] : [];
}
