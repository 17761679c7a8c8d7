import assert from "node:assert/strict";
import { Cluster } from "./cluster.ts";
import { withLearners } from "./fixtures.ts";

/** Members 1 to 3 with a leader, and newcomers that are learners and have everything. */
export function withNewcomers(...ids: readonly number[]): Cluster {
  const cluster = new Cluster([1, 2, 3]);
  cluster.run(3000);
  for (const id of ids) cluster.add(id);
  const { leader } = cluster;
  assert.equal(leader.change(withLearners([1, 2, 3], ...ids)).ok, true);
  cluster.run(1000);
  return cluster;
}

/** Who decides, as these members know. */
export function deciders(cluster: Cluster, ...ids: readonly number[]): string[] {
  return ids.map((id) => cluster.node(id).deciders);
}
