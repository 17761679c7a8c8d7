import assert from "node:assert/strict";
import { test } from "node:test";
import { examineCluster, type ClusterReading, type MemberReading, type MetricSample } from "../src/index.ts";

type Metrics = Readonly<Record<string, number | readonly MetricSample[]>>;

function member(
  number: number,
  change: Partial<MemberReading["status"] & object> | "down" = {},
  metrics: Metrics = {},
): MemberReading {
  const status = {
    clusterId: "c",
    leader: "1",
    term: 5,
    index: 1000,
    appliedIndex: 1000,
    databaseBytes: 1_000_000,
    databaseBytesInUse: 900_000,
    version: "3.4.23",
    errors: [],
  };
  return {
    id: String(number),
    name: `m${number}`,
    endpoint: `10.0.0.${number}:2379`,
    isVoter: true,
    problem: change === "down" ? "refused" : undefined,
    status: change === "down" ? undefined : { ...status, ...change },
    metrics: new Map(
      Object.entries(metrics).map(([name, value]) => [
        name,
        typeof value === "number" ? [{ labels: {}, value }] : value,
      ]),
    ),
  };
}

function cluster(...members: readonly MemberReading[]): ClusterReading {
  return { atMs: 10 * 3_600_000, members, isJoint: false };
}

const healthy = cluster(member(1), member(2), member(3));

function histogram(...counts: readonly number[]): readonly MetricSample[] {
  const edges = ["0.001", "0.064", "0.512", "1.024", "+Inf"];
  return counts.map((value, at) => ({ labels: { le: edges[at] ?? "+Inf" }, value }));
}

const symptoms: readonly {
  readonly what: string;
  readonly before?: ClusterReading;
  readonly now: ClusterReading;
  readonly shows: string;
}[] = [
  {
    what: "one member of three that does not answer",
    now: cluster(member(1), member(2), member(3, "down")),
    shows: "warning lost-quorum",
  },
  { what: "two of three", now: cluster(member(1), member(2, "down"), member(3, "down")), shows: "serious lost-quorum" },
  {
    what: "nobody who knows a leader",
    now: cluster(member(1, { leader: "0" }), member(2, { leader: "0" }), member(3, { leader: "0" })),
    shows: "serious lost-quorum",
  },
  {
    what: "two that say they lead",
    now: cluster(member(1), member(2, { leader: "2" }), member(3)),
    shows: "warning phantom-leader",
  },
  {
    what: "members of two clusters",
    now: cluster(member(1), member(2), member(3, { clusterId: "d" })),
    shows: "serious wrong-cluster",
  },
  {
    what: "a term far above the others'",
    now: cluster(member(1), member(2), member(3, { term: 40 })),
    shows: "warning term-inflation",
  },
  {
    what: "a leader that changed meanwhile",
    before: cluster(member(1, {}, { etcd_server_leader_changes_seen_total: 1 }), member(2), member(3)),
    now: cluster(member(1, {}, { etcd_server_leader_changes_seen_total: 2 }), member(2), member(3)),
    shows: "serious leader-flapping",
  },
  {
    what: "syncs of which one in fifty takes half a second",
    now: cluster(
      member(1, {}, { etcd_disk_wal_fsync_duration_seconds_bucket: histogram(0, 98, 100, 100, 100) }),
      member(2),
      member(3),
    ),
    shows: "serious slow-disk",
  },
  {
    what: "a mean sync of 200 ms",
    now: cluster(member(1, {}, { quorate_wal_sync_mean_seconds: 0.2 }), member(2), member(3)),
    shows: "warning slow-disk",
  },
  {
    what: "a few heartbeats that are sent late",
    before: cluster(member(1, {}, { etcd_server_heartbeat_send_failures_total: 3 }), member(2), member(3)),
    now: cluster(member(1, {}, { etcd_server_heartbeat_send_failures_total: 9 }), member(2), member(3)),
    shows: "warning overload",
  },
  {
    what: "a second's heartbeats that are sent late",
    before: cluster(member(1, {}, { etcd_server_heartbeat_send_failures_total: 3 }), member(2), member(3)),
    now: cluster(member(1, {}, { etcd_server_heartbeat_send_failures_total: 13 }), member(2), member(3)),
    shows: "serious overload",
  },
  {
    what: "many entries to apply",
    now: cluster(member(1), member(2, { appliedIndex: 1, index: 9000 }), member(3)),
    shows: "serious apply-lag",
  },
  {
    what: "a follower that stays far behind",
    before: cluster(
      member(1, { index: 90_000, appliedIndex: 90_000 }),
      member(2, { index: 90_000, appliedIndex: 90_000 }),
      member(3),
    ),
    now: cluster(
      member(1, { index: 90_000, appliedIndex: 90_000 }),
      member(2, { index: 90_000, appliedIndex: 90_000 }),
      member(3),
    ),
    shows: "serious snapshot-loop",
  },
  {
    what: "an alarm",
    now: cluster(member(1, { errors: ["memberID:1 alarm:NOSPACE "] }), member(2), member(3)),
    shows: "serious no-space",
  },
  {
    what: "a quota that is nearly used",
    now: cluster(member(1, {}, { etcd_server_quota_backend_bytes: 1_050_000 }), member(2), member(3)),
    shows: "warning no-space",
  },
  {
    what: "a database that is mostly empty",
    now: cluster(member(1, { databaseBytes: 4e8, databaseBytesInUse: 1e8 }), member(2), member(3)),
    shows: "warning log-growth",
  },
  {
    what: "a link that works one way",
    now: cluster(
      member(1, {}, { etcd_network_active_peers: [{ labels: { Remote: "2" }, value: 1 }] }),
      member(2, {}, { etcd_network_active_peers: [{ labels: { Remote: "1" }, value: 0 }] }),
      member(3),
    ),
    shows: "serious asymmetric-partition",
  },
  {
    what: "a change that stays joint",
    before: { ...healthy, isJoint: true },
    now: { ...healthy, isJoint: true },
    shows: "warning stuck-membership-change",
  },
];

test("a healthy cluster shows nothing", () => {
  assert.deepEqual(examineCluster(healthy, healthy), []);
});

for (const { what, before, now, shows } of symptoms) {
  test(`live members show ${what}`, () => {
    assert.deepEqual(
      examineCluster(before ?? now, now).map(({ severity, id }) => `${severity} ${id}`),
      [shows],
    );
  });
}
