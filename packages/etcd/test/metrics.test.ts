import assert from "node:assert/strict";
import { test } from "node:test";
import { serveFake, type Served } from "./support/serve-fake.ts";
import { startSingleMember } from "./support/single-member.ts";

interface Exposed {
  readonly type: string;
  readonly samples: {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const nameRule = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const labelsRule = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/g;

/** Reads a page by the rules of Prometheus' text format, and fails where one is broken. */
function parse(text: string): ReadonlyMap<string, Exposed> {
  const metrics = new Map<string, Exposed>();
  const seen = new Set<string>();
  assert.ok(text.endsWith("\n"));
  let current = "";
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      assert.match(name, nameRule);
      if (kind === "TYPE") {
        assert.ok(["counter", "gauge", "histogram", "summary", "untyped"].includes(rest), line);
        assert.ok(!metrics.has(name), `${name} is said twice`);
        metrics.set(name, { type: rest, samples: [] });
      } else assert.ok(rest.length > 0, line);
      current = name;
      continue;
    }
    const sample = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    assert.ok(sample !== null, `not a sample: ${line}`);
    const [, name = "", labelText = "", valueText = ""] = sample;
    const labels: Record<string, string> = {};
    let read = 0;
    for (const [whole, label = "", value = ""] of labelText.matchAll(labelsRule)) {
      assert.ok(!(label in labels), line);
      labels[label] = value;
      read += whole.length;
    }
    assert.equal(read, labelText.length, `labels of ${line}`);
    const value = valueText === "+Inf" ? Number.POSITIVE_INFINITY : Number(valueText);
    assert.ok(!Number.isNaN(value) || /^nan$/i.test(valueText), line);
    const key = `${name} ${JSON.stringify(Object.keys(labels).map((label) => [label, labels[label]]))}`;
    assert.ok(!seen.has(key), `${line} comes twice`);
    seen.add(key);
    const metric = metrics.get(current);
    assert.ok(metric !== undefined && (name === current || metric.type === "histogram"), `${line} below ${current}`);
    metric.samples.push({ name, labels, value });
  }
  for (const [name, metric] of metrics) if (metric.type === "histogram") checkHistogram(name, metric);
  return metrics;
}

function checkHistogram(name: string, { samples }: Exposed): void {
  const series = new Map<string, { le: number; count: number }[]>();
  for (const sample of samples.filter((one) => one.name === `${name}_bucket`)) {
    const { le = "", ...others } = sample.labels;
    const bound = le === "+Inf" ? Number.POSITIVE_INFINITY : Number(le);
    const key = JSON.stringify(others);
    series.set(key, [...(series.get(key) ?? []), { le: bound, count: sample.value }]);
  }
  for (const [key, buckets] of series) {
    for (const [index, { le, count }] of buckets.entries()) {
      const before = buckets[index - 1];
      assert.ok(before === undefined || (le > before.le && count >= before.count), `${name}${key}`);
    }
    const last = buckets.at(-1);
    assert.equal(last?.le, Number.POSITIVE_INFINITY, name);
    const count = samples.find((one) => one.name === `${name}_count` && JSON.stringify(one.labels) === key);
    assert.equal(last?.count, count?.value, name);
    assert.ok(samples.some((one) => one.name === `${name}_sum` && JSON.stringify(one.labels) === key));
  }
}

async function metricsOf({ url }: Pick<Served, "url">): Promise<ReadonlyMap<string, Exposed>> {
  const answer = await fetch(`${url}/metrics`);
  assert.match(answer.headers.get("content-type") ?? "", /^text\/plain; version=0\.0\.4/);
  return parse(await answer.text());
}

/** What etcd's own Grafana dashboard and its alerting rules (the etcd mixin) ask for. */
const dashboard: readonly string[] = [
  "etcd_server_has_leader",
  "etcd_server_leader_changes_seen_total",
  "etcd_server_proposals_committed_total",
  "etcd_server_proposals_applied_total",
  "etcd_server_proposals_pending",
  "etcd_server_proposals_failed_total",
  "etcd_server_is_leader",
  "etcd_server_id",
  "etcd_disk_wal_fsync_duration_seconds",
  "etcd_disk_backend_commit_duration_seconds",
  "etcd_mvcc_db_total_size_in_bytes",
  "etcd_mvcc_db_total_size_in_use_in_bytes",
  "etcd_mvcc_put_total",
  "etcd_mvcc_delete_total",
  "etcd_mvcc_txn_total",
  "etcd_debugging_mvcc_keys_total",
  "etcd_network_client_grpc_received_bytes_total",
  "etcd_network_client_grpc_sent_bytes_total",
  "etcd_network_peer_sent_bytes_total",
  "etcd_network_peer_received_bytes_total",
  "etcd_network_peer_sent_failures_total",
  "etcd_network_peer_round_trip_time_seconds",
  "etcd_debugging_mvcc_watcher_total",
  "etcd_debugging_mvcc_watch_stream_total",
  "grpc_server_started_total",
  "grpc_server_handled_total",
  "process_resident_memory_bytes",
  "process_cpu_seconds_total",
  "process_open_fds",
  "process_max_fds",
  "process_start_time_seconds",
];

test("a page of metrics keeps the rules of its format, with all that etcd's dashboard and alerts ask for", async (context) => {
  const member = await startSingleMember(context);
  const [url = ""] = member.clientUrls;
  for (let round = 0; round < 20; round++) {
    await fetch(`${url}/v3/kv/put`, { method: "POST", body: '{"key":"YQ==","value":"Yg=="}' });
  }
  const metrics = await metricsOf({ url });
  for (const name of dashboard) assert.ok(metrics.has(name), name);
  const total = (name: string, part = name): number =>
    (metrics.get(name)?.samples ?? []).filter((one) => one.name === part).reduce((sum, one) => sum + one.value, 0);
  assert.ok(total("etcd_disk_wal_fsync_duration_seconds", "etcd_disk_wal_fsync_duration_seconds_count") >= 20);
  assert.ok(total("etcd_disk_wal_fsync_duration_seconds", "etcd_disk_wal_fsync_duration_seconds_sum") > 0);
  assert.equal(total("etcd_server_has_leader"), 1);
  assert.deepEqual([total("etcd_mvcc_put_total"), total("etcd_debugging_mvcc_keys_total")], [20, 1]);
  assert.ok(total("etcd_server_proposals_applied_total") >= 20);
  assert.equal(total("etcd_network_client_grpc_received_bytes_total") > 20 * 4, true);
  assert.equal(metrics.get("etcd_server_leader_changes_seen_total")?.type, "counter");
  assert.equal(metrics.get("etcd_server_proposals_applied_total")?.type, "gauge", "as in etcd");
  const put = metrics
    .get("grpc_server_started_total")
    ?.samples.find(({ labels }) => labels["grpc_method"] === "Put" && labels["grpc_type"] === "unary");
  assert.equal(put?.value, 20);
  assert.equal(metrics.has("grpc_server_handling_seconds"), false, "only on request");
});

test("how long calls take is measured when asked for, and types of calls are told apart", async (context) => {
  const served = await serveFake(context, { areExtensive: true });
  await fetch(`${served.url}/v3/kv/put`, { method: "POST", body: '{"key":"YQ=="}' });
  const metrics = await metricsOf(served);
  const counts = metrics.get("grpc_server_handling_seconds")?.samples ?? [];
  const put = counts.find(
    ({ name, labels }) => name === "grpc_server_handling_seconds_count" && labels["grpc_method"] === "Put",
  );
  assert.equal(put?.value, 1);
  const types = new Map(
    metrics
      .get("grpc_server_started_total")
      ?.samples.map(({ labels }) => [`${labels["grpc_service"]}/${labels["grpc_method"]}`, labels["grpc_type"]]),
  );
  assert.equal(types.get("etcdserverpb.Watch/Watch"), "bidi_stream");
  assert.equal(types.get("grpc.health.v1.Health/Watch"), "server_stream");
  assert.equal(types.get("etcdserverpb.KV/Range"), "unary");
});

test("metrics of each peer: bytes both ways, drops, and round trips as a histogram", async (context) => {
  const traffic = (sentBytes: number) => ({
    sentBytes,
    receivedBytes: 7,
    failedSends: 2,
    roundTrips: { boundsMs: [1, 2], counts: [3, 1, 1], sumMs: 9, count: 5, add: () => {} },
  });
  const served = await serveFake(context, {
    traffic: () =>
      new Map([
        [10, traffic(100)],
        [255, traffic(200)],
      ]) as never,
  });
  const metrics = await metricsOf(served);
  const values = (name: string) =>
    metrics.get(name)?.samples.map(({ labels, value }) => [labels["To"] ?? labels["From"], value]);
  assert.deepEqual(values("etcd_network_peer_sent_bytes_total"), [
    ["a", 100],
    ["ff", 200],
  ]);
  assert.deepEqual(values("etcd_network_peer_sent_failures_total"), [
    ["a", 2],
    ["ff", 2],
  ]);
  const trips = metrics.get("etcd_network_peer_round_trip_time_seconds")?.samples ?? [];
  assert.deepEqual(
    trips.filter(({ labels }) => labels["To"] === "a").map(({ labels, value }) => [labels["le"] ?? "", value]),
    [
      ["0.001", 3],
      ["0.002", 4],
      ["+Inf", 5],
      ["", 0.009],
      ["", 5],
    ],
  );
});

test("the quota has a series only where there is one: rules divide by it", async (context) => {
  const pageOf = async ({ url }: Served): Promise<string> => (await fetch(`${url}/metrics`)).text();
  assert.doesNotMatch(await pageOf(await serveFake(context)), /^etcd_server_quota_backend_bytes/m);
  const bounded = await pageOf(await serveFake(context, { quotaBackendBytes: 4096 }));
  assert.match(bounded, /^etcd_server_quota_backend_bytes 4096$/m);
});
