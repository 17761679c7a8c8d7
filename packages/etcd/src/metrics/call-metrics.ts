import { grpcCodeName, type CallCounts, type GrpcCode, type MethodCounts } from "@quorate/grpc";
import type { Labels, MetricAdder, Sample } from "./metric-kinds.ts";

const kinds: Readonly<Record<MethodCounts["kind"], string>> = {
  unary: "unary",
  "server-stream": "server_stream",
  "client-stream": "client_stream",
  "bidi-stream": "bidi_stream",
};
const labelNames = ["grpc_service", "grpc_method", "grpc_type"] as const;

/** Calls of clients, over gRPC and through the gateway, as gRPC servers count them everywhere. */
export function addCalls(calls: CallCounts, { counter, counters, histograms }: MetricAdder): void {
  const methods = (): (readonly [Labels, MethodCounts])[] =>
    [...calls.methods].map(([path, counts]) => {
      const [, grpc_service = "", grpc_method = ""] = path.split("/");
      return [{ grpc_service, grpc_method, grpc_type: kinds[counts.kind] }, counts];
    });
  const each = (value: (counts: MethodCounts) => number) => (): Sample[] =>
    methods().map(([labels, counts]) => [value(counts), labels]);
  counters(
    "grpc_server_started_total",
    "Calls that have begun.",
    labelNames,
    each(({ started }) => started),
  );
  counters(
    "grpc_server_msg_received_total",
    "Messages of clients.",
    labelNames,
    each(({ received }) => received),
  );
  counters(
    "grpc_server_msg_sent_total",
    "Messages to clients.",
    labelNames,
    each(({ sent }) => sent),
  );
  counters("grpc_server_handled_total", "Calls that have ended, by outcome.", [...labelNames, "grpc_code"], () =>
    methods()
      .flatMap(([labels, { handled }]): Sample[] =>
        handled.flatMap((count, code): Sample[] =>
          count === 0 ? [] : [[count, { ...labels, grpc_code: grpcCodeName(code as GrpcCode) }]],
        ),
      )
      .concat(calls.unknown === 0 ? [] : [unknown(calls.unknown)]),
  );
  const sum = (value: (counts: MethodCounts) => number): number =>
    [...calls.methods.values()].reduce((total, counts) => total + value(counts), 0);
  counter("etcd_network_client_grpc_received_bytes_total", "Bytes of clients' messages.", () =>
    sum(({ receivedBytes }) => receivedBytes),
  );
  counter("etcd_network_client_grpc_sent_bytes_total", "Bytes of messages to clients.", () =>
    sum(({ sentBytes }) => sentBytes),
  );
  if (!calls.areTimed) return;
  histograms("grpc_server_handling_seconds", "How long calls took, from their first bytes.", labelNames, () =>
    methods().flatMap(([labels, { durations }]) => (durations === undefined ? [] : [[durations, labels] as const])),
  );
}

/** Calls of methods that do not exist share one series: anybody can make up names. */
function unknown(count: number): Sample {
  return [count, { grpc_service: "unknown", grpc_method: "unknown", grpc_type: "unary", grpc_code: "Unimplemented" }];
}
