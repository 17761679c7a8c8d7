import type { Span, SpanContext, SpanStatus } from "@opentelemetry/api";
import { grpcCodes, type CallTracer, type GrpcCode } from "@quorate/grpc";
import type { Logger } from "@quorate/host";
import { EtcdServerError, type TracingOptions } from "../server-options.ts";

/** How long the last spans may take to be handed over when a member stops, in ms. */
const farewellMs = 2000;

export interface Tracing {
  readonly tracer: CallTracer;
  /** Hands over what is left. */
  close(): Promise<void>;
}

/**
 * A span for each call of a client that is followed, sent to a collector of OpenTelemetry (OTLP over gRPC). The libraries are loaded
 * here and nowhere else: a member without tracing does without them. Rejects with `EtcdServerError` when they are not there.
 */
export async function startTracing(options: TracingOptions, logger: Logger): Promise<Tracing> {
  const { api, otlp, resources, sdk } = await libraries();
  const { address, serviceName, instanceId, samplesPerMillion } = options;
  const provider = new sdk.BasicTracerProvider({
    resource: resources.resourceFromAttributes({
      "service.name": serviceName,
      ...(instanceId === undefined ? {} : { "service.instance.id": instanceId }),
    }),
    // Whom the caller follows is followed, whatever is drawn for others.
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(samplesPerMillion / 1_000_000) }),
    spanProcessors: [new sdk.BatchSpanProcessor(new otlp.OTLPTraceExporter({ url: `http://${address}` }))],
  });
  logger.info("calls are traced", { collector: address, samplesPerMillion });
  const source = provider.getTracer("quorate");
  const tracer: CallTracer = {
    begun: (call) => {
      const parent = parentOf(call.metadata("traceparent"));
      const context = parent === undefined ? api.ROOT_CONTEXT : api.trace.setSpanContext(api.ROOT_CONTEXT, parent);
      const [, service = "", method = ""] = call.path.split("/");
      const span = source.startSpan(
        `${service}/${method}`,
        {
          kind: api.SpanKind.SERVER,
          attributes: { "rpc.system": "grpc", "rpc.service": service, "rpc.method": method },
        },
        context,
      );
      if (span.isRecording()) return (code) => end(span, code, { code: api.SpanStatusCode.ERROR });
      return undefined;
    },
  };
  const close = async (): Promise<void> => {
    const late = new Promise<void>((resolve) => void setTimeout(resolve, farewellMs).unref());
    await Promise.race([provider.shutdown().catch(() => {}), late]);
  };
  return { tracer, close };
}

function end(span: Span, code: GrpcCode, failed: SpanStatus): void {
  span.setAttribute("rpc.grpc.status_code", code);
  // The server's own failures, not what it refuses.
  const isOurs: readonly GrpcCode[] = [
    grpcCodes.unknown,
    grpcCodes.deadlineExceeded,
    grpcCodes.unimplemented,
    grpcCodes.internal,
    grpcCodes.unavailable,
    grpcCodes.dataLoss,
  ];
  if (isOurs.includes(code)) span.setStatus(failed);
  span.end();
}

/** W3C Trace Context, version 00: whom the caller's span belongs to. */
export function parentOf(header: string | undefined): SpanContext | undefined {
  const [, traceId = "", spanId = "", flags = ""] =
    /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(header ?? "") ?? [];
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}

async function libraries() {
  try {
    const [api, otlp, resources, sdk] = await Promise.all([
      import("@opentelemetry/api"),
      import("@opentelemetry/exporter-trace-otlp-grpc"),
      import("@opentelemetry/resources"),
      import("@opentelemetry/sdk-trace-base"),
    ]);
    return { api, otlp, resources, sdk };
  } catch (cause) {
    throw new EtcdServerError(
      "tracing needs the packages @opentelemetry/api, sdk-trace-base, resources and exporter-trace-otlp-grpc: install them, " +
        "or start without --experimental-enable-distributed-tracing",
      { cause },
    );
  }
}
