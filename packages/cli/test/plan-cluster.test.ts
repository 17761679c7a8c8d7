import assert from "node:assert/strict";
import { test } from "node:test";
import { fixedTime, medianAndTail, type Distribution } from "@quorate/planner";
import type { Advice } from "../src/plan/advice.ts";
import { judge } from "../src/plan/cluster-command.ts";
import type { LiveCluster, LiveMember } from "../src/plan/live-cluster.ts";
import { readMemberMetrics } from "../src/plan/member-metrics.ts";
import { parseMetrics } from "../src/plan/prometheus-text.ts";

const flags = { timeout: 1000 };

/** Members a, b, c ... this far from each other, with these syncs; a leads. */
function clusterOf(
  table: readonly (readonly (number | undefined)[])[],
  syncs: readonly (number | Distribution)[],
): LiveCluster {
  const names = ["a", "b", "c", "d", "e", "f", "g", "h", "i"].slice(0, table.length);
  return {
    kind: "quorate",
    leader: "a",
    isJoint: false,
    electionTimeoutMs: 400,
    members: table.map((row, from): LiveMember => {
      const sync = syncs[from] ?? 1;
      return {
        id: names[from] ?? "",
        name: names[from] ?? "",
        isVoter: true,
        problem: undefined,
        metrics: {
          roundTrips: new Map(
            row.flatMap((ms, to) =>
              ms === undefined || from === to ? [] : [[names[to] ?? "", fixedTime(ms)] as const],
            ),
          ),
          sync: typeof sync === "number" ? fixedTime(sync) : sync,
          isMeansOnly: true,
          leaderChanges: 1,
          upHours: 100,
        },
      };
    }),
  };
}

const three = clusterOf(
  [
    [0, 10, 10],
    [10, 0, 10],
    [10, 10, 0],
  ],
  [1, 1, 1],
);

function idsFor(cluster: LiveCluster): readonly Advice["id"][] {
  return judge(cluster, flags).advice.map(({ id }) => id);
}

function changed(at: number, change: Partial<LiveMember>): LiveCluster {
  return {
    ...three,
    members: three.members.map((member, index) => (index === at ? Object.assign({ ...member }, change) : member)),
  };
}

test("a sound cluster of three needs no change", () => {
  assert.deepEqual(judge(three, flags).advice, []);
});

test("a voter that cannot be read comes first, and its times are said to be guesses or taken from the other side", () => {
  const advice = judge(changed(2, { metrics: undefined, problem: "no answer" }), flags).advice;
  assert.deepEqual(
    advice.map(({ id, level }) => `${level} ${id}`),
    ["must member-unreachable", "may times-unknown"],
  );
  assert.match(advice[1]?.why ?? "", /^Nobody measured syncs of c; the largest known stands for it\.$/);
});

test("an even number of voters, two, and one, are told what another number gives", () => {
  const table = (n: number): number[][] => Array.from({ length: n }, () => Array<number>(n).fill(10));
  const four = judge(clusterOf(table(4), []), flags).advice;
  assert.deepEqual(
    four.map(({ id }) => id),
    ["even-number"],
  );
  assert.match(
    four[0]?.why ?? "",
    /4 tolerate as many failures as 3.*4 are down 3\.15 min a year, 3 are 1\.58 min, 5 are 315 ms/,
  );
  assert.deepEqual(idsFor(clusterOf(table(2), [])), ["no-fault-tolerance"]);
  assert.deepEqual(idsFor(clusterOf(table(1), [])), ["no-fault-tolerance"]);
  assert.deepEqual(idsFor(clusterOf(table(9), [])), ["many-voters"]);
});

test("a timeout below ten round trips must be raised, and how", () => {
  const [advice] = judge({ ...three, electionTimeoutMs: 90 }, flags).advice;
  assert.equal(advice?.id, "timeout-too-short");
  assert.equal(advice?.command, "quorate timing set --election-timeout 150");
  assert.deepEqual(idsFor({ ...three, electionTimeoutMs: 1000 }), ["timeout-long"]);
});

test("another leader is advised when commits get faster by it, and not for little", () => {
  const far = clusterOf(
    [
      [0, 80, 90, 70, 60],
      [80, 0, 5, 6, 90],
      [90, 5, 0, 5, 90],
      [70, 6, 5, 0, 90],
      [60, 90, 90, 90, 0],
    ],
    [],
  );
  const [advice] = judge({ ...far, electionTimeoutMs: 1000 }, flags).advice;
  assert.equal(advice?.id, "better-leader");
  assert.match(advice?.why ?? "", /^A commit then takes 6 ms instead of 71 ms/);
  assert.equal(advice?.command, "quorate leader transfer c");
});

test("a slow disk, restless leaders, a change under way and no leader are each told with their evidence", () => {
  const slow = judge(
    changed(1, { metrics: { ...three.members[1]!.metrics!, sync: medianAndTail(2, 30) } }),
    flags,
  ).advice;
  assert.match(slow.find(({ id }) => id === "slow-disk")?.why ?? "", /^A sync takes 30 ms at p99/);
  const restless = judge(changed(0, { metrics: { ...three.members[0]!.metrics!, leaderChanges: 50 } }), flags).advice;
  assert.match(restless[0]?.why ?? "", /^a has seen 50 leaders in 4\.17 days/);
  assert.deepEqual(idsFor({ ...three, isJoint: true }), ["change-under-way"]);
  assert.deepEqual(idsFor({ ...three, leader: undefined }), ["no-leader"]);
});

test("when commits hang on one near follower, that is said", () => {
  const near = clusterOf(
    [
      [0, 2, 60],
      [2, 0, 60],
      [60, 60, 0],
    ],
    [],
  );
  const [advice] = judge({ ...near, electionTimeoutMs: 700 }, flags).advice;
  assert.deepEqual([advice?.id, advice?.what], ["depends-on-one", "Commits depend on b."]);
  assert.match(advice?.why ?? "", /they take 61 ms instead of 3 ms/);
});

test("learners are counted apart, and a way that one side measured serves both", () => {
  const oneSided = clusterOf(
    [
      [0, 10, undefined],
      [undefined, 0, 12],
      [14, undefined, 0],
    ],
    [],
  );
  const { report, advice } = judge(oneSided, flags);
  assert.deepEqual(advice, []);
  assert.equal(report.latency?.leaders.length, 3);
  const learner = changed(2, { isVoter: false });
  assert.deepEqual([judge(learner, flags).report.quorum.voters, judge(learner, flags).report.learners], [2, 1]);
});

test("metrics of etcd are histograms, those of Quorate means; both give times in ms", () => {
  const etcd = readMemberMetrics(
    [
      "# TYPE etcd_disk_wal_fsync_duration_seconds histogram",
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.001"} 50',
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="0.002"} 100',
      'etcd_disk_wal_fsync_duration_seconds_bucket{le="+Inf"} 100',
      'etcd_network_peer_round_trip_time_seconds_bucket{To="ab12",le="0.01"} 10',
      'etcd_network_peer_round_trip_time_seconds_bucket{To="ab12",le="0.02"} 20',
      'etcd_network_peer_round_trip_time_seconds_bucket{To="ab12",le="+Inf"} 20',
      'etcd_network_peer_round_trip_time_seconds_bucket{To="cd",le="0.01"} 0',
      'etcd_network_peer_round_trip_time_seconds_bucket{To="cd",le="+Inf"} 0',
      "etcd_server_leader_changes_seen_total 3",
      "process_start_time_seconds 1.7e+09",
    ].join("\n"),
    1_700_003_600,
  );
  assert.deepEqual([etcd.sync?.quantile(0.75), etcd.isMeansOnly], [1.5, false]);
  assert.deepEqual([[...etcd.roundTrips.keys()], etcd.roundTrips.get("ab12")?.quantile(0.5)], [["ab12"], 10]);
  assert.deepEqual([etcd.leaderChanges, etcd.upHours], [3, 1]);
  const own = readMemberMetrics(
    'quorate_peer_round_trip_time_seconds{To="a"} 0.004\nquorate_wal_sync_mean_seconds 0.002\n',
    0,
  );
  assert.deepEqual([own.roundTrips.get("a")?.fixed, own.sync?.fixed, own.isMeansOnly], [4, 2, true]);
});

test("pages of metrics that are none are passed over, line by line", () => {
  const metrics = parseMetrics('<html>\nx{a="b\\"c",d="e"} 5 1700\nbroken{\n{} 4\ny NaN\nz +Inf\n\u0000\u0001 7\n');
  assert.deepEqual(
    [...metrics],
    [
      ["x", [{ labels: { a: 'b"c', d: "e" }, value: 5 }]],
      ["z", [{ labels: {}, value: Number.POSITIVE_INFINITY }]],
    ],
  );
  const nothing = readMemberMetrics("garbage", 0);
  assert.deepEqual([nothing.roundTrips.size, nothing.sync, nothing.upHours], [0, undefined, undefined]);
});
