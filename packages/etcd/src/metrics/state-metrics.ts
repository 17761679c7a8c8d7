import type { ServiceParts } from "../service-parts.ts";
import type { MetricAdder } from "./metric-kinds.ts";

/** The state itself: its size, and whether it is sound. */
export function addState(parts: ServiceParts, adder: MetricAdder): void {
  const { gauge } = adder;
  const bytes = (): number => parts.store.approximateBytes;
  gauge("etcd_mvcc_db_total_size_in_bytes", "Bytes that the state takes.", bytes);
  gauge("etcd_mvcc_db_total_size_in_use_in_bytes", "The same: the engine gives back room by itself.", bytes);
  gauge("etcd_debugging_mvcc_current_revision", "The store's newest revision.", () => parts.store.revision);
  adder.gauge("etcd_debugging_mvcc_keys_total", "Keys there are.", () => parts.store.keyCount);
  const { counter } = adder;
  counter("etcd_mvcc_put_total", "Puts applied on this member, in transactions too.", () => parts.store.applied.puts);
  counter("etcd_mvcc_delete_total", "Deletions applied on this member.", () => parts.store.applied.deletes);
  counter("etcd_mvcc_txn_total", "Transactions applied on this member.", () => parts.store.applied.txns);
  const compacted = (): number => parts.store.compactedRevision;
  adder.gauge("etcd_debugging_mvcc_compact_revision", "The revision of the last compaction.", compacted);
  const { limitBytes } = parts.quota;
  // No series where there is no bound: rules divide by it.
  if (limitBytes > 0) gauge("etcd_server_quota_backend_bytes", "What the state may take.", () => limitBytes);
  addComparison(parts, adder);
  addScrub(parts, adder);
  addTransfers(parts, adder);
}

function addComparison({ replica, condition }: ServiceParts, { gauge }: MetricAdder): void {
  const comparison = (): ServiceParts["replica"]["stateComparison"] => replica.stateComparison;
  gauge("quorate_state_rebuilding", "Whether this member rebuilds its state after damage: 1 or 0.", () =>
    condition.isRebuilding ? 1 : 0,
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
}

function addScrub({ condition }: ServiceParts, { gauge }: MetricAdder): void {
  const scrub = (): ServiceParts["condition"]["scrubbing"] => condition.scrubbing;
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
}

/** States that went to other members and came from them. */
function addTransfers({ replica }: ServiceParts, { gauge }: MetricAdder): void {
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
