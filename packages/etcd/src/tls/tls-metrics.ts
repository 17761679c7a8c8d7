import { Gauge, type Registry } from "prom-client";
import type { ServiceParts } from "../service-parts.ts";
import type { CertificateStatus } from "./certificate-files.ts";

const whose = ["clients", "peers"] as const;

/** What is known of a member's certificates: nothing where there is no TLS. */
export function tlsMetrics(registry: Registry, { tls }: Pick<ServiceParts, "tls">): void {
  const registers = [registry];
  const perPort = (name: string, help: string, value: (status: CertificateStatus) => number): void => {
    const own: Gauge<"for"> = new Gauge({
      name,
      help,
      labelNames: ["for"],
      registers,
      collect: () => {
        for (const port of whose) {
          const status = tls.status[port];
          if (status !== undefined) own.set({ for: port }, value(status));
        }
      },
    });
  };
  perPort(
    "quorate_tls_certificate_end_time_seconds",
    "When this member's certificate ends, in seconds since 1970.",
    ({ endsAtMs }) => endsAtMs / 1000,
  );
  perPort("quorate_tls_renewals_total", "New certificate files that are in use.", ({ renewals }) => renewals);
  perPort(
    "quorate_tls_renewal_failures_total",
    "Looks at certificate files that could not be read or used.",
    ({ failures }) => failures,
  );
  const refused: Gauge = new Gauge({
    name: "quorate_tls_refused_peers_total",
    help: "Connections to the peer port that were refused for their certificates, or because they spoke no TLS.",
    registers,
    collect: () => refused.set(tls.status.refusedPeers),
  });
  const plain: Gauge = new Gauge({
    name: "quorate_tls_plain_peer_streams",
    help: "Streams between members without TLS that are open because --peer-tls-migration lets them be.",
    registers,
    collect: () => plain.set(tls.status.plainPeerStreams ?? 0),
  });
  const migration: Gauge = new Gauge({
    name: "quorate_tls_peer_migration",
    help: "1 while --peer-tls-migration lets members in without TLS, else 0.",
    registers,
    collect: () => migration.set(tls.status.plainPeerStreams === undefined ? 0 : 1),
  });
}
