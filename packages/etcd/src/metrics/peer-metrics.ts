import type { PeerTraffic } from "@quorate/transport";
import type { ServiceParts } from "../service-parts.ts";
import type { MetricAdder, Sample } from "./metric-kinds.ts";

/** What goes to and comes from each peer, by its id. */
export type Traffic = () => ReadonlyMap<number, PeerTraffic>;

export function addPeers(
  { replica }: ServiceParts,
  traffic: Traffic,
  { gauges, counters, histograms }: MetricAdder,
): void {
  const each = (label: "To" | "From", value: (peer: PeerTraffic) => number): Sample[] =>
    [...traffic()].map(([id, peer]) => [value(peer), { [label]: id.toString(16) }]);
  counters("etcd_network_peer_sent_bytes_total", "Bytes of messages sent to each peer.", ["To"], () =>
    each("To", ({ sentBytes }) => sentBytes),
  );
  counters("etcd_network_peer_received_bytes_total", "Bytes of messages from each peer.", ["From"], () =>
    each("From", ({ receivedBytes }) => receivedBytes),
  );
  counters(
    "etcd_network_peer_sent_failures_total",
    "Messages to each peer that were dropped: no connection, or no room.",
    ["To"],
    () => each("To", ({ failedSends }) => failedSends),
  );
  histograms("etcd_network_peer_round_trip_time_seconds", "Round trips to each peer.", ["To"], () =>
    [...traffic()].map(([id, { roundTrips }]) => [roundTrips, { To: id.toString(16) }] as const),
  );
  gauges("quorate_peer_round_trip_time_seconds", "Smoothed round-trip time to each peer.", ["To"], () =>
    Object.entries(replica.status.roundTripMs).flatMap(([id, ms]): Sample[] =>
      ms === undefined ? [] : [[ms / 1000, { To: Number(id).toString(16) }]],
    ),
  );
}
