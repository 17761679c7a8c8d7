import type { MetricAdder } from "../metrics/metric-kinds.ts";
import type { ServiceParts } from "../service-parts.ts";

/** Leases, under etcd's names where it has them. */
export function addLeases({ store, leases }: ServiceParts, { gauge, counter }: MetricAdder): void {
  const { counts } = leases.lessor;
  gauge("quorate_leases", "Leases that this member knows.", () => store.leases.size);
  gauge("quorate_leases_timed", "Leases whose time this member keeps: all while it leads.", () => leases.lessor.size);
  counter("etcd_debugging_lease_granted_total", "Leases granted.", () => store.leases.granted);
  counter("etcd_debugging_lease_revoked_total", "Leases ended, by clients or by time.", () => store.leases.ended);
  counter("etcd_debugging_lease_renewed_total", "Renewals, by this member as the leader.", () => counts.renewed);
  counter(
    "etcd_server_lease_expired_total",
    "Leases that ran out, by this member as the leader.",
    () => counts.expired,
  );
}
