import type { ServiceParts } from "../service-parts.ts";
import { emulatedClusterVersion, emulatedVersion } from "../version.ts";
import type { MetricAdder } from "./metric-kinds.ts";

/** How the member stands in its cluster. */
export function addRaft({ replica }: ServiceParts, { gauge, counter, gauges, histograms }: MetricAdder): void {
  const status = (): ServiceParts["replica"]["status"] => replica.status;
  const isLearner = (): boolean => status().configuration.learners.includes(status().memberId);
  gauge("etcd_server_has_leader", "Whether a leader is known: 1 or 0.", () => (status().leader === 0 ? 0 : 1));
  gauge("etcd_server_is_leader", "Whether this member leads: 1 or 0.", () => (status().role === "leader" ? 1 : 0));
  gauge("etcd_server_is_learner", "Whether this member is a learner: 1 or 0.", () => (isLearner() ? 1 : 0));
  gauges("etcd_server_id", "The member's id, as a label.", ["server_id"], () => [
    [1, { server_id: status().memberId.toString(16) }],
  ]);
  gauges("etcd_server_version", "The version whose interface is served, as a label.", ["server_version"], () => [
    [1, { server_version: emulatedVersion }],
  ]);
  gauges("etcd_cluster_version", "The cluster's version, as a label.", ["cluster_version"], () => [
    [1, { cluster_version: emulatedClusterVersion }],
  ]);
  counter(
    "etcd_server_leader_changes_seen_total",
    "Leader changes seen since the start.",
    () => status().leaderChanges,
  );
  gauge("etcd_server_proposals_committed_total", "The commit index.", () => status().commitIndex);
  gauge("etcd_server_proposals_applied_total", "The applied index.", () => status().appliedIndex);
  counter("etcd_server_proposals_failed_total", "Proposals that failed.", () => status().proposalsFailed);
  gauge("etcd_server_proposals_pending", "Proposals without an outcome.", () => status().proposalsWaiting);
  histograms(
    "quorate_commit_duration_seconds",
    "From a write that this member was asked for until it was committed and applied here.",
    [],
    () => [[replica.durations.commits, {}]],
  );
  histograms(
    "quorate_read_duration_seconds",
    "Linearizable reads, until they may be answered: after a round to a quorum, or by a lease.",
    ["by"],
    () => [
      [replica.durations.reads["read-index"], { by: "round" }],
      [replica.durations.reads.lease, { by: "lease" }],
    ],
  );
  gauge("quorate_reads_pending", "Linearizable reads without an outcome.", () => status().readsWaiting);
  gauge("quorate_raft_term", "The current term.", () => status().term);
  gauge("quorate_raft_last_index", "The last index of the log.", () => status().lastIndex);
  gauge("quorate_raft_durable_index", "The last index that is on this member's disk.", () => status().durableIndex);
  gauge("quorate_raft_quarantined", "Whether this member has no vote after damage: 1 or 0.", () =>
    status().quarantined ? 1 : 0,
  );
  gauge(
    "quorate_raft_base_index",
    "Where this member's log begins: what came before is in the state only.",
    () => status().baseIndex,
  );
  gauge("quorate_raft_learner", "Whether this member is a learner: 1 or 0.", () => (isLearner() ? 1 : 0));
  gauge(
    "quorate_raft_steps_aside_total",
    "How often this member handed over because it was slow.",
    () => status().stepsAside,
  );
}
