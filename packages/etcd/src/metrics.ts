import { grpcCodeName, type CallObserver, type HttpHandler } from "@quorate/grpc";
import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import { tlsMetrics } from "./tls/tls-metrics.ts";
import { pauseMetrics } from "./pause-metrics.ts";
import type { ServiceParts } from "./service-parts.ts";
import { addWatches } from "./watch/watch-metrics.ts";

/** Prometheus metrics under the names that etcd's dashboards use, where etcd has them; ours begin with `quorate_`. */
export class ServerMetrics {
  readonly #registry = new Registry();
  readonly #handled: Counter<"grpc_service" | "grpc_method" | "grpc_code" | "grpc_type">;

  constructor(parts: ServiceParts) {
    const registers = [this.#registry];
    collectDefaultMetrics({ register: this.#registry });
    pauseMetrics(this.#registry, parts);
    tlsMetrics(this.#registry, parts);
    const gauge = (name: string, help: string, value: () => number): void => {
      const own: Gauge = new Gauge({ name, help, registers, collect: () => own.set(value()) });
    };
    const status = (): ServiceParts["replica"]["status"] => parts.replica.status;
    gauge("etcd_server_has_leader", "Whether a leader is known: 1 or 0.", () => (status().leader === 0 ? 0 : 1));
    gauge("etcd_server_is_leader", "Whether this member leads: 1 or 0.", () => (status().role === "leader" ? 1 : 0));
    gauge(
      "etcd_server_leader_changes_seen_total",
      "Leader changes seen since the start.",
      () => status().leaderChanges,
    );
    gauge("etcd_server_proposals_committed_total", "The commit index.", () => status().commitIndex);
    gauge("etcd_server_proposals_applied_total", "The applied index.", () => status().appliedIndex);
    gauge("etcd_server_proposals_pending", "Proposals without an outcome.", () => status().proposalsWaiting);
    gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes that the state takes.", () => parts.store.approximateBytes);
    gauge("etcd_debugging_mvcc_current_revision", "The store's newest revision.", () => parts.store.revision);
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
    gauge("quorate_raft_learner", "Whether this member is a learner: 1 or 0.", () =>
      status().configuration.learners.includes(status().memberId) ? 1 : 0,
    );
    gauge(
      "quorate_raft_steps_aside_total",
      "How often this member handed over because it was slow.",
      () => status().stepsAside,
    );
    addTransfers(parts, gauge);
    addWatches(parts, gauge);
    const comparison = (): ServiceParts["replica"]["stateComparison"] => parts.replica.stateComparison;
    gauge("quorate_state_rebuilding", "Whether this member rebuilds its state after damage: 1 or 0.", () =>
      parts.condition.isRebuilding ? 1 : 0,
    );
    gauge(
      "quorate_state_comparisons_agreed_total",
      "Comparisons of the members' states since the start in which all agreed.",
      () => comparison().agreements,
    );
    gauge(
      "quorate_state_members_differing",
      "Members whose state differed from the majority's in the last comparison.",
      () => comparison().differing.length,
    );
    gauge("quorate_state_undecided", "Whether states differ and none has a majority: 1 or 0.", () =>
      comparison().isUndecided ? 1 : 0,
    );
    const scrub = (): ServiceParts["condition"]["scrubbing"] => parts.condition.scrubbing;
    gauge("quorate_scrub_passes_total", "Scrubs of the state since the start.", () => scrub()?.passes ?? 0);
    gauge("quorate_scrub_findings_total", "Scrubs that found damage.", () => scrub()?.damaged ?? 0);
    gauge(
      "quorate_scrub_running_bytes",
      "Bytes that the scrub under way has read; 0 between two.",
      () => scrub()?.running?.bytes ?? 0,
    );
    gauge("quorate_scrub_last_records", "Records in the last full scrub.", () => scrub()?.last?.report.records ?? 0);
    gauge("quorate_scrub_last_bytes", "Bytes in the last full scrub.", () => scrub()?.last?.report.bytes ?? 0);
    gauge(
      "quorate_scrub_last_duration_seconds",
      "How long the last full scrub took.",
      () => (scrub()?.last?.tookMs ?? 0) / 1000,
    );
    gauge("quorate_reads_pending", "Linearizable reads without an outcome.", () => status().readsWaiting);
    gauge("quorate_wal_sync_mean_seconds", "Mean duration of a log write with its sync.", () => status().syncMs / 1000);
    const peers = new Gauge({
      name: "quorate_peer_round_trip_time_seconds",
      help: "Smoothed round-trip time to each peer.",
      labelNames: ["To"],
      registers,
      collect: () => {
        peers.reset();
        for (const [id, ms] of Object.entries(status().roundTripMs)) {
          if (ms !== undefined) peers.set({ To: Number(id).toString(16) }, ms / 1000);
        }
      },
    });
    this.#handled = new Counter({
      name: "grpc_server_handled_total",
      help: "Calls that ended on this member, by outcome.",
      labelNames: ["grpc_service", "grpc_method", "grpc_code", "grpc_type"],
      registers,
    });
  }

  /** Counts each call that ends. Calls of methods that do not exist share one label, so that labels stay bounded. */
  readonly observeCall: CallObserver = (path, code) => {
    const [, grpc_service = "unknown", grpc_method = "unknown"] = path?.split("/") ?? [];
    this.#handled.inc({ grpc_service, grpc_method, grpc_code: grpcCodeName(code), grpc_type: "unary" });
  };

  readonly handler: HttpHandler = (request, respond) => {
    if (request.method !== "GET") {
      return respond({ status: 405, contentType: "text/plain; charset=utf-8", body: "Method Not Allowed\n" });
    }
    this.#registry.metrics().then(
      (body) => respond({ status: 200, contentType: this.#registry.contentType, body }),
      (error: unknown) => respond({ status: 500, contentType: "text/plain; charset=utf-8", body: String(error) }),
    );
  };
}

type AddGauge = (name: string, help: string, value: () => number) => void;

/** States that went to other members and came from them. */
function addTransfers({ replica }: ServiceParts, gauge: AddGauge): void {
  const transfers = (): ServiceParts["replica"]["transfers"] => replica.transfers;
  for (const [name, what] of [
    ["sent", "sent to other members"],
    ["received", "taken from other members"],
  ] as const) {
    gauge(`quorate_state_${name}_whole_total`, `Whole states ${what}.`, () => transfers()[name].whole);
    gauge(
      `quorate_state_${name}_increments_total`,
      `Differences of states ${what}.`,
      () => transfers()[name].increments,
    );
    gauge(`quorate_state_${name}_failed_total`, `States ${what} in vain.`, () => transfers()[name].failed);
    gauge(`quorate_state_${name}_bytes_total`, `Bytes of states ${what}.`, () => transfers()[name].bytes);
  }
  gauge("quorate_state_sending", "Whether a state is being sent: 1 or 0.", () =>
    transfers().sending === undefined ? 0 : 1,
  );
}
